-- Consultations: held, moved, listed.

-- name: insert
-- A draft, unless the id is taken.
insert into consultation (id, number, organization_id, requester_id, patient_id, kind, urgency, purpose, department,
    inviting_department, history, question, state, created_at)
values (%(id)s::uuid, %(number)s::text, %(organization_id)s::uuid, %(requester_id)s::uuid, %(patient_id)s::uuid,
    %(kind)s::text, %(urgency)s::text, %(purpose)s::text, %(department)s::text, %(inviting_department)s::text,
    %(history)s::text, %(question)s::text, 'draft', %(now)s::timestamptz)
on conflict (id) do nothing;

-- name: hold
-- One consultation, locked.
select c.id, c.number, c.organization_id, c.requester_id, c.patient_id, c.kind, c.urgency, c.purpose, c.department,
    c.inviting_department, c.history, c.question, c.state, c.expert_id, c.expert_organization_id, c.line, c.due_at,
    c.starts_at, c.minutes, c.verdict, c.verdict_reason, c.converted_into, c.consent_due_at, c.room_id,
    c.created_at, c.submitted_at, c.accepted_at, c.began_at, c.returned_at, c.decided_at, c.ended_at, c.revision
from consultation c where c.id = %(id)s::uuid for update;

-- name: write_form
-- What the inviting physician has written, where nobody wrote meanwhile.
update consultation set kind = %(kind)s::text, urgency = %(urgency)s::text, purpose = %(purpose)s::text,
    department = %(department)s::text, inviting_department = %(inviting_department)s::text, history = %(history)s::text,
    question = %(question)s::text, revision = revision + 1
where id = %(id)s::uuid;

-- name: save
-- A step: the state and what goes with it.
update consultation set state = %(state)s::text, expert_id = %(expert_id)s::uuid,
    expert_organization_id = %(expert_organization_id)s::uuid, line = %(line)s::smallint,
    due_at = %(due_at)s::timestamptz, starts_at = %(starts_at)s::timestamptz, minutes = %(minutes)s::smallint,
    verdict = %(verdict)s::text, verdict_reason = %(verdict_reason)s::text,
    converted_into = %(converted_into)s::text, consent_due_at = %(consent_due_at)s::timestamptz,
    room_id = %(room_id)s::uuid, submitted_at = %(submitted_at)s::timestamptz, accepted_at = %(accepted_at)s::timestamptz,
    began_at = %(began_at)s::timestamptz, returned_at = %(returned_at)s::timestamptz,
    decided_at = %(decided_at)s::timestamptz, ended_at = %(ended_at)s::timestamptz,
    reminded_at = case when %(starts_at)s::timestamptz is distinct from starts_at then null else reminded_at end,
    revision = revision + 1
where id = %(id)s::uuid;

-- name: insert_step
-- What was done, by whom and why.
insert into consultation_step (consultation_id, number, command, from_state, to_state, by, at, reason, concerns, detail)
select %(id)s::uuid, coalesce(max(s.number), 0) + 1, %(command)s::text, %(from_state)s::text, %(to_state)s::text,
    %(by)s::uuid, %(now)s::timestamptz, %(reason)s::text, %(concerns)s::text[], %(detail)s::jsonb
from consultation_step s where s.consultation_id = %(id)s::uuid;

-- name: steps
-- Every step of a consultation, with who took it.
select s.number, s.command, s.from_state, s.to_state, coalesce(p.name, '') as by_name, s.by, s.at, s.reason, s.concerns,
    s.detail
from consultation_step s left join practitioner p on p.id = s.by
where s.consultation_id = %(id)s::uuid order by s.number;

-- name: insert_offer
-- Somebody is asked.
insert into consultation_offer (consultation_id, number, expert_id, organization_id, line, offered_at, due_at)
select %(id)s::uuid, coalesce(max(o.number), 0) + 1, %(expert_id)s::uuid, %(organization_id)s::uuid, %(line)s::smallint,
    %(now)s::timestamptz, %(due_at)s::timestamptz
from consultation_offer o where o.consultation_id = %(id)s::uuid;

-- name: end_offer
-- What came of the one who is asked now.
update consultation_offer set outcome = %(outcome)s::text, ended_at = %(now)s::timestamptz, reason = %(reason)s::text
where consultation_id = %(id)s::uuid and outcome = '';

