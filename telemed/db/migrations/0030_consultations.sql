-- Remote consultation: who may be asked, on what ground, what became of each request.

-- 合作协议 between an inviting and an invited institution.
create table consultation_agreement (
    id uuid primary key,
    inviting_id uuid not null references organization,
    invited_id uuid not null references organization,
    number text not null,
    valid_from date not null,
    valid_until date,
    entered_by uuid not null references practitioner,
    entered_at timestamptz not null,
    constraint agreement_is_between_two check (inviting_id <> invited_id),
    constraint agreement_has_a_number check (length(number) between 1 and 100),
    constraint agreement_ends_after_it_begins check (valid_until is null or valid_until >= valid_from)
);
create index consultation_agreement_of on consultation_agreement (invited_id, inviting_id);

-- Somebody who gives opinions: for which departments (诊疗科目), practising since when.
create table expert (
    practitioner_id uuid primary key references practitioner,
    departments text[] not null,
    since date,
    accepts boolean not null default true,
    revision bigint not null default 1,
    changed_by uuid not null references practitioner,
    changed_at timestamptz not null,
    constraint expert_has_departments check (cardinality(departments) between 1 and 20)
);

-- 排班: who is on duty, as which line.  A shift that was entered in error is cancelled, never changed.
create table duty_shift (
    id uuid primary key,
    organization_id uuid not null references organization,
    department text not null,
    line smallint not null,
    practitioner_id uuid not null references practitioner,
    begins timestamptz not null,
    ends timestamptz not null,
    phone text not null default '',
    backup_phone text not null default '',
    entered_by uuid not null references practitioner,
    entered_at timestamptz not null,
    cancelled_by uuid references practitioner,
    cancelled_at timestamptz,
    signed_in_at timestamptz,
    constraint duty_line_is_known check (line between 1 and 3),
    constraint duty_is_bounded check (ends > begins and ends <= begins + interval '7 days'),
    constraint duty_phones_are_short check (length(phone) <= 40 and length(backup_phone) <= 40),
    constraint duty_is_cancelled_by_somebody check ((cancelled_at is null) = (cancelled_by is null))
);
create index duty_shift_by_time on duty_shift (department, begins, ends) where cancelled_at is null;
create index duty_shift_of on duty_shift (practitioner_id, begins) where cancelled_at is null;

