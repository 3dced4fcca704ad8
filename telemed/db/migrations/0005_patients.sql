-- Patients, their identifiers, registrations (ServiceRequest), doubtful identities and matches.

create table patient (
    id uuid primary key default gen_random_uuid(),
    -- who registered the person first; patient_organization says who knows the person
    organization_id uuid not null references organization,
    name text not null constraint patient_has_a_name check (length(name) between 1 and 200),
    name_search text not null,
    name_pinyin text not null,
    sex text not null constraint patient_sex_is_known check (sex in ('M', 'F', 'O', 'U')),
    birth_date date,
    birth_date_estimated boolean not null default false,
    -- the hour of birth, for ages below three days
    born_at timestamptz,
    identity text not null default 'known'
        constraint patient_identity_is_known check (identity in ('known', 'temporary', 'source')),
    phone text not null default '',
    address text not null default '',
    mother_id uuid references patient constraint patient_is_not_the_own_mother check (mother_id <> id),
    -- decided in an identity review, undone by clearing it: rows are never merged
    same_as_id uuid references patient constraint patient_is_not_the_same_as_itself check (same_as_id <> id),
    created_at timestamptz not null default now(),
    revision bigint not null default 1,
    constraint an_estimate_has_a_date check (birth_date is not null or not birth_date_estimated)
);
create index patient_by_name on patient using gin (name_search gin_trgm_ops);
create index patient_by_pinyin on patient using gin (name_pinyin gin_trgm_ops);
create index patient_by_exact_name on patient (name_search);
create index patient_by_same_as on patient (same_as_id) where same_as_id is not null;

create table patient_organization (
    organization_id uuid not null references organization,
    patient_id uuid not null references patient,
    since timestamptz not null default now(),
    primary key (organization_id, patient_id)
);
create index organization_by_patient on patient_organization (patient_id);

-- claim '': the one person the number belongs to. Otherwise somebody who came with the same number under another name,
-- birth date or sex (a key of those three), who never gets it. Numbers of devices are claims only.
create table patient_identifier (
    issuer text not null,
    value text not null,
    claim text not null default '',
    kind text not null constraint identifier_kind_is_known check (kind in (
        'national-id', 'hmt-residence', 'hk-macau-pass', 'taiwan-pass', 'permanent-residence', 'passport',
        'birth-certificate', 'other', 'temporary', 'device')),
    patient_id uuid not null references patient,
    since timestamptz not null default now(),
    constraint identifier_belongs_to_one_person primary key (issuer, value, claim),
    constraint a_device_number_is_only_a_claim check (kind <> 'device' or claim <> '')
);
create index identifier_by_patient on patient_identifier (patient_id);
create index identifier_by_value on patient_identifier (value);

create table identity_review (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    patient_id uuid not null references patient,
    other_patient_id uuid not null references patient,
    reason text not null constraint review_reason_is_known check (reason in (
        'number-contradicts', 'card-mismatch', 'same-name')),
    state text not null default 'open'
        constraint review_state_is_known check (state in ('open', 'same-person', 'different-persons')),
    note text not null default '',
    opened_at timestamptz not null,
    decided_by uuid references practitioner,
    decided_at timestamptz,
    constraint review_is_of_two check (patient_id <> other_patient_id),
    constraint decided_iff_not_open check ((state = 'open') = (decided_at is null))
);
create unique index review_open_once on identity_review (patient_id, other_patient_id) where state = 'open';

-- Numbers given out day by day: accession numbers, 无名氏, temporary numbers.
create table number_counter (
    organization_id uuid not null references organization,
    kind text not null,
    day date not null,
    last integer not null,
    primary key (organization_id, kind, day)
);

