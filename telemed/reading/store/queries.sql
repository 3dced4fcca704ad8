-- name: lock_reading
-- The row of one reading, held until the transaction ends.
select id, study_id, organization_id, mode, state, priority, checkup, priority_reason, priority_set_by, opened_at,
       clock_started_at, allowed_minutes, working_time, due_at, clock_stopped_at, clock_ended_at, reading_seconds, author_id,
       hold_reason, hold_note, limited, round, current_version_id, preliminary_version_id, instances_signed,
       late_instances, revision
from reading
where id = %(id)s
for update;

-- name: lock_reading_unless_held
-- As lock_reading, but nothing when somebody else holds it.
select id, study_id, organization_id, mode, state, priority, checkup, priority_reason, priority_set_by, opened_at,
       clock_started_at, allowed_minutes, working_time, due_at, clock_stopped_at, clock_ended_at, reading_seconds, author_id,
       hold_reason, hold_note, limited, round, current_version_id, preliminary_version_id, instances_signed,
       late_instances, revision
from reading
where id = %(id)s
for update skip locked;

-- name: open_reading_of_study
-- The reading of a study that is neither void nor canceled.
select id from reading where study_id = %(study_id)s and state not in ('void', 'canceled');

-- name: last_item
-- The open step of a reading, or else the one that ended last.
select id, kind, state, purpose, side, reason, assigned_to, transaction_uid, claimed_by, claimed_at, lease_until, outcome
from work_item
where reading_id = %(reading_id)s
order by number desc
limit 1;

-- name: insert_reading
-- Open a reading; nothing happens when the study has an open one.
insert into reading (id, study_id, organization_id, mode, state, priority, checkup, opened_at)
values (%(id)s, %(study_id)s, %(organization_id)s, %(mode)s, 'receiving', %(priority)s, %(checkup)s, %(opened_at)s)
on conflict (study_id) where state not in ('void', 'canceled') do nothing;

-- name: update_reading
-- Write what may change of a reading.
update reading
set mode = %(mode)s, state = %(state)s, priority = %(priority)s, checkup = %(checkup)s,
    priority_reason = %(priority_reason)s, priority_set_by = %(priority_set_by)s, clock_started_at = %(clock_started_at)s,
    allowed_minutes = %(allowed_minutes)s, working_time = %(working_time)s, due_at = %(due_at)s,
    clock_stopped_at = %(clock_stopped_at)s, clock_ended_at = %(clock_ended_at)s,
    reading_seconds = %(reading_seconds)s, author_id = %(author_id)s, hold_reason = %(hold_reason)s,
    hold_note = %(hold_note)s, limited = %(limited)s, round = %(round)s,
    current_version_id = %(current_version_id)s, preliminary_version_id = %(preliminary_version_id)s,
    instances_signed = %(instances_signed)s, late_instances = %(late_instances)s, revision = revision + 1
where id = %(id)s;

-- name: insert_item
-- Schedule a step, or begin it at once when it carries a claim.
insert into work_item (id, reading_id, kind, state, purpose, side, reason, scheduled_at, assigned_to, transaction_uid,
                       claimed_by, claimed_at, lease_until)
values (%(id)s, %(reading_id)s, %(kind)s, %(state)s, %(purpose)s, %(side)s, %(reason)s, %(now)s, %(assigned_to)s,
        %(transaction_uid)s, %(claimed_by)s, %(claimed_at)s, %(lease_until)s);

-- name: update_item
-- Claim a step or extend its claim.
update work_item
set state = %(state)s, assigned_to = %(assigned_to)s, transaction_uid = %(transaction_uid)s,
    claimed_by = %(claimed_by)s, claimed_at = %(claimed_at)s, lease_until = %(lease_until)s
where id = %(id)s;

-- name: extend_lease
-- Keep a claim without touching anything else.
update work_item set lease_until = greatest(lease_until, %(lease_until)s) where id = %(id)s;

-- name: end_item
-- Complete or cancel a step.
update work_item
set state = %(state)s, outcome = %(outcome)s, outcome_reason = %(reason)s, ended_at = %(now)s
where id = %(id)s;

-- name: record_submission
-- Keep what was warned of and not looked at when a step was submitted or signed.
update work_item set submission = %(submission)s where id = %(id)s;

