-- A study of the wrong patient: 检查拆分, 归属更正, and who has to be told.

alter table imaging_study
    -- 检查拆分: the study that this one was split off; its instances still say that study's UID
    add column split_from_id uuid references imaging_study
        constraint study_is_not_split_from_itself check (split_from_id <> id),
    add column split_at timestamptz,
    add constraint study_split_says_when check ((split_from_id is null) = (split_at is null));
create index study_by_origin on imaging_study (split_from_id) where split_from_id is not null;

alter table match_decision
    drop constraint match_decision_is_known,
    add constraint match_decision_is_known check (decision in (
        'linked', 'linked-same-visit', 'no-request', 'one-person', 'kept-apart', 'split', 'reassigned'));

-- Proposed by one person, confirmed or rejected by another (telemed/imaging/corrections.py).
create table study_correction (
    id uuid primary key,
    study_id uuid not null references imaging_study,
    organization_id uuid not null references organization,
    kind text not null constraint correction_kind_is_known check (kind in ('split', 'reassignment')),
    state text not null constraint correction_state_is_known
        check (state in ('proposed', 'confirmed', 'withdrawn', 'rejected')),
    reason text not null constraint correction_has_reason check (reason <> ''),
    -- a split: the keys of what the instances say, one list a person; the first keeps the Study Instance UID
    persons jsonb,
    -- a reassignment: whose it was, and whose it is
    from_patient_id uuid references patient,
    from_request_id uuid references service_request,
    to_patient_id uuid references patient,
    to_request_id uuid references service_request,
    proposed_by uuid not null references practitioner,
    proposed_at timestamptz not null,
    decided_by uuid references practitioner,
    decided_at timestamptz,
    note text not null default '',
    constraint correction_is_of_its_kind check (
        (kind = 'split') = (persons is not null) and (kind = 'reassignment') = (to_patient_id is not null)),
    constraint correction_decided_iff_not_proposed check (
        (state = 'proposed') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
    constraint correction_has_four_eyes check (state not in ('confirmed', 'rejected') or decided_by <> proposed_by),
    constraint correction_is_withdrawn_by_its_proposer check (state <> 'withdrawn' or decided_by = proposed_by)
);
create unique index one_open_correction_a_study on study_correction (study_id) where state = 'proposed';
create index correction_by_organization on study_correction (organization_id, proposed_at desc);
create index correction_by_former_patient on study_correction (from_patient_id) where from_patient_id is not null;

-- Who has had a report that is void now, and whether somebody has told them.
create table correction_notice (
    id uuid primary key,
    correction_id uuid not null references study_correction,
    organization_id uuid not null references organization,
    practitioner_id uuid references practitioner,
    -- who was called and has no account here
    name text not null default '',
    means text[] not null constraint notice_says_by_what_means check (
        cardinality(means) > 0 and means <@ '{opened,viewed,printed,acknowledged,used,called}'::text[]),
    last_at timestamptz not null,
    told_by uuid references practitioner,
    told_at timestamptz,
    channel text constraint notice_channel_is_known check (channel in ('phone', 'in-person', 'message')),
    note text not null default '',
    constraint notice_is_of_somebody check ((practitioner_id is null) = (name <> '')),
    constraint notice_told_is_whole check (num_nonnulls(told_by, told_at, channel) in (0, 3))
);
create index notice_by_correction on correction_notice (correction_id);

alter table work_item
    drop constraint canceled_says_why,
    add constraint canceled_says_why check (
        state <> 'CANCELED' or (ended_at is not null and outcome in
            ('released', 'expired', 'taken-over', 'recalled', 'on-hold', 'returned-to-site', 'abandoned',
             'intent-changed', 'reassigned')));
alter table site_return
    drop constraint site_return_outcome_is_known,
    add constraint site_return_outcome_is_known check (outcome in (
        'answered', 'images-sent', 'retaken', 'patient-absent', 'unreachable', 'limited-report', 'reassigned'));

-- Whose reading it was while the study was linked to somebody else.
alter table reading
    add column former_patient_id uuid references patient,
    add column former_request_id uuid references service_request,
    add constraint reading_of_a_former_patient_is_over check (
        (former_patient_id is null and former_request_id is null) or state in ('void', 'canceled'));

create or replace view reading_overview as
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
       coalesce(r.former_patient_id, s.patient_id) as patient_id, coalesce(p.name, s.source_patient_name) as patient_name,
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
left join patient p on p.id = coalesce(r.former_patient_id, s.patient_id)
left join service_request q
    on q.id = case when r.former_patient_id is null then s.service_request_id else r.former_request_id end
left join work_item w on w.reading_id = r.id and w.state in ('SCHEDULED', 'IN PROGRESS')
left join practitioner holder on holder.id = coalesce(w.claimed_by, w.assigned_to)
left join practitioner author on author.id = r.author_id
left join site_return b on b.reading_id = r.id and b.state <> 'closed'
left join report_version v on v.id = r.current_version_id;
