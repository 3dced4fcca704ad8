-- Patients, their identifiers, registrations (ServiceRequest), doubtful identities and matches.

create table patient (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    name text not null,
    name_search text not null,
    name_pinyin text not null,
    sex text not null,
    birth_date date,
    birth_date_estimated boolean not null default false,
    identity text not null default 'known' constraint patient_identity_is_known check (identity in ('known', 'temporary', 'source')),
    phone text not null default '',
    address text not null default '',
    mother_id uuid references patient,
    created_at timestamptz not null default now()
);

create table patient_identifier (
    issuer text not null,
    value text not null,
    kind text not null,
    patient_id uuid not null references patient,
    primary key (issuer, value)
);
create index identifier_by_patient on patient_identifier (patient_id);

create table service_request (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    accession_number text not null,
    patient_id uuid not null references patient,
    modality text not null,
    item text not null,
    body_site text not null,
    laterality text not null default 'U',
    encounter_class text not null,
    priority text not null,
    emergency_class text,
    intent text not null default 'request-reading',
    history text not null default '',
    purpose text not null default '',
    prior_surgery text not null default '',
    pregnancy text not null default 'not-applicable',
    requester_id uuid references practitioner,
    requester_name text not null default '',
    department text not null default '',
    technician_name text not null default '',
    fee_state text not null default '',
    consent_told boolean not null default false,
    status text not null default 'active' constraint request_status_is_known check (status in ('active', 'completed', 'revoked', 'entered-in-error')),
    registered_by uuid references practitioner,
    registered_at timestamptz not null,
    constraint accession_unique_per_organization unique (organization_id, accession_number)
);

create table identity_review (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references patient,
    other_patient_id uuid not null references patient,
    reason text not null,
    state text not null default 'open',
    opened_at timestamptz not null default now(),
    decided_by uuid references practitioner,
    decided_at timestamptz
);

alter table imaging_study add foreign key (patient_id) references patient, add foreign key (service_request_id) references service_request;
