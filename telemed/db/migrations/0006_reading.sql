-- Readings: two UPS steps, drafts, immutable report versions, delivery.

create table reading (
    id uuid primary key default gen_random_uuid(),
    study_id uuid not null references imaging_study,
    organization_id uuid not null references organization,
    mode text not null,
    state text not null,
    priority text not null,
    due_at timestamptz,
    opened_at timestamptz not null,
    revision bigint not null default 1
);