-- name: pick_next_interpretation
-- The most urgent reading free for this person; a row somebody is claiming at this moment is passed over.
-- Each state on its own, so that the queue's index gives the first one without sorting the others.
select first.id
from (values ('awaiting-reading'), ('returned')) as queue (state)
cross join lateral (
    select r.id, r.priority_rank, r.checkup, r.due_at
    from reading r
    where r.state = queue.state
      and r.checkup = %(checkup)s::boolean
      and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[]))
      and exists (
          select from work_item w
          where w.reading_id = r.id and w.state = 'SCHEDULED' and w.kind = 'interpretation'
            and (w.assigned_to is null or w.assigned_to = %(practitioner_id)s::uuid)
            and ((w.side = 'county' and %(county)s::boolean)
                 or (w.side = 'site' and r.organization_id = any(%(own)s::uuid[]))))
    order by r.priority_rank, r.checkup, r.due_at, r.id
    limit 1
    for update of r skip locked) as first
order by first.priority_rank, first.checkup, first.due_at nulls last, first.id
limit 1;

-- name: pick_next_verification
-- The most urgent report to verify that this person has not written; each state on its own, as above.
select first.id
from (values ('awaiting-verification'), ('awaiting-formal-review')) as queue (state)
cross join lateral (
    select r.id, r.priority_rank, r.checkup, r.due_at
    from reading r
    where r.state = queue.state
      and r.author_id <> %(practitioner_id)s::uuid
      and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[]))
      and exists (
          select from work_item w
          where w.reading_id = r.id and w.state = 'SCHEDULED' and w.kind = 'verification'
            and (w.assigned_to is null or w.assigned_to = %(practitioner_id)s::uuid)
            and ((w.side = 'county' and %(county)s::boolean)
                 or (w.side = 'site' and r.organization_id = any(%(own)s::uuid[]))))
    order by r.priority_rank, r.checkup, r.due_at, r.id
    limit 1
    for update of r skip locked) as first
order by first.priority_rank, first.checkup, first.due_at nulls last, first.id
limit 1;

-- name: expired_leases
-- Readings whose claim nobody has kept.
select reading_id as id from work_item where state = 'IN PROGRESS' and lease_until < %(now)s order by lease_until limit 100;

-- name: next_due
-- When the sweeper has something to do next.
select min(at) as at
from (select min(lease_until) as at from work_item where state = 'IN PROGRESS'
      union all
      select min(due_at) from site_return where state <> 'closed' and escalated_at is null) as due;

-- name: draft
-- The text of a step.
select d.work_item_id, d.author_id, a.name as author_name, d.technique, d.findings, d.impression, d.significance,
       d.template_id, d.revision, d.saved_at
from draft d join practitioner a on a.id = d.author_id
where d.work_item_id = %(work_item_id)s;

-- name: insert_draft
-- Begin a text.
insert into draft (work_item_id, author_id, technique, findings, impression, significance, template_id, saved_at)
values (%(work_item_id)s, %(author_id)s, %(technique)s, %(findings)s, %(impression)s, %(significance)s,
        %(template_id)s, %(now)s);

-- name: save_draft
-- Replace the text if nobody else has since; no row means somebody has.
update draft
set technique = %(technique)s, findings = %(findings)s, impression = %(impression)s,
    significance = %(significance)s, template_id = %(template_id)s, revision = revision + 1, saved_at = %(now)s
where work_item_id = %(work_item_id)s and revision = %(revision)s;

-- name: drafts_of_reading
-- Every text written for a reading, the newest step first.
select d.work_item_id, d.author_id, a.name as author_name, d.technique, d.findings, d.impression, d.significance,
       d.template_id, d.revision, d.saved_at
from draft d
join work_item w on w.id = d.work_item_id
join practitioner a on a.id = d.author_id
where w.reading_id = %(reading_id)s
order by w.number desc;

-- name: last_draft
-- The text a new step begins with: the newest one of a kind of step since the last report that still stands.
select d.work_item_id, d.author_id, a.name as author_name, d.technique, d.findings, d.impression, d.significance,
       d.template_id, d.revision, d.saved_at
from draft d
join work_item w on w.id = d.work_item_id
join practitioner a on a.id = d.author_id
where w.reading_id = %(reading_id)s
  and w.kind = any(%(kinds)s)
  and w.number > coalesce((
      select max(g.number)
      from report_version v join work_item g on g.id = v.work_item_id
      where v.reading_id = %(reading_id)s and v.status <> 'preliminary'
        and not exists (select from report_withdrawal t where t.report_version_id = v.id)), 0)
order by w.number desc
limit 1;

-- name: items_of_reading
-- The steps of a reading, oldest first.
select w.id, w.kind, w.state, w.purpose, w.side, w.reason, w.scheduled_at, w.claimed_by, c.name as claimed_name,
       w.claimed_at, w.lease_until, w.ended_at, w.outcome, w.outcome_reason
from work_item w left join practitioner c on c.id = w.claimed_by
where w.reading_id = %(reading_id)s
order by w.number;

