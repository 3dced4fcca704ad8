-- Readings: two UPS steps, drafts, immutable report versions, delivery, returns to the site.

-- Who writes and who verifies, by organisation × modality × hour of the county's day; the most specific row wins.
create table reading_mode (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid references organization, -- null: every organisation
    modality text not null default '', -- '': every modality
    from_hour smallint not null default 0,
    until_hour smallint not null default 24,
    mode text not null constraint reading_mode_is_known
        check (mode in ('county-read', 'township-drafted', 'self-reported')),
    constraint reading_mode_hours_are_a_day check (0 <= from_hour and from_hour < until_hour and until_hour <= 24),
    constraint reading_mode_is_unique unique nulls not distinct (organization_id, modality, from_hour)
);

create table report_template (
    id uuid primary key default gen_random_uuid(),
    code text not null constraint report_template_code_is_unique unique,
    organization_id uuid references organization, -- null: everybody's
    modality text not null,
    body_site text not null default '',
    sex text not null default '',
    name text not null,
    name_en text not null default '',
    technique text not null default '',
    findings text not null,
    impression text not null,
    active boolean not null default true,
    from_file boolean not null default false,
    revision bigint not null default 1
);

create table reading (
    id uuid primary key default gen_random_uuid(),
    study_id uuid not null references imaging_study,
    organization_id uuid not null references organization,
    mode text not null constraint reading_mode_of_row_is_known
        check (mode in ('county-read', 'township-drafted', 'self-reported')),
    state text not null constraint reading_state_is_known check (state in (
        'receiving', 'awaiting-match', 'awaiting-reading', 'reading', 'returned', 'on-hold', 'returned-to-site',
        'awaiting-verification', 'awaiting-formal-review', 'verifying',
        'signed', 'delivered', 'viewed', 'needs-recheck', 'void', 'canceled')),
    priority text not null constraint reading_priority_is_known check (priority in ('stat', 'urgent', 'routine')),
    priority_rank smallint not null generated always as
        (case priority when 'stat' then 0 when 'urgent' then 1 else 2 end) stored,
    checkup boolean not null default false, -- 体检: its own queue, never ahead of patients
    priority_reason text not null default '',
    -- the clock (诊断用时)
    opened_at timestamptz not null,
    clock_started_at timestamptz,
    allowed_minutes integer,
    working_time boolean not null default false,
    due_at timestamptz,
    clock_stopped_at timestamptz,
    clock_ended_at timestamptz,
    reading_seconds integer, -- 诊断用时 of the first signed report
    -- who and what stands at the moment
    author_id uuid references practitioner, -- who submitted what is being verified
    hold_reason text constraint reading_hold_reason_is_known
        check (hold_reason in ('joint-reading', 'upper-hospital', 'waiting-for-material')),
    hold_note text not null default '',
    limited boolean not null default false, -- 限制性报告
    round smallint not null default 1, -- one more after each withdrawn signature
    current_version_id uuid,
    preliminary_version_id uuid,
    instances_signed integer,
    late_instances integer not null default 0,
    revision bigint not null default 1,
    constraint reading_author_iff_submitted check (
        state not in ('awaiting-verification', 'awaiting-formal-review', 'verifying') or author_id is not null),
    constraint reading_issued_has_version check (
        state not in ('signed', 'delivered', 'viewed', 'needs-recheck', 'void') or current_version_id is not null),
    constraint reading_formal_review_has_preliminary check (
        state <> 'awaiting-formal-review' or preliminary_version_id is not null),
    constraint reading_hold_has_reason check ((state = 'on-hold') = (hold_reason is not null)),
    constraint reading_clock_stops_only_for_material check (
        clock_stopped_at is null or hold_reason = 'waiting-for-material'),
    constraint reading_clock_is_whole check (
        (clock_started_at is null) = (due_at is null) and (due_at is null) = (allowed_minutes is null)),
    constraint reading_recheck_has_images check (state <> 'needs-recheck' or late_instances > 0)
);
create unique index one_open_reading_a_study on reading (study_id) where state not in ('void', 'canceled');
create index reading_queue on reading (state, priority_rank, checkup, due_at, id);
create index reading_by_organization on reading (organization_id, opened_at desc);

