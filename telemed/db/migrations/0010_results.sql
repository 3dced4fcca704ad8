-- Laboratory results: who may send, messages as received, versions of reports and observations, what is kept apart.

-- MSH-3 and MSH-4 as they are written, components joined by ^.
create table laboratory_sender (
    id uuid primary key default gen_random_uuid(),
    application text not null constraint laboratory_sender_application_is_short check (length(application) <= 230),
    facility text not null constraint laboratory_sender_facility_is_short check (length(facility) <= 230),
    organization_id uuid not null references organization,
    state text not null default 'enrolled'
        constraint laboratory_sender_state_is_known check (state in ('enrolled', 'disabled')),
    enrolled_at timestamptz not null default now(),
    last_seen_at timestamptz,
    revision bigint not null default 1,
    constraint laboratory_sender_is_unique unique (application, facility),
    constraint laboratory_sender_has_a_name check (application <> '' or facility <> '')
);
create index laboratory_sender_by_organization on laboratory_sender (organization_id);

create table laboratory_sender_seen (
    application text not null,
    facility text not null,
    peer_address inet not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    attempts bigint not null default 1,
    primary key (application, facility, peer_address)
);

-- HL7 v2 messages, tables and whatever else brings results. sender_id null: the header could not be read, or a person
-- of the organisation brought it. content_digest: SHA-256 of what follows the MSH, so that a message sent again with
-- another time of sending is known as the same.
create table result_message (
    id uuid primary key,
    format text not null constraint result_message_format_is_known check (format in ('hl7-v2', 'fhir-r4', 'table')),
    sender_id uuid references laboratory_sender,
    organization_id uuid references organization,
    bytes bytea not null,
    digest bytea not null constraint result_message_digest_is_sha256 check (length(digest) = 32),
    content_digest bytea not null constraint result_message_content_digest_is_sha256 check (length(content_digest) = 32),
    control_id text not null,
    charset_declared text not null,
    charset_used text not null,
    charset_confidence text not null constraint result_message_charset_confidence_is_known check (
        charset_confidence in ('', 'declared', 'sure', 'likely', 'doubtful')),
    peer_address inet,
    brought_by uuid references practitioner,
    received_at timestamptz not null,
    -- stored: all of it; partly: some in quarantine; quarantined: all of it; refused: malformed; failed: our fault
    disposition text not null constraint result_message_disposition_is_known check (
        disposition in ('stored', 'partly', 'quarantined', 'refused', 'failed')),
    answer text not null constraint result_message_answer_is_known check (answer in ('AA', 'AE', 'AR')),
    -- what the sender was told: [{reason, place}]
    faults jsonb not null default '[]',
    constraint answered_as_disposed check (
        (disposition = 'stored') = (answer = 'AA') and (disposition = 'refused') = (answer = 'AR'))
);
create unique index result_message_once on result_message (digest, organization_id) nulls not distinct
    where disposition <> 'failed';
create unique index result_message_once_by_content on result_message (sender_id, control_id, content_digest)
    where disposition not in ('failed', 'refused');
create index result_message_by_time on result_message (received_at);
create index result_message_of_nobody on result_message (received_at) where organization_id is null;
create trigger result_message_is_immutable before update or delete on result_message
    for each row execute function refuse_change();
create trigger result_message_is_never_truncated before truncate on result_message
    for each statement execute function refuse_change();

-- The same message come again; it is answered as the first time.
create table result_message_again (
    message_id uuid not null references result_message,
    peer_address inet,
    received_at timestamptz not null
);
create index result_message_again_by_message on result_message_again (message_id);
create trigger result_message_again_is_immutable before update or delete on result_message_again
    for each row execute function refuse_change();

-- One report of a laboratory by its own number; what is known of it stands in its versions.
create table laboratory_report (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    number_system text not null,
    number text not null constraint laboratory_report_has_a_number check (number <> ''),
    constraint laboratory_report_number_is_unique unique (organization_id, number_system, number)
);

-- ordered_at: the sender's own time of this version (OBR-22, else MSH-7); versions count in that order, whenever they
-- came. known_from: since when the county has known it; xid: exactly which snapshots hold it, for what commits late.
create table laboratory_report_version (
    id uuid primary key,
    report_id uuid not null references laboratory_report,
    message_id uuid not null references result_message deferrable initially deferred,
    patient_id uuid not null references patient,
    -- by a number that proves the person; otherwise a source patient of the sender
    linked boolean not null,
    status text not null constraint laboratory_report_status_is_known check (status in (
        'registered', 'preliminary', 'final', 'corrected', 'cancelled', 'entered-in-error', 'unknown')),
    status_rank smallint not null,
    ordered_at timestamptz not null,
    sent_at timestamptz,
    known_from timestamptz not null,
    xid xid8 not null default pg_current_xact_id(),
    placer_number text not null,
    -- [{code, text, system}] as written
    service jsonb not null,
    requested_written text not null,
    changed_written text not null,
    specimen_id text not null,
    specimen_code text not null,
    specimen_text text not null,
    specimen_system text not null,
    specimen_flags jsonb not null,
    specimen_ambiguous boolean not null,
    specimen_received_at timestamptz,
    specimen_received_written text not null,
    notes text[] not null
);
create index laboratory_report_version_by_report on laboratory_report_version
    (report_id, ordered_at desc, status_rank desc, known_from desc);
