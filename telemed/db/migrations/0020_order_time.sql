-- At order time: one-time links to the images and the report of a result that a card spoke of.

-- A link is made out for one card, one study and one purpose.  Its secret is kept as a digest only; whoever opens it
-- first has it, until view_until, in that browser.
create table picture_link (
    id uuid primary key,
    token_digest bytea not null constraint picture_link_token_is_sha256 check (octet_length(token_digest) = 32),
    card uuid not null references recognition_exposure,
    study_id uuid not null references imaging_study,
    -- whose the study was when the link was made: a study that became another person's is not opened by it
    patient_id uuid not null references patient,
    purpose text not null constraint picture_link_purpose_is_known check (purpose in ('order-check')),
    made_at timestamptz not null,
    use_before timestamptz not null,
    opened_at timestamptz,
    viewer_digest bytea,
    view_until timestamptz,
    revoked_at timestamptz,
    constraint picture_link_token_is_unique unique (token_digest),
    constraint picture_link_viewer_is_sha256 check (octet_length(viewer_digest) = 32),
    constraint picture_link_opened_is_whole check (
        (opened_at is null) = (viewer_digest is null) and (opened_at is null) = (view_until is null)),
    constraint picture_link_is_opened_in_time check (opened_at < use_before),
    constraint picture_link_ends_after_it_began check (made_at < use_before and opened_at <= view_until)
);
create index picture_link_by_viewer on picture_link (viewer_digest) where viewer_digest is not null;
create index picture_link_by_card on picture_link (card);
create index picture_link_unopened on picture_link (use_before) where opened_at is null;

-- Opened once: whose browser it is, since when and for what never change; a viewing may end early and is never longer.
create function keep_picture_link() returns trigger language plpgsql as $$
begin
    if (old.id, old.token_digest, old.card, old.study_id, old.patient_id, old.purpose, old.made_at, old.use_before)
        is distinct from
        (new.id, new.token_digest, new.card, new.study_id, new.patient_id, new.purpose, new.made_at, new.use_before)
        or (old.opened_at is not null and (old.opened_at, old.viewer_digest) is distinct from
            (new.opened_at, new.viewer_digest))
        or new.view_until > old.view_until
        or (old.revoked_at is not null and old.revoked_at is distinct from new.revoked_at)
    then
        raise exception using errcode = '42501', message = 'a link to images is opened once and only ever ends earlier';
    end if;
    return new;
end $$;
create trigger picture_link_is_opened_once before update on picture_link
    for each row execute function keep_picture_link();

-- How much of CDS Hooks a system is known to read: what only 3.0 knows is said to nobody else.
alter table cds_client add column specification text not null default '2.0.1'
    constraint cds_client_specification_is_known check (specification in ('2.0.1', '3.0'));

-- Signed reports on their way to the provincial platform (report_upload).  id: also the idempotency key they are sent under.
create table report_upload (
    id uuid primary key default gen_random_uuid(),
    report_version_id uuid not null references report_version,
    state text not null default 'waiting' constraint report_upload_state_is_known check (state in (
        'waiting', 'sent', 'dead')),
    queued_at timestamptz not null,
    next_at timestamptz not null,
    attempts integer not null default 0 constraint report_upload_attempts_are_counted check (attempts >= 0),
    -- a worker that dies with it loses it when the lease is over
    lease_id uuid,
    leased_until timestamptz,
    -- of the last attempt: HTTP status, null where nobody answered; and why it was not taken
    last_status integer,
    last_fault text not null default '' constraint report_upload_fault_is_short check (length(last_fault) <= 200),
    ended_at timestamptz,
    constraint report_upload_is_queued_once unique (report_version_id),
    constraint report_upload_lease_is_whole check ((lease_id is null) = (leased_until is null)),
    constraint report_upload_ends_once check ((state = 'waiting') = (ended_at is null)),
    constraint report_upload_ended_is_free check (state = 'waiting' or lease_id is null)
);
create index report_upload_due on report_upload (next_at) where state = 'waiting';
create index report_upload_dead on report_upload (ended_at) where state = 'dead';

-- Results seen elsewhere (external_results): as printed, unverified; no verdict ever rests on them.
create table external_result (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references patient,
    name text not null constraint external_result_has_a_name check (length(name) between 1 and 200),
    value text not null default '' constraint external_result_value_is_short check (length(value) <= 500),
    -- the institution, the mark and the day as they are printed
    institution text not null constraint external_result_has_an_institution check (length(institution) between 1 and 200),
    mark text not null default '' constraint external_result_mark_is_short check (length(mark) <= 40),
    performed_on date,
    -- where it was seen: 'paper', 'provincial-platform' …
    source text not null constraint external_result_source_is_named check (source ~ '^[a-z][a-z-]{1,39}$'),
    recorded_by uuid references practitioner,
    recorded_at timestamptz not null,
    constraint external_result_is_of_the_past check (performed_on <= recorded_at::date + 1)
);
create index external_result_by_patient on external_result (patient_id, recorded_at desc);
create trigger external_result_is_append_only before update or delete on external_result
    for each row execute function refuse_change();
create trigger external_result_is_never_truncated before truncate on external_result
    for each statement execute function refuse_change();