-- name: study_facts
-- What a reading needs to know of its study and request.
select s.id, s.study_instance_uid, s.organization_id, s.intent, s.match_state, s.hold, s.completeness,
       s.instance_count - s.documents as instance_count, s.modalities, s.first_received_at, s.last_received_at,
       s.acquired_at, coalesce(q.priority, 'routine') as priority, coalesce(q.encounter_class, '') as encounter_class,
       coalesce(q.body_site, s.body_site) as body_site, coalesce(q.laterality, s.laterality) as laterality,
       s.laterality as image_laterality, coalesce(p.sex, 'U') as sex,
       coalesce(q.accession_number, s.accession_number) as accession_number, s.patient_id, o.name as organization_name
from imaging_study s
join organization o on o.id = s.organization_id
left join service_request q on q.id = s.service_request_id
left join patient p on p.id = s.patient_id
where s.id = %(study_id)s;

-- name: mode_rows
-- The configured reading modes that may fit an organisation.
select organization_id, modality, from_hour, until_hour, mode
from reading_mode
where organization_id is null or organization_id = %(organization_id)s;

-- name: insert_version
-- A signed version; it never changes afterwards.
insert into report_version (id, reading_id, number, round, status, technique, findings, impression, significance,
                            limited, content_sha256, author_id, author_name, author_signed_at, verifier_id,
                            verifier_name, signed_at, performer_name, single_reader_reason, reason, agreement,
                            replaces_id, work_item_id, instance_count)
values (%(id)s, %(reading_id)s, %(number)s, %(round)s, %(status)s, %(technique)s, %(findings)s, %(impression)s,
        %(significance)s, %(limited)s, %(content_sha256)s, %(author_id)s, %(author_name)s, %(author_signed_at)s,
        %(verifier_id)s, %(verifier_name)s, %(signed_at)s, %(performer_name)s, %(single_reader_reason)s, %(reason)s,
        %(agreement)s, %(replaces_id)s, %(work_item_id)s, %(instance_count)s);

-- name: next_version_number
-- One more than the versions a reading has.
select coalesce(max(number), 0) + 1 as number from report_version where reading_id = %(reading_id)s;

-- name: version
-- One signed version with whether it still holds.
select v.id, v.reading_id, v.number, v.round, v.status, v.technique, v.findings, v.impression, v.significance,
       v.limited, v.content_sha256, v.author_id, v.author_name, v.author_signed_at, v.verifier_id, v.verifier_name,
       v.signed_at, v.performer_name, v.single_reader_reason, v.reason, v.agreement, v.replaces_id, v.instance_count,
       (r.current_version_id = v.id or (r.current_version_id is null and r.preliminary_version_id = v.id)) is true
           as is_current,
       exists (select from report_withdrawal t where t.report_version_id = v.id) as withdrawn,
       r.organization_id, r.study_id, coalesce(r.former_patient_id, s.patient_id) as patient_id, c.code
from report_version v
join reading r on r.id = v.reading_id
join imaging_study s on s.id = r.study_id
left join report_code c on c.report_version_id = v.id
where v.id = %(id)s;

-- name: versions_of_reading
-- Every signed version of a reading, the first one first.
select v.id, v.reading_id, v.number, v.round, v.status, v.technique, v.findings, v.impression, v.significance,
       v.limited, v.content_sha256, v.author_id, v.author_name, v.author_signed_at, v.verifier_id, v.verifier_name,
       v.signed_at, v.performer_name, v.single_reader_reason, v.reason, v.agreement, v.replaces_id, v.instance_count,
       (r.current_version_id = v.id or (r.current_version_id is null and r.preliminary_version_id = v.id)) is true
           as is_current,
       exists (select from report_withdrawal t where t.report_version_id = v.id) as withdrawn,
       r.organization_id, r.study_id, coalesce(r.former_patient_id, s.patient_id) as patient_id, c.code
from report_version v
join reading r on r.id = v.reading_id
join imaging_study s on s.id = r.study_id
left join report_code c on c.report_version_id = v.id
where v.reading_id = %(reading_id)s
order by v.number;

-- name: insert_code
-- The code printed on a version.
insert into report_code (code, report_version_id) values (%(code)s, %(report_version_id)s);

-- name: version_by_code
-- What a code on a paper stands for: nothing about the patient.
select v.id, v.number, v.status, v.signed_at,
       (r.current_version_id = v.id or (r.current_version_id is null and r.preliminary_version_id = v.id)) is true
           as is_current,
       r.state
from report_code c
join report_version v on v.id = c.report_version_id
join reading r on r.id = v.reading_id
where c.code = %(code)s;

-- name: insert_withdrawal
-- A signature taken back.
insert into report_withdrawal (report_version_id, withdrawn_by, withdrawn_at, reason)
values (%(report_version_id)s, %(withdrawn_by)s, %(now)s, %(reason)s);