-- name: passed
-- Who was asked since the request was last sent or answered, and did not take it.
select o.expert_id as id from consultation_offer o
where o.consultation_id = %(id)s::uuid and o.outcome in ('refused', 'lapsed')
  and o.offered_at >= coalesce((select max(s.at) from consultation_step s
      where s.consultation_id = o.consultation_id and s.command in ('submit', 'inform')), '-infinity');

-- name: offers
-- Everybody who was asked, in order.
select o.number, o.expert_id, p.name as expert_name, o.organization_id, g.name as organization_name, o.line,
    o.offered_at, o.due_at, o.outcome, o.ended_at, o.reason
from consultation_offer o join practitioner p on p.id = o.expert_id join organization g on g.id = o.organization_id
where o.consultation_id = %(id)s::uuid order by o.number;

-- name: due
-- Consultations whose clock has run out, the longest over first.
select id from consultation where due_at <= %(now)s::timestamptz order by due_at, id limit 100;

-- name: nearly_due
-- Consultations whose clock runs out before a moment, the next one first.
select id from consultation where due_at <= %(until)s::timestamptz order by due_at, id limit 200;

-- name: next_due
-- When the next clock runs out.
select min(due_at) as due_at from consultation where due_at is not null;

-- name: to_remind
-- Appointments that are near and of which nobody has been reminded.
update consultation set reminded_at = %(now)s::timestamptz
where state = 'scheduled' and reminded_at is null and starts_at <= %(until)s::timestamptz
returning id, organization_id, expert_organization_id;

-- name: busy
-- Appointments of an expert or of an inviting physician that touch a time, other than of one consultation.
select c.id, c.number, c.starts_at, c.minutes from consultation c
where c.id <> %(id)s::uuid and c.starts_at is not null
  and (c.expert_id = any(%(people)s::uuid[]) or c.requester_id = any(%(people)s::uuid[]))
  and c.starts_at < %(ends_at)s::timestamptz and c.starts_at + make_interval(mins => c.minutes) > %(starts_at)s::timestamptz
order by c.starts_at limit 5;

-- name: lock_people
-- Whose appointments nobody else changes until this transaction ends.
select id from practitioner where id = any(%(people)s::uuid[]) order by id for no key update;

-- name: list
-- Consultations whose institution is inside a scope, or that concern a person; the newest first.
select c.id, c.number, c.organization_id, o.name as organization_name, o.phone as organization_phone, c.requester_id,
    r.name as requester_name, r.phone as requester_phone, c.patient_id, p.name as patient_name, p.sex, p.birth_date, c.kind, c.urgency,
    c.purpose, c.department, c.inviting_department, c.history, c.question, c.state, c.expert_id,
    coalesce(e.name, '') as expert_name, coalesce(e.title, '') as expert_title, coalesce(e.phone, '') as expert_phone,
    c.expert_organization_id, coalesce(h.name, '') as expert_organization_name,
    coalesce(h.phone, '') as expert_organization_phone, c.line, c.due_at, c.starts_at, c.minutes, c.verdict,
    c.verdict_reason, c.converted_into, c.consent_due_at, c.room_id, c.created_at, c.submitted_at, c.accepted_at,
    c.began_at, c.returned_at, c.decided_at, c.ended_at, c.revision, a.owed as addenda_owed,
    coalesce(m.role, '') as member
from consultation c
join organization o on o.id = c.organization_id
join practitioner r on r.id = c.requester_id
join patient p on p.id = c.patient_id
left join practitioner e on e.id = c.expert_id
left join organization h on h.id = c.expert_organization_id
cross join lateral (
    select count(*)::int as owed from consultation_opinion w
    where w.consultation_id = c.id and w.version > 1 and c.state in ('decided', 'archived')
      and not exists (select from consultation_addendum_answer g
          where g.consultation_id = w.consultation_id and g.version = w.version)) a
left join consultation_member m on m.consultation_id = c.id and m.practitioner_id = %(person)s::uuid
    and not exists (select from consultation_member_removal x where x.member_id = m.id)
where (%(id)s::uuid is null or c.id = %(id)s::uuid)
  and (%(everywhere)s::boolean or c.organization_id = any(%(organizations)s::uuid[])
       or c.requester_id = %(person)s::uuid
       or exists (select from consultation_offer f where f.consultation_id = c.id and f.expert_id = %(person)s::uuid)
       -- an audience has nothing of it once the opinion is signed
       or (m.role = any(%(joined)s::text[])
           and (m.role = 'participant' or c.state in ('accepted', 'scheduled', 'in-session', 'missed', 'failed'))))
  and (c.state <> 'draft' or c.requester_id = %(person)s::uuid)
  and (%(open)s::boolean is null
       or %(open)s::boolean = (a.owed > 0 or c.state not in ('archived', 'declined', 'withdrawn', 'converted')))
  and (%(patient_id)s::uuid is null or c.patient_id = %(patient_id)s::uuid)
  and (%(before)s::timestamptz is null or (c.created_at, c.id) < (%(before)s::timestamptz, %(before_id)s::uuid))