create index laboratory_report_version_by_patient on laboratory_report_version (patient_id);
create index laboratory_report_version_by_message on laboratory_report_version (message_id);
create trigger laboratory_report_version_is_immutable before update or delete on laboratory_report_version
    for each row execute function refuse_change();
create trigger laboratory_report_version_is_never_truncated before truncate on laboratory_report_version
    for each statement execute function refuse_change();

-- One OBX of one version. (code_system, code, sub_id) tells the results of a report apart.
create table laboratory_observation (
    id uuid primary key,
    report_id uuid not null references laboratory_report,
    report_version_id uuid not null references laboratory_report_version,
    line integer not null,
    code_system text not null,
    code text not null,
    name text not null,
    sub_id text not null,
    -- [{code, text, system}]: OBX-3 with its alternate, as written
    codes jsonb not null,
    -- by which version of which map the code became which item of the catalogue; null: nobody has mapped it
    item_key text,
    map_version text,
    value_type text not null,
    value_kind text not null constraint observation_value_kind_is_known check (
        value_kind in ('quantity', 'coded', 'text', 'none')),
    value_text text not null,
    comparator text not null constraint observation_comparator_is_known check (comparator in ('', '<', '<=', '>', '>=')),
    -- decimal strings
    number text not null,
    high text not null,
    denominator text not null,
    value_codes jsonb not null,
    unit_written text not null,
    unit_ucum text not null,
    reference_range text not null,
    flags text[] not null,
    status text not null constraint laboratory_observation_status_is_known check (status in (
        'registered', 'preliminary', 'final', 'corrected', 'cancelled', 'entered-in-error')),
    status_written text not null,
    status_rank smallint not null,
    -- null where no hour is stated; the day is the sender's. Never the time of the report.
    collected_at timestamptz,
    collected_day date,
    collected_written text not null,
    collected_source text not null,
    collected_doubt text not null constraint observation_collected_doubt_is_known check (
        collected_doubt in ('', 'absent', 'future', 'implausible', 'unreadable', 'too-coarse')),
    -- false: no zone was stated and the county's was taken
    collected_zone_stated boolean not null,
    -- fields that were passed over as they cannot be the collection
    collected_passed_over text[] not null,
    analysed_at timestamptz,
    analysed_written text not null,
    method_code text not null,
    method_text text not null,
    device text not null,
    producer text not null,
    performer text not null,
    notes text[] not null,
    ordered_at timestamptz not null,
    known_from timestamptz not null,
    xid xid8 not null default pg_current_xact_id(),
    constraint a_quantity_is_a_number check ((value_kind = 'quantity') = (number <> '')),
    constraint an_item_has_its_map check ((item_key is null) = (map_version is null)),
    constraint a_missing_collection_is_said check ((collected_doubt = 'absent') = (collected_written = ''))
);
create index laboratory_observation_by_key on laboratory_observation
    (report_id, code_system, code, sub_id, ordered_at desc, status_rank desc, known_from desc);
create index laboratory_observation_by_version on laboratory_observation (report_version_id);
create index laboratory_observation_by_item on laboratory_observation (item_key, collected_at) where item_key is not null;
create trigger laboratory_observation_is_immutable before update or delete on laboratory_observation
    for each row execute function refuse_change();
create trigger laboratory_observation_is_never_truncated before truncate on laboratory_observation
    for each statement execute function refuse_change();

-- What is no result until a person has decided; the bytes stand in result_message.
create table result_quarantine (
    id uuid primary key default gen_random_uuid(),
    message_id uuid not null references result_message deferrable initially deferred,
    organization_id uuid not null references organization,
    -- the line of the OBX, OBR or PID it is about; 0: the whole message
    line integer not null,
    report_number text not null,
    reason text not null constraint quarantined_result_reason_is_words check (reason ~ '^[a-z-]+$'),
    place text not null,
    -- what the sender wrote there: a unit, a code, a status, a value; never a name or number of a person
    written text not null,
    state text not null default 'open' constraint quarantined_result_state_is_known check (
        state in ('open', 'released', 'discarded')),
    note text not null default '',
    opened_at timestamptz not null,
    decided_by uuid references practitioner,
    decided_at timestamptz,
    constraint quarantined_result_decided_iff_not_open check ((state = 'open') = (decided_at is null))
);
create index result_quarantine_open on result_quarantine (organization_id, opened_at desc) where state = 'open';
create index result_quarantine_by_message on result_quarantine (message_id);