-- name: receipts
-- When each first happened to a version at the site that examined.
select min(at) filter (where kind = 'delivered') as delivered_at,
       min(at) filter (where kind = 'viewed') as viewed_at,
       min(at) filter (where kind = 'printed') as printed_at,
       min(at) filter (where kind = 'acknowledged') as acknowledged_at,
       min(at) filter (where kind = 'used') as used_at,
       coalesce(sum(copies) filter (where kind = 'printed'), 0)::integer as copies,
       count(*) filter (where kind = 'printed')::integer as prints
from report_receipt
where report_version_id = %(report_version_id)s;

-- name: insert_receipt
-- Something happened to a version; being delivered or acknowledged happens once an organisation.
insert into report_receipt (report_version_id, kind, at, organization_id, practitioner_id, copies, paper, reason)
values (%(report_version_id)s, %(kind)s, %(now)s, %(organization_id)s, %(practitioner_id)s::uuid, %(copies)s, %(paper)s,
        %(reason)s)
on conflict do nothing;

-- name: insert_site_return
-- 退回机构.
insert into site_return (id, reading_id, kind, note, state, returned_by, returned_at, due_at, outcome)
values (%(id)s, %(reading_id)s, %(kind)s, %(note)s, %(state)s, %(returned_by)s, %(now)s, %(due_at)s, %(outcome)s);

-- name: open_site_return
-- What the site still owes.
select id, reading_id, kind, note, state, returned_by, returned_at, due_at, escalated_at
from site_return
where reading_id = %(reading_id)s and state <> 'closed'
for update;

-- name: answer_site_return
-- The site's answer.
update site_return
set state = 'closed', outcome = %(outcome)s, answer = %(answer)s, answered_by = %(answered_by)s, answered_at = %(now)s
where id = %(id)s;

-- name: site_returns_of_reading
-- What went back to the site and what came of it, newest first.
select b.id, b.kind, b.note, b.state, b.returned_at, b.due_at, b.escalated_at, b.outcome, b.answer, b.answered_at,
       a.name as returned_by_name
from site_return b join practitioner a on a.id = b.returned_by
where b.reading_id = %(reading_id)s
order by b.returned_at desc;

-- name: overdue_site_returns
-- Returns nobody has answered in time, each handed on once.
update site_return
set escalated_at = %(now)s
where id in (select id from site_return where state <> 'closed' and escalated_at is null and due_at <= %(now)s
             order by due_at limit 100 for update skip locked)
returning id, reading_id;

-- name: insert_discrepancy
-- Two reports that do not agree.
insert into report_discrepancy (id, reading_id, kind, first_version_id, second_version_id, second_text, source,
                                opened_at, opened_by)
values (%(id)s, %(reading_id)s, %(kind)s, %(first_version_id)s, %(second_version_id)s, %(second_text)s, %(source)s,
        %(now)s, %(opened_by)s);

-- name: discrepancies
-- Disagreements somebody must still be told of, or all of one reading.
select d.id, d.reading_id, d.kind, d.opened_at, d.source, d.told_name, d.told_staff_number, d.told_at, d.read_back,
       d.closed_at, r.organization_id, o.name as organization_name, o.phone as organization_phone
from report_discrepancy d
join reading r on r.id = d.reading_id
join organization o on o.id = r.organization_id
where (%(reading_id)s::uuid is null and d.closed_at is null or d.reading_id = %(reading_id)s)
  and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[]))
order by d.opened_at;

-- name: lock_discrepancy
-- One disagreement, held until the transaction ends.
select d.id, d.reading_id, d.closed_at, r.organization_id, r.study_id
from report_discrepancy d join reading r on r.id = d.reading_id
where d.id = %(id)s
for update of d;

-- name: close_discrepancy
-- Who was told by phone, and what was read back.
update report_discrepancy
set told_name = %(told_name)s, told_staff_number = %(told_staff_number)s, told_at = %(told_at)s,
    read_back = %(read_back)s, recorded_by = %(recorded_by)s, closed_at = %(now)s
where id = %(id)s;

-- name: insert_grade
-- A grade of image quality.
insert into image_grade (reading_id, study_id, grade, reasons, note, graded_by, graded_at)
values (%(reading_id)s, %(study_id)s, %(grade)s, %(reasons)s, %(note)s, %(graded_by)s, %(now)s);

-- name: grade_of_study
-- The latest grade of a study.
select g.grade, g.reasons, g.note, g.graded_at, a.name as graded_by_name
from image_grade g join practitioner a on a.id = g.graded_by
where g.study_id = %(study_id)s
order by g.id desc
limit 1;

-- name: person
-- The name under a signature and the institution it is given for.
select p.name, p.title, o.name as organization_name
from practitioner p join organization o on o.id = p.organization_id
where p.id = %(id)s;
