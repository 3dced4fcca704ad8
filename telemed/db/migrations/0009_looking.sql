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
