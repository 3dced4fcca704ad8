-- The imaging index: studies, series, instances; what is still arriving; quarantine.

create table imaging_study (
    id uuid primary key default gen_random_uuid(),
    study_instance_uid text not null constraint study_uid_is_unique unique,
    organization_id uuid not null references organization,
    device_id uuid references device,
    -- attributes as sent, decoded and stripped; the bytes in the archive stay as they came
    source_patient_id text not null default '',
    source_issuer text not null default '',
    source_patient_name text not null default '',
    source_name_search text not null default '',
    source_name_pinyin text not null default '',
    source_birth_date date,
    source_sex text not null default '',
    source_age text not null default '',
    accession_number text not null default '',
    study_id_text text not null default '',
    description text not null default '',
    modalities text[] not null default '{}',
    body_site text not null default '',
    laterality text not null default '',
    referring_physician text not null default '',
    institution text not null default '',
    station text not null default '',
    operator text not null default '',
    acquired_at timestamptz,
    charset_declared text not null default '',
    charset_used text not null default '',
    charset_confidence text not null default 'declared' constraint study_charset_confidence_is_known
        check (charset_confidence in ('declared', 'sure', 'likely', 'doubtful')),
    -- what the county made of it (telemed.imaging.matching)
    patient_id uuid,
    service_request_id uuid,
    match_state text not null default 'none' constraint study_match_state_is_known
        check (match_state in ('none', 'sure', 'doubtful', 'confirmed')),
    intent text not null default 'request-reading',
    -- completeness: see telemed/imaging/completeness.py
    completeness text not null default 'receiving' constraint study_completeness_is_known
        check (completeness in ('receiving', 'complete', 'quiet')),
    completeness_evidence text not null default '' constraint study_evidence_is_known
        check (completeness_evidence in ('', 'announced', 'procedure-step', 'released')),
    expected_instances integer constraint study_expects_some check (expected_instances > 0),
    -- when completeness is looked at again; null once it is settled
    settle_at timestamptz default now() + interval '10 minutes',
    series_count integer not null default 0,
    instance_count integer not null default 0,
    total_bytes bigint not null default 0,
    first_received_at timestamptz not null,
    last_received_at timestamptz not null,
    revision bigint not null default 1,
    constraint study_receiving_is_due check (completeness <> 'receiving' or settle_at is not null),
    constraint study_evidence_is_of_complete check (completeness_evidence = '' or completeness = 'complete')
);
create index study_due on imaging_study (settle_at) where settle_at is not null;
create index study_by_acquired on imaging_study (acquired_at desc);
create index study_by_organization_and_acquired on imaging_study (organization_id, acquired_at desc);
create index study_by_source_name on imaging_study using gin (source_name_search gin_trgm_ops);
create index study_by_source_pinyin on imaging_study using gin (source_name_pinyin gin_trgm_ops);
create index study_by_source_patient on imaging_study (source_patient_id) where source_patient_id <> '';

create table imaging_series (
    id uuid primary key default gen_random_uuid(),
    study_id uuid not null references imaging_study,
    series_instance_uid text not null constraint series_uid_is_unique unique,
    modality text not null default '',
    series_number integer,
    description text not null default '',
    protocol text not null default '',
    body_site text not null default '',
    laterality text not null default '',
    view_position text not null default '',
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
    digest bytea not null constraint instance_digest_is_sha256 check (length(digest) = 32),
    size bigint not null,
    instance_number integer,
    rows integer,
    columns integer,
    frames integer not null default 1,
    bits_allocated integer,
    samples integer not null default 1,
    photometric text not null default '',
    image_type text not null default '',
    calling_ae text not null default '',
    received_at timestamptz not null
);
create index instance_by_series on imaging_instance (series_id);
create index instance_by_study on imaging_instance (study_id);
create index instance_by_digest on imaging_instance (digest);

-- The same instance, received again in another encoding with the same content; the first one is served.
create table imaging_encoding (
    instance_id uuid not null references imaging_instance,
    digest bytea not null constraint encoding_digest_is_sha256 check (length(digest) = 32),
    size bigint not null,
    transfer_syntax_uid text not null,
    calling_ae text not null default '',
    received_at timestamptz not null,
    primary key (instance_id, digest)
);

-- What the instances of a study say of their patient, one row for each different statement.
create table imaging_statement (
    study_id uuid not null references imaging_study,
    statement_key bytea not null,
    patient_id text not null default '',
    name text not null default '',
    sex text not null default 'U' constraint statement_sex_is_known check (sex in ('M', 'F', 'O', 'U')),
    birth_date date,
    -- a person said that it is the study's patient although it contradicts what came first
    accepted boolean not null default false,
    -- its instances are in quarantine
    contradicts boolean not null default false,
    first_seen_at timestamptz not null,
    primary key (study_id, statement_key)
);

-- Which associations brought a study, and how they ended: evidence of completeness.
create table imaging_association (
    association_id text not null,
    study_id uuid not null references imaging_study,
    calling_ae text not null,
    instances integer not null default 0,
    last_received_at timestamptz not null,
    ended text not null default 'open' constraint association_end_is_known check (ended in ('open', 'released', 'lost')),
    primary key (association_id, study_id)
);
create index association_by_study on imaging_association (study_id);

create table quarantine (
    id uuid primary key default gen_random_uuid(),
    digest bytea not null constraint quarantine_digest_is_sha256 check (length(digest) = 32),
    size bigint not null,
    reason text not null,
    -- the whole journal record, so that a release indexes exactly what was received
    detail jsonb not null default '{}',
    organization_id uuid references organization,
    calling_ae text not null default '',
    sop_class_uid text not null default '',
    sop_instance_uid text not null default '',
    study_instance_uid text not null default '',
    transfer_syntax_uid text not null default '',
    -- the study it clashes with
    study_id uuid references imaging_study,
    -- how often the same bytes came
    times integer not null default 1,
    received_at timestamptz not null,
    last_received_at timestamptz not null default now(),
    state text not null default 'open' constraint quarantine_state_is_known
        check (state in ('open', 'released', 'discarded')),
    decided_by uuid references practitioner,
    decided_at timestamptz,
    decision_note text not null default '',
    constraint quarantine_decided_by_somebody check ((state = 'open') = (decided_at is null))
);
create unique index quarantine_once on quarantine (digest, reason, sop_instance_uid, transfer_syntax_uid)
    where state = 'open';
create index quarantine_open on quarantine (organization_id, received_at desc) where state = 'open';
create index quarantine_by_study on quarantine (study_id) where study_id is not null;
