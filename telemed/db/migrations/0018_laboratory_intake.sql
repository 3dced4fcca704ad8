-- What people did about results kept apart, and results mapped anew by a later map.

-- Every act stays, one that was taken back too; result_quarantine says what counts.
create table result_quarantine_act (
    id bigint generated always as identity primary key,
    case_id uuid not null references result_quarantine,
    act text not null constraint quarantine_act_is_known check (act in (
        'released', 'assigned', 'discarded', 'reopened')),
    note text not null,
    acted_by uuid not null references practitioner,
    acted_at timestamptz not null
);
create index result_quarantine_act_by_case on result_quarantine_act (case_id, id);
create trigger result_quarantine_act_is_append_only before update or delete on result_quarantine_act
    for each row execute function refuse_change();
create trigger result_quarantine_act_is_never_truncated before truncate on result_quarantine_act
    for each statement execute function refuse_change();

insert into result_quarantine_act (case_id, act, note, acted_by, acted_at)
select id, state, note, decided_by, decided_at from result_quarantine
where state <> 'open' and decided_by is not null
order by decided_at, id;

-- What was answered with AR, for the list of those.
create index result_message_refused on result_message (received_at desc, id desc) where disposition = 'refused';

-- By a later version of a map a result is another item, or none: what was mapped first stays in laboratory_observation.
create table laboratory_mapping (
    id bigint generated always as identity primary key,
    observation_id uuid not null references laboratory_observation,
    -- null: by this version nobody may say what it is
    item_key text,
    map_version text not null,
    unit_ucum text not null,
    known_from timestamptz not null,
    xid xid8 not null default pg_current_xact_id()
);
create index laboratory_mapping_by_observation on laboratory_mapping (observation_id, id desc);
create trigger laboratory_mapping_is_append_only before update or delete on laboratory_mapping
    for each row execute function refuse_change();
create trigger laboratory_mapping_is_never_truncated before truncate on laboratory_mapping
    for each statement execute function refuse_change();

-- How far the results have been held against which maps: the newest row counts, one that has not ended goes on.
create table laboratory_remapping (
    id bigint generated always as identity primary key,
    -- SHA-256 over the versions in force
    maps text not null constraint remapping_maps_is_digest check (maps ~ '^[0-9a-f]{64}$'),
    started_at timestamptz not null,
    -- the last report that was looked at
    after uuid,
    reports bigint not null default 0,
    changed bigint not null default 0,
    ended_at timestamptz
);

-- 尚不能确定: somebody has looked at two records and cannot say; the review stays open and says who looked and why.
create table identity_review_doubt (
    id bigint generated always as identity primary key,
    review_id uuid not null references identity_review,
    note text not null constraint doubt_says_why check (note <> ''),
    doubted_by uuid not null references practitioner,
    doubted_at timestamptz not null
);
create index identity_review_doubt_by_review on identity_review_doubt (review_id, id desc);
create trigger identity_review_doubt_is_append_only before update or delete on identity_review_doubt
    for each row execute function refuse_change();
create trigger identity_review_doubt_is_never_truncated before truncate on identity_review_doubt
    for each statement execute function refuse_change();