create table consultation (
    id uuid primary key,
    number text not null unique,
    organization_id uuid not null references organization,
    requester_id uuid not null references practitioner,
    patient_id uuid not null references patient,
    kind text not null,
    urgency text not null,
    purpose text not null,
    department text not null,
    inviting_department text not null default '',
    history text not null default '',
    question text not null default '',
    state text not null,
    expert_id uuid references practitioner,
    expert_organization_id uuid references organization,
    line smallint,
    due_at timestamptz,
    starts_at timestamptz,
    minutes smallint,
    verdict text not null default '',
    verdict_reason text not null default '',
    converted_into text not null default '',
    consent_due_at timestamptz,
    reminded_at timestamptz,
    room_id uuid unique references room,
    created_at timestamptz not null,
    submitted_at timestamptz,
    accepted_at timestamptz,
    began_at timestamptz,
    returned_at timestamptz,
    decided_at timestamptz,
    ended_at timestamptz,
    revision bigint not null default 1,
    constraint consultation_kind_is_known check (kind in ('image-text', 'video')),
    constraint consultation_urgency_is_known check (urgency in ('immediate', 'urgent', 'routine')),
    constraint consultation_purpose_is_known check (purpose in ('diagnosis', 'treatment', 'referral', 'surgery')),
    constraint consultation_state_is_known check (state in ('draft', 'submitted', 'incomplete', 'offered', 'accepted',
        'scheduled', 'in-session', 'missed', 'failed', 'returned', 'decided', 'archived', 'declined', 'withdrawn',
        'converted')),
    constraint consultation_texts_are_bounded check (length(history) <= 8000 and length(question) <= 4000
        and length(inviting_department) <= 100 and length(verdict_reason) <= 2000),
    constraint consultation_asks_something check (state in ('draft', 'withdrawn') or (question <> '' and history <> '')),
    constraint consultation_expert_works_somewhere check ((expert_id is null) = (expert_organization_id is null)),
    constraint consultation_expert_iff_asked check (case
        when state in ('draft', 'submitted', 'declined') then expert_id is null
        when state in ('offered', 'accepted', 'scheduled', 'in-session', 'missed', 'failed', 'returned', 'decided',
            'archived') then expert_id is not null
        else true end),
    constraint consultation_clock_iff_offered check ((state = 'offered') = (due_at is not null)
        and (state = 'offered') = (line is not null)),
    constraint consultation_appointment_iff_scheduled check ((state = 'scheduled') = (starts_at is not null)
        and (starts_at is null) = (minutes is null)),
    constraint consultation_is_decided_once check ((state in ('decided', 'archived')) = (verdict <> '')
        and (verdict <> '') = (decided_at is not null)),
    constraint consultation_verdict_is_known check (verdict in ('', 'adopted', 'partly', 'not-adopted')),
    constraint consultation_verdict_says_why check (verdict in ('', 'adopted') or verdict_reason <> ''),
    constraint consultation_converted_iff_into check ((state = 'converted') = (converted_into <> '')),
    constraint consultation_into_is_known check (converted_into in ('', 'referral', 'remote-reading')),
    constraint consultation_ended_iff_over check (
        (state in ('archived', 'declined', 'withdrawn', 'converted')) = (ended_at is not null))
);
create index consultation_of_inviting on consultation (organization_id, created_at desc);
create index consultation_of_expert on consultation (expert_id, created_at desc) where expert_id is not null;
create index consultation_of_patient on consultation (patient_id);
create index consultation_open on consultation (submitted_at)
    where state not in ('draft', 'archived', 'declined', 'withdrawn', 'converted');
create index consultation_due on consultation (due_at) where due_at is not null;
create index consultation_appointments on consultation (expert_id, starts_at) where starts_at is not null;

-- What is looked at: studies, and results with the verdict of recognition as it was when they were attached.
create table consultation_study (
    consultation_id uuid not null references consultation,
    study_id uuid not null references imaging_study,
    attached_by uuid not null references practitioner,
    attached_at timestamptz not null,
    primary key (consultation_id, study_id)
);
create table consultation_result (
    consultation_id uuid not null references consultation,
    result text not null,
    verdict text not null,
    decision_hash text not null default '',
    attached_by uuid not null references practitioner,
    attached_at timestamptz not null,
    primary key (consultation_id, result),
    constraint consultation_result_is_named check (length(result) between 1 and 300 and length(verdict) <= 40)
);

-- 知情同意: on paper, photographed; or the approval of a responsible person, to be followed by paper or to stand.
create table consultation_consent (
    id uuid primary key,
    consultation_id uuid not null references consultation,
    kind text not null,
    name text not null,
    relation text not null default '',
    manner text not null default '',
    at timestamptz not null,
    paper text not null default '',
    reason text not null default '',
    recorded_by uuid not null references practitioner,
    recorded_at timestamptz not null,
    constraint consent_kind_is_known check (kind in ('paper', 'approval', 'exemption')),
    constraint consent_names_somebody check (length(name) between 1 and 100),
    constraint consent_on_paper_is_a_picture check ((kind = 'paper') = (paper <> '')
        and (kind = 'paper') = (relation <> '') and (kind = 'paper') = (manner <> '')),
    constraint consent_relation_is_known check (relation in ('', 'self', 'guardian', 'spouse', 'child', 'parent',
        'other-relative', 'agent')),
    constraint consent_manner_is_known check (manner in ('', 'signature', 'fingerprint')),
    constraint consent_without_paper_says_why check ((kind = 'paper') = (reason = ''))
);
create index consultation_consent_of on consultation_consent (consultation_id);
create trigger consultation_consent_is_append_only before update or delete on consultation_consent
    for each row execute function refuse_change();