-- A UPS step of a reading (PS3.4 CC.1): Interpretation or Report Verification.
create table work_item (
    id uuid primary key,
    number bigint not null generated always as identity,
    reading_id uuid not null references reading,
    kind text not null constraint work_item_kind_is_known check (kind in ('interpretation', 'verification')),
    state text not null constraint work_item_state_is_ups
        check (state in ('SCHEDULED', 'IN PROGRESS', 'COMPLETED', 'CANCELED')),
    purpose text not null constraint work_item_purpose_is_known check (purpose in ('final', 'amended', 'appended')),
    side text not null constraint work_item_side_is_known check (side in ('county', 'site')),
    reason text not null default '', -- why a correction or addendum was begun
    scheduled_at timestamptz not null,
    assigned_to uuid references practitioner,
    transaction_uid text,
    claimed_by uuid references practitioner,
    claimed_at timestamptz,
    lease_until timestamptz,
    ended_at timestamptz,
    outcome text,
    outcome_reason text not null default '',
    submission jsonb, -- what was warned of and not looked at when it was submitted or signed
    constraint scheduled_is_unclaimed check (
        state <> 'SCHEDULED' or num_nonnulls(transaction_uid, claimed_by, claimed_at, lease_until, ended_at, outcome) = 0),
    constraint in_progress_is_claimed check (
        state <> 'IN PROGRESS' or (num_nonnulls(transaction_uid, claimed_by, claimed_at, lease_until) = 4
                                   and num_nonnulls(ended_at, outcome) = 0)),
    constraint completed_was_claimed check (
        state <> 'COMPLETED' or (num_nonnulls(claimed_by, ended_at) = 2 and outcome in
            ('submitted', 'preliminary', 'self-signed', 'signed', 'returned'))),
    constraint canceled_says_why check (
        state <> 'CANCELED' or (ended_at is not null and outcome in
            ('released', 'expired', 'taken-over', 'recalled', 'on-hold', 'returned-to-site', 'abandoned',
             'intent-changed')))
);
create unique index one_open_item_a_reading on work_item (reading_id) where state in ('SCHEDULED', 'IN PROGRESS');
create index work_item_by_lease on work_item (lease_until) where state = 'IN PROGRESS';
create index work_item_by_reading on work_item (reading_id, number);
create index work_item_by_claimer on work_item (claimed_by) where state = 'IN PROGRESS';

-- The text being written; it belongs to the step and stays under its author's name when the step is taken over.
create table draft (
    work_item_id uuid primary key references work_item,
    author_id uuid not null references practitioner,
    technique text not null default '',
    findings text not null default '',
    impression text not null default '',
    significance text not null default 'none' constraint draft_significance_is_known
        check (significance in ('none', 'significant', 'critical')),
    template_id uuid references report_template,
    revision bigint not null default 1,
    saved_at timestamptz not null
);