order by c.created_at desc, c.id desc
limit %(limit)s::int;

-- name: attach_study
-- A study that is looked at.
insert into consultation_study (consultation_id, study_id, attached_by, attached_at)
values (%(id)s::uuid, %(study_id)s::uuid, %(by)s::uuid, %(now)s::timestamptz) on conflict do nothing;

-- name: detach_studies
-- The studies of a draft, before they are said anew.
delete from consultation_study where consultation_id = %(id)s::uuid;

-- name: studies
-- The studies of a consultation, with whose they are.
select t.study_id as id, s.study_instance_uid, s.patient_id, s.organization_id, s.modalities, s.description,
    s.body_site, s.acquired_at, s.instance_count - s.documents as instance_count
from consultation_study t join imaging_study s on s.id = t.study_id
where t.consultation_id = %(id)s::uuid order by s.acquired_at desc nulls last, s.id;

-- name: study_of_patient
-- Whether a study is of somebody, under any of the records that mean the person.
select s.id from imaging_study s where s.id = any(%(study_ids)s::uuid[]) and s.patient_id = any(%(patient_ids)s::uuid[]);

-- name: attach_result
-- A result with the verdict that recognition gave on it then.
insert into consultation_result (consultation_id, result, verdict, decision_hash, attached_by, attached_at)
values (%(id)s::uuid, %(result)s::text, %(verdict)s::text, %(decision_hash)s::text, %(by)s::uuid, %(now)s::timestamptz)
on conflict do nothing;

-- name: detach_results
-- The results of a draft, before they are said anew.
delete from consultation_result where consultation_id = %(id)s::uuid;

-- name: results
-- The results of a consultation.
select result, verdict, decision_hash from consultation_result where consultation_id = %(id)s::uuid order by result;

-- name: insert_consent
-- Who agreed, or who approved.
insert into consultation_consent (id, consultation_id, kind, name, relation, manner, at, paper, reason, recorded_by,
    recorded_at)
values (%(id)s::uuid, %(consultation_id)s::uuid, %(kind)s::text, %(name)s::text, %(relation)s::text, %(manner)s::text,
    %(at)s::timestamptz, %(paper)s::text, %(reason)s::text, %(by)s::uuid, %(now)s::timestamptz);

-- name: consents
-- What is on record of consent, in order.
select c.id, c.kind, c.name, c.relation, c.manner, c.at, c.paper, c.reason, p.name as recorded_by_name, c.recorded_at
from consultation_consent c join practitioner p on p.id = c.recorded_by
where c.consultation_id = %(id)s::uuid order by c.recorded_at, c.id;

-- name: insert_phone_answer
-- What was said by telephone.
insert into consultation_phone_answer (id, consultation_id, speaker, phone, said, at, recorded_by, recorded_at)
values (%(id)s::uuid, %(consultation_id)s::uuid, %(speaker)s::text, %(phone)s::text, %(said)s::text,
    %(at)s::timestamptz, %(by)s::uuid, %(now)s::timestamptz);

-- name: phone_answers
-- What was said by telephone, in order.
select a.id, a.speaker, a.phone, a.said, a.at, p.name as recorded_by_name, a.recorded_at
from consultation_phone_answer a join practitioner p on p.id = a.recorded_by
where a.consultation_id = %(id)s::uuid order by a.at, a.id;

-- name: rate
-- How it went, once.
insert into consultation_rating (consultation_id, stars, note, by, at)
values (%(id)s::uuid, %(stars)s::smallint, %(note)s::text, %(by)s::uuid, %(now)s::timestamptz)
on conflict do nothing;

-- name: rating
-- How it went.
select stars, note from consultation_rating where consultation_id = %(id)s::uuid;

-- name: opened_to
-- Whose record a person may look into because of a consultation that is under way.
select c.patient_id, c.id from consultation c
where c.expert_id = %(person)s::uuid and c.state in ('offered', 'accepted', 'scheduled', 'in-session', 'missed', 'failed');

-- name: organization_code
-- The code an institution is known by.
select code from organization where id = %(id)s::uuid;

-- name: name_of
-- What somebody is called.
select name from practitioner where id = %(id)s::uuid;