create trigger consultation_consent_is_never_truncated before truncate on consultation_consent
    for each statement execute function refuse_change();

-- Every step ever taken.  by: null where a due time was over.
create table consultation_step (
    consultation_id uuid not null references consultation,
    number integer not null,
    command text not null,
    from_state text not null,
    to_state text not null,
    by uuid references practitioner,
    at timestamptz not null,
    reason text not null default '',
    concerns text[] not null default '{}',
    detail jsonb not null default '{}',
    primary key (consultation_id, number),
    constraint consultation_step_reason_is_short check (length(reason) <= 2000)
);
create trigger consultation_step_is_append_only before update or delete on consultation_step
    for each row execute function refuse_change();
create trigger consultation_step_is_never_truncated before truncate on consultation_step
    for each statement execute function refuse_change();

-- Who was asked, and what came of it.  round: since the request was last sent or answered; nobody is asked twice in one.
create table consultation_offer (
    consultation_id uuid not null references consultation,
    number integer not null,
    expert_id uuid not null references practitioner,
    organization_id uuid not null references organization,
    line smallint not null,
    offered_at timestamptz not null,
    due_at timestamptz not null,
    outcome text not null default '',
    ended_at timestamptz,
    reason text not null default '',
    primary key (consultation_id, number),
    constraint consultation_offer_outcome_is_known check (outcome in ('', 'accepted', 'refused', 'lapsed', 'superseded')),
    constraint consultation_offer_ends_iff_out check ((outcome = '') = (ended_at is null))
);
create unique index consultation_offer_open on consultation_offer (consultation_id) where outcome = '';

-- An answer by telephone: what was said, written down by whoever heard it.
create table consultation_phone_answer (
    id uuid primary key,
    consultation_id uuid not null references consultation,
    speaker text not null,
    phone text not null default '',
    said text not null,
    at timestamptz not null,
    recorded_by uuid not null references practitioner,
    recorded_at timestamptz not null,
    constraint phone_answer_is_by_somebody check (length(speaker) between 1 and 100 and length(phone) <= 40),
    constraint phone_answer_says_something check (length(said) between 1 and 4000)
);
create index consultation_phone_answer_of on consultation_phone_answer (consultation_id);
create trigger consultation_phone_answer_is_append_only before update or delete on consultation_phone_answer
    for each row execute function refuse_change();
create trigger consultation_phone_answer_is_never_truncated before truncate on consultation_phone_answer
    for each statement execute function refuse_change();

-- 会诊意见: what the expert is writing, and what was signed.
create table consultation_draft (
    consultation_id uuid primary key references consultation,
    diagnosis text not null,
    advice text not null,
    revision bigint not null default 1,
    by uuid not null references practitioner,
    at timestamptz not null,
    constraint consultation_draft_is_bounded check (length(diagnosis) <= 8000 and length(advice) <= 8000)
);
create table consultation_opinion (
    consultation_id uuid not null references consultation,
    version smallint not null,
    diagnosis text not null,
    advice text not null,
    signer_id uuid not null references practitioner,
    signed_at timestamptz not null,
    room_seq bigint not null,
    room_head text not null,
    evidence text not null,
    document text not null,
    size bigint not null,
    primary key (consultation_id, version),
    constraint consultation_opinion_says_something check (diagnosis <> ''),
    constraint consultation_opinion_document_is_a_digest check (document ~ '^[0-9a-f]{64}$')
);
create trigger consultation_opinion_is_append_only before update or delete on consultation_opinion
    for each row execute function refuse_change();
create trigger consultation_opinion_is_never_truncated before truncate on consultation_opinion
    for each statement execute function refuse_change();

create table consultation_rating (
    consultation_id uuid primary key references consultation,
    stars smallint not null,
    note text not null default '',
    by uuid not null references practitioner,
    at timestamptz not null,
    constraint rating_is_of_five check (stars between 1 and 5),
    constraint rating_note_is_short check (length(note) <= 1000)
);