create table report_version (
    id uuid primary key,
    reading_id uuid not null references reading,
    number integer not null,
    round smallint not null,
    -- DiagnosticReport.status
    status text not null constraint report_status_is_fhir
        check (status in ('preliminary', 'final', 'amended', 'appended', 'entered-in-error')),
    technique text not null,
    findings text not null,
    impression text not null,
    significance text not null,
    limited boolean not null default false,
    content_sha256 bytea not null constraint report_digest_is_sha256 check (length(content_sha256) = 32),
    author_id uuid not null references practitioner,
    author_name text not null,
    author_signed_at timestamptz not null,
    verifier_id uuid references practitioner,
    verifier_name text,
    signed_at timestamptz not null,
    performer_name text not null, -- 诊断机构
    single_reader_reason text not null default '', -- why author and verifier are one person
    reason text not null default '', -- of a correction, addendum or voiding
    agreement text constraint report_agreement_is_known check (agreement in ('agree', 'minor', 'major')),
    replaces_id uuid references report_version,
    work_item_id uuid references work_item,
    instance_count integer not null,
    constraint report_number_is_unique unique (reading_id, number),
    constraint report_correction_has_reason check (
        status not in ('amended', 'appended', 'entered-in-error') or (reason <> '' and replaces_id is not null)),
    constraint report_verifier_is_another check (
        verifier_id is null or verifier_id <> author_id or single_reader_reason <> ''),
    constraint report_verifier_has_name check ((verifier_id is null) = (verifier_name is null))
);
create unique index one_final_a_round on report_version (reading_id, round) where status = 'final';

alter table reading
    add constraint reading_current_version_exists foreign key (current_version_id) references report_version,
    add constraint reading_preliminary_version_exists foreign key (preliminary_version_id) references report_version;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% rows are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger report_version_is_immutable before update or delete on report_version
    for each row execute function refuse_change();
create trigger report_version_is_never_truncated before truncate on report_version
    for each statement execute function refuse_change();

-- A signature taken back within five minutes, before anybody saw the paper.
create table report_withdrawal (
    report_version_id uuid primary key references report_version,
    withdrawn_by uuid not null references practitioner,
    withdrawn_at timestamptz not null,
    reason text not null constraint withdrawal_has_reason check (reason <> '')
);

-- What happened to a version on its way: delivery state is the set of these rows.
create table report_receipt (
    id bigint generated always as identity primary key,
    report_version_id uuid not null references report_version,
    kind text not null constraint receipt_kind_is_known
        check (kind in ('delivered', 'viewed', 'printed', 'acknowledged', 'used')),
    at timestamptz not null,
    organization_id uuid not null references organization,
    practitioner_id uuid references practitioner,
    copies smallint not null default 0,
    paper text not null default '',
    reason text not null default ''
);
create index receipt_by_version on report_receipt (report_version_id, kind);
create unique index one_receipt_of_a_kind_an_organization on report_receipt (report_version_id, kind, organization_id)
    where kind in ('delivered', 'acknowledged');
create trigger report_receipt_is_immutable before update or delete on report_receipt
    for each row execute function refuse_change();

-- The random code printed on the paper: it says whether the paper still holds, and nothing about the patient.
create table report_code (
    code text primary key constraint report_code_is_long check (length(code) >= 16),
    report_version_id uuid not null constraint report_code_one_a_version unique references report_version
);

create table site_return (
    id uuid primary key,
    reading_id uuid not null references reading,
    kind text not null constraint site_return_kind_is_known
        check (kind in ('information', 'images', 'retake', 'limited-report')),
    note text not null constraint site_return_has_note check (note <> ''),
    state text not null constraint site_return_state_is_known check (state in ('open', 'recall-pending', 'closed')),
    returned_by uuid not null references practitioner,
    returned_at timestamptz not null,
    due_at timestamptz not null,
    escalated_at timestamptz,
    outcome text constraint site_return_outcome_is_known
        check (outcome in ('answered', 'images-sent', 'retaken', 'patient-absent', 'unreachable', 'limited-report')),
    answer text not null default '',
    answered_by uuid references practitioner,
    answered_at timestamptz,
    constraint site_return_closed_iff_outcome check ((state = 'closed') = (outcome is not null))
);
create unique index one_open_site_return_a_reading on site_return (reading_id) where state <> 'closed';
create index site_return_by_due on site_return (due_at) where state <> 'closed' and escalated_at is null;

