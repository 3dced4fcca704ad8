-- The imaging index: studies, series, instances, quarantine.

create table imaging_study (
    id uuid primary key default gen_random_uuid(),
    study_instance_uid text not null constraint study_uid_is_unique unique,
    organization_id uuid not null references organization,
    device_id uuid references device,
    -- attributes as sent, normalised; the bytes in the archive stay as they came
    source_patient_id text not null default '',
    source_issuer text not null default '',
    source_patient_name text not null default '',
    source_name_search text not null default '',
    source_name_pinyin text not null default '',
    source_birth_date date,
    source_sex text not null default '',
    accession_number text not null default '',
    study_id_text text not null default '',
    description text not null default '',
    modalities text[] not null default '{}',
    body_site text not null default '',
    laterality text not null default '',
    referring_physician text not null default '',
    acquired_at timestamptz,
    charset_declared text not null default '',
    charset_used text not null default '',
    charset_confidence text not null default 'declared',
    -- what the county made of it (matching, worker of requests)
    patient_id uuid,
    service_request_id uuid,
    match_state text not null default 'none' constraint study_match_state_is_known check (match_state in ('none', 'sure', 'doubtful', 'confirmed')),
    intent text not null default 'request-reading',
    -- completeness
    completeness text not null default 'receiving' constraint study_completeness_is_known check (completeness in ('receiving', 'complete', 'quiet')),
    completeness_evidence text not null default '',
    expected_instances integer,
    series_count integer not null default 0,
    instance_count integer not null default 0,
    total_bytes bigint not null default 0,
    first_received_at timestamptz not null,
    last_received_at timestamptz not null,
    revision bigint not null default 1
);

create table imaging_series (
    id uuid primary key default gen_random_uuid(),
    study_id uuid not null references imaging_study,
    series_instance_uid text not null constraint series_uid_is_unique unique,
    modality text not null default '',
    series_number integer,
    description text not null default '',
    body_site text not null default '',
    laterality text not null default '',
    instance_count integer not null default 0
);
create index series_by_study on imaging_series (study_id);

create table imaging_instance (
    id uuid primary key default gen_random_uuid(),
    series_id uuid not null references imaging_series,
    study_id uuid not null references imaging_study,
    sop_instance_uid text not null constraint instance_uid_is_unique unique,
    sop_class_uid text not null,
    transfer_syntax_uid text not null,
    digest bytea not null,
    size bigint not null,
    instance_number integer,
    rows integer,
    columns integer,
    frames integer not null default 1,
    image_type text not null default '',
    calling_ae text not null default '',
    received_at timestamptz not null
);
create index instance_by_series on imaging_instance (series_id);
create index instance_by_study on imaging_instance (study_id);

create table quarantine (
    id uuid primary key default gen_random_uuid(),
    digest bytea not null,
    size bigint not null,
    reason text not null,
    detail jsonb not null default '{}',
    organization_id uuid references organization,
    calling_ae text not null default '',
    sop_class_uid text not null default '',
    sop_instance_uid text not null default '',
    study_instance_uid text not null default '',
    transfer_syntax_uid text not null default '',
    received_at timestamptz not null,
    state text not null default 'open' constraint quarantine_state_is_known check (state in ('open', 'released', 'discarded')),
    decided_by uuid references practitioner,
    decided_at timestamptz
);
