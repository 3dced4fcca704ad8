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