-- 重大不一致 and second finals: somebody must be told by phone, and what was said is recorded.
create table report_discrepancy (
    id uuid primary key,
    reading_id uuid not null references reading,
    kind text not null constraint discrepancy_kind_is_known check (kind in ('preliminary-final', 'second-final')),
    first_version_id uuid not null references report_version,
    second_version_id uuid references report_version,
    second_text text not null default '',
    source text not null default '',
    opened_at timestamptz not null,
    opened_by uuid references practitioner,
    told_name text,
    told_staff_number text,
    told_at timestamptz,
    read_back text,
    recorded_by uuid references practitioner,
    closed_at timestamptz,
    constraint discrepancy_closed_iff_told check (
        (closed_at is null) = (told_name is null) and (closed_at is null) = (read_back is null)
        and (closed_at is null) = (recorded_by is null))
);
create index discrepancy_by_reading on report_discrepancy (reading_id);

create table image_grade (
    id bigint generated always as identity primary key,
    reading_id uuid not null references reading,
    study_id uuid not null references imaging_study,
    grade text not null constraint image_grade_is_known check (grade in ('A', 'B', 'C', 'reject')),
    reasons text[] not null default '{}',
    note text not null default '',
    graded_by uuid not null references practitioner,
    graded_at timestamptz not null,
    constraint image_grade_poor_says_why check (grade in ('A', 'B') or cardinality(reasons) > 0)
);
create index image_grade_by_study on image_grade (study_id, id desc);

-- One row a reading with what every list shows of it.
create view reading_overview as
select r.id, r.study_id, r.organization_id, r.mode, r.state, r.priority, r.priority_rank, r.checkup, r.limited,
       r.late_instances, r.opened_at, r.clock_started_at, r.allowed_minutes, r.working_time, r.due_at,
       r.clock_stopped_at, r.clock_ended_at, r.reading_seconds, r.hold_reason, r.author_id, r.current_version_id,
       r.preliminary_version_id, r.revision,
       w.id as item_id, w.kind as item_kind, w.purpose, w.side, w.assigned_to, w.claimed_by, w.lease_until,
       holder.name as claimed_name, author.name as author_name,
       s.study_instance_uid, s.modalities, s.description, s.completeness, s.completeness_evidence,
       s.expected_instances, s.instance_count, s.acquired_at, s.first_received_at, s.match_state,
       s.hold as study_hold, s.intent,
       s.laterality as image_laterality,
       s.patient_id, coalesce(p.name, s.source_patient_name) as patient_name,
       coalesce(p.name_pinyin, s.source_name_pinyin) as patient_pinyin,
       coalesce(p.sex, s.source_sex) as patient_sex,
       coalesce(p.birth_date, s.source_birth_date) as birth_date,
       coalesce(p.identity, 'source') as identity,
       q.id as service_request_id, coalesce(q.accession_number, s.accession_number) as accession_number,
       coalesce(q.item, s.description) as item, coalesce(q.body_site, s.body_site) as body_site,
       coalesce(q.laterality, s.laterality) as laterality, q.encounter_class, q.emergency_class,
       coalesce(q.purpose, '') as purpose_text, coalesce(q.history, '') as history,
       o.name as organization_name, o.name_en as organization_name_en, o.phone as organization_phone,
       b.kind as return_kind, b.state as return_state, coalesce(b.note, '') as return_note,
       b.due_at as return_due_at, b.escalated_at as return_escalated_at,
       v.status as report_status, v.signed_at, v.significance
from reading r
join imaging_study s on s.id = r.study_id
join organization o on o.id = r.organization_id
left join patient p on p.id = s.patient_id
left join service_request q on q.id = s.service_request_id
left join work_item w on w.reading_id = r.id and w.state in ('SCHEDULED', 'IN PROGRESS')
left join practitioner holder on holder.id = coalesce(w.claimed_by, w.assigned_to)
left join practitioner author on author.id = r.author_id
left join site_return b on b.reading_id = r.id and b.state <> 'closed'
left join report_version v on v.id = r.current_version_id;
