-- A reader's change of priority stands against a later change of the request, with or without a reason.
alter table reading add column priority_set_by uuid references practitioner;

-- Why studies that somebody is about to bring in from a medium are brought; said before their first image comes.
create table announced_study (
    organization_id uuid not null references organization,
    study_instance_uid text not null constraint announced_study_uid_is_uid check (study_instance_uid ~ '^[0-9.]{1,64}$'),
    intent text not null constraint announced_study_intent_is_known
        check (intent in ('request-reading', 'archive-only', 'backfill', 'consultation')),
    announced_by uuid not null references practitioner,
    announced_at timestamptz not null,
    primary key (organization_id, study_instance_uid)
);
create index announced_study_by_time on announced_study (announced_at);

-- What a person was shown of a study while reading it: ids and frame numbers only. painted: full data; previewed: a
-- compressed picture of it. Gone when the report is out; what was left out stands
-- with the signature.
create table image_seen (
    reading_id uuid not null references reading,
    practitioner_id uuid not null references practitioner,
    series_instance_uid text not null,
    sop_instance_uid text not null,
    painted int4multirange not null default '{}',
    previewed int4multirange not null default '{}',
    primary key (reading_id, practitioner_id, sop_instance_uid),
    constraint image_seen_shows_something check (not isempty(painted) or not isempty(previewed))
);