create table service_request (
    id uuid primary key default gen_random_uuid(),
    -- one form sent twice is one registration
    submission_id uuid not null constraint submission_is_unique unique,
    organization_id uuid not null references organization,
    accession_number text not null
        constraint accession_fits_dicom check (length(accession_number) between 1 and 16),
    patient_id uuid not null references patient,
    -- 同次检查: registrations of one visit share it
    visit_id uuid not null,
    modality text not null constraint request_modality_is_code check (modality ~ '^[A-Z]{2,4}$'),
    item text not null,
    body_site text not null,
    laterality text not null constraint request_laterality_is_known check (laterality in ('L', 'R', 'B', 'U')),
    encounter_class text not null constraint request_encounter_class_is_known check (encounter_class in (
        'outpatient', 'inpatient', 'emergency', 'observation', 'transfer', 'checkup')),
    priority text not null constraint request_priority_is_known check (priority in ('stat', 'urgent', 'routine')),
    emergency_class text constraint request_emergency_class_is_known check (emergency_class in (
        'chest-pain', 'stroke', 'trauma', 'obstetric', 'child-newborn', 'acute-abdomen', 'other')),
    intent text not null default 'request-reading' constraint request_intent_is_known check (intent in (
        'request-reading', 'archive-only', 'backfill', 'consultation')),
    history text not null default '',
    purpose text not null default '',
    prior_surgery text not null default '',
    pregnancy text not null default 'not-applicable' constraint request_pregnancy_is_known check (pregnancy in (
        'no', 'yes', 'unknown', 'not-applicable')),
    pregnancy_confirmed boolean not null default false,
    requester_id uuid references practitioner,
    requester_name text not null default '',
    department text not null default '',
    technician_name text not null default '',
    fee_state text not null default '' constraint request_fee_state_is_known check (fee_state in (
        '', 'paid', 'unpaid', 'exempt')),
    consent_told boolean not null default false,
    -- 人证不符: the card is not the person's; never linked without a person
    card_mismatch boolean not null default false,
    status text not null default 'active' constraint request_status_is_known check (status in (
        'active', 'completed', 'revoked', 'entered-in-error')),
    registered_by uuid references practitioner,
    registered_at timestamptz not null,
    revision bigint not null default 1,
    constraint accession_is_unique_per_organization unique (organization_id, accession_number),
    constraint emergency_iff_classed check ((encounter_class = 'emergency') = (emergency_class is not null))
);
create index request_by_day on service_request (organization_id, registered_at);
create index request_by_patient on service_request (patient_id);
create index request_by_visit on service_request (visit_id);

-- Photographs of paper requests; the pictures lie in the attachments folder by their digest.
create table request_paper (
    service_request_id uuid not null references service_request,
    digest bytea not null constraint paper_digest_is_sha256 check (length(digest) = 32),
    media_type text not null constraint paper_is_picture check (media_type in ('image/jpeg', 'image/png', 'image/webp')),
    size integer not null,
    width integer not null,
    height integer not null,
    added_by uuid references practitioner,
    added_at timestamptz not null,
    primary key (service_request_id, digest)
);

alter table imaging_study
    add foreign key (patient_id) references patient,
    add foreign key (service_request_id) references service_request,
    -- a person chose the intent; no rule changes it any more
    -- counts decisions of matching, apart from the images that go on arriving
    add column match_revision bigint not null default 1,
    add column intent_confirmed boolean not null default false,
    -- '' or why nobody reads it until somebody has decided: mixed (疑似混合检查)
    add column hold text not null default '' constraint study_hold_is_known check (hold in ('', 'mixed')),
    add constraint study_intent_is_known check (intent in (
        'request-reading', 'archive-only', 'backfill', 'consultation'));
create index study_by_request on imaging_study (service_request_id) where service_request_id is not null;
create index study_by_patient on imaging_study (patient_id) where patient_id is not null;
create index study_by_accession on imaging_study (organization_id, accession_number) where accession_number <> '';
create index study_by_day on imaging_study (organization_id, last_received_at);
create index study_unmatched on imaging_study (organization_id, first_received_at)
    where match_state in ('none', 'doubtful') or hold <> '';

-- Who linked which request to which study, by which findings; automatic ones have no decider.
create table match_decision (
    id bigint generated always as identity primary key,
    study_id uuid not null references imaging_study,
    service_request_id uuid references service_request,
    decision text not null constraint match_decision_is_known check (decision in (
        'linked', 'linked-same-visit', 'no-request', 'one-person', 'kept-apart')),
    verdict text not null,
    findings jsonb not null default '[]',
    decided_by uuid references practitioner,
    decided_at timestamptz not null
);
create index match_decision_by_study on match_decision (study_id);

-- Between which bounds a device's clock was wrong, seen from one study: registered <= true time <= received.
create table device_clock_sample (
    device_id uuid not null references device,
    study_id uuid not null references imaging_study,
    low_seconds bigint,
    high_seconds bigint,
    sampled_at timestamptz not null,
    primary key (device_id, study_id)
);
create index clock_sample_by_time on device_clock_sample (device_id, sampled_at);
