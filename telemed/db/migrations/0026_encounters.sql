-- Visits as hospital systems tell them by ADT: who attended which member, when, and what has been taken back since.

-- One visit of one member by its own number; what is known of it stands in its versions.
create table encounter (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    number_system text not null,
    number text not null constraint encounter_has_a_number check (number <> ''),
    constraint encounter_number_is_unique unique (organization_id, number_system, number)
);

-- What one message says of a visit. told_at: the sender's own time of saying so (EVN-2, else MSH-7); versions count in
-- that order, whenever they came, and act_rank tells those of one moment apart. began_day: of the county's clock.
create table encounter_version (
    id uuid primary key,
    encounter_id uuid not null references encounter,
    message_id uuid not null references result_message deferrable initially deferred,
    patient_id uuid not null references patient,
    -- by a number that proves the person; otherwise a source patient of the sender
    linked boolean not null,
    -- A01, A04, A08, A03, A13, A11
    act text not null constraint encounter_act_is_known check (act in (
        'admitted', 'registered', 'updated', 'discharged', 'discharge-cancelled', 'admission-cancelled')),
    act_rank smallint not null,
    -- null: a class that is none of the county's; as written it stands beside
    class text constraint encounter_class_is_known check (class in (
        'outpatient', 'inpatient', 'emergency', 'observation', 'checkup')),
    class_written text not null,
    -- null where the message does not say, or not so that it can be believed; an act of admission always does
    began_at timestamptz,
    began_day date,
    began_written text not null,
    began_zone_stated boolean not null,
    ended_at timestamptz,
    ended_written text not null,
    told_at timestamptz not null,
    known_from timestamptz not null,
    constraint encounter_begins_where_it_is_opened check (
        began_day is not null or act not in ('admitted', 'registered')),
    constraint encounter_moment_is_of_a_day check (began_at is null or began_day is not null)
);
create index encounter_version_by_encounter on encounter_version
    (encounter_id, told_at desc, act_rank desc, known_from desc);
create index encounter_version_by_day on encounter_version (began_day, encounter_id) where began_day is not null;
create index encounter_version_by_message on encounter_version (message_id);
create trigger encounter_version_is_immutable before update or delete on encounter_version
    for each row execute function refuse_change();
create trigger encounter_version_is_never_truncated before truncate on encounter_version
    for each statement execute function refuse_change();
