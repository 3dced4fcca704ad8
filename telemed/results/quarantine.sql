-- name: cases
-- What was kept apart in scope, the newest first, by keyset.
select q.id, q.reason, q.place, q.written, q.report_number, q.line, q.organization_id, o.name as organization_name,
    s.application, s.facility, m.control_id, m.format, m.received_at, q.opened_at, q.state, q.note, q.decided_at,
    coalesce(p.name, '') as decided_by_name
from result_quarantine q
join result_message m on m.id = q.message_id
join organization o on o.id = q.organization_id
left join laboratory_sender s on s.id = m.sender_id
left join practitioner p on p.id = q.decided_by
where q.state = %(state)s::text
  and (%(organizations)s::uuid[] is null or q.organization_id = any(%(organizations)s::uuid[]))
  and (%(before_at)s::timestamptz is null
       or (q.opened_at, q.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by q.opened_at desc, q.id desc
limit %(limit)s::int;

-- name: kept_case
-- One case with its message.
select q.id, q.message_id, q.organization_id, q.line, q.reason, q.state, m.bytes, m.format, m.received_at, m.control_id,
    m.sender_id, o.code as organization_code
from result_quarantine q
join result_message m on m.id = q.message_id
join organization o on o.id = q.organization_id
where q.id = %(id)s::uuid;

-- name: lock_case
-- One case with its message, held until the decision is written.
select q.id, q.message_id, q.organization_id, q.line, q.reason, q.state, m.bytes, m.format, m.received_at, m.control_id,
    m.sender_id, o.code as organization_code
from result_quarantine q
join result_message m on m.id = q.message_id
join organization o on o.id = q.organization_id
where q.id = %(id)s::uuid
for update of q;

-- name: count_open
-- How many cases in scope wait for somebody.
select count(*)::int as count from result_quarantine q
where q.state = 'open'
  and (%(organizations)s::uuid[] is null or q.organization_id = any(%(organizations)s::uuid[]));

-- name: case
-- One case as it is listed.
select q.id, q.reason, q.place, q.written, q.report_number, q.line, q.organization_id, o.name as organization_name,
    s.application, s.facility, m.control_id, m.format, m.received_at, q.opened_at, q.state, q.note, q.decided_at,
    coalesce(p.name, '') as decided_by_name
from result_quarantine q
join result_message m on m.id = q.message_id
join organization o on o.id = q.organization_id
left join laboratory_sender s on s.id = m.sender_id
left join practitioner p on p.id = q.decided_by
where q.id = %(id)s::uuid;

-- name: acts
-- What was done about a case, the first first.
select a.act, a.note, p.name as acted_by_name, a.acted_at
from result_quarantine_act a join practitioner p on p.id = a.acted_by
where a.case_id = %(id)s::uuid order by a.id;

-- name: decide
-- A person decided; the other grounds about the same place are closed with it where it was released.
with decided as (
    update result_quarantine
    set state = %(state)s::text, note = %(note)s::text, decided_by = %(by)s::uuid, decided_at = %(now)s::timestamptz
    where state = 'open' and (id = %(id)s::uuid
        or (%(state)s::text = 'released' and message_id = %(message_id)s::uuid and line = %(line)s::int
            and reason = any(%(reasons)s::text[])))
    returning id)
insert into result_quarantine_act (case_id, act, note, acted_by, acted_at)
select id, %(act)s::text, %(note)s::text, %(by)s::uuid, %(now)s::timestamptz from decided;

-- name: reopen
-- A decision to discard is taken back.
with reopened as (
    update result_quarantine set state = 'open', note = '', decided_by = null, decided_at = null
    where id = %(id)s::uuid and state = 'discarded'
    returning id)
insert into result_quarantine_act (case_id, act, note, acted_by, acted_at)
select id, 'reopened', %(note)s::text, %(by)s::uuid, %(now)s::timestamptz from reopened;

-- name: patient_of_case
-- Under whom the results or the visit of a case are kept: of the report it names, or of all reports of its message where
-- it names none; no row where that is not one patient for sure.
select min(kept.patient_id::text)::uuid as id
from (
    select v.patient_id from result_quarantine q
    join laboratory_report_version v on v.message_id = q.message_id
    join laboratory_report r on r.id = v.report_id
    where q.id = %(id)s::uuid and q.report_number in (r.number, '')
    union
    select v.patient_id from result_quarantine q join encounter_version v on v.message_id = q.message_id
    where q.id = %(id)s::uuid
) kept
having count(*) = 1;

-- name: refused
-- Messages that were answered with AR, the newest first, by keyset; of nobody's only where unplaced.
select m.id, m.organization_id, coalesce(o.name, '') as organization_name, coalesce(s.application, '') as application,
    coalesce(s.facility, '') as facility, m.control_id, coalesce(host(m.peer_address), '') as peer_address,
    length(m.bytes) as size, m.received_at, m.faults -> 0 ->> 'reason' as reason, m.faults -> 0 ->> 'place' as place,
    1 + (select count(*)::int from result_message_again a where a.message_id = m.id) as times
from result_message m
left join organization o on o.id = m.organization_id
left join laboratory_sender s on s.id = m.sender_id
where m.disposition = 'refused'
  and (%(id)s::uuid is null or m.id = %(id)s::uuid)
  and (case when m.organization_id is null then %(unplaced)s::boolean
       else %(organizations)s::uuid[] is null or m.organization_id = any(%(organizations)s::uuid[]) end)
  and (%(before_at)s::timestamptz is null
       or (m.received_at, m.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by m.received_at desc, m.id desc
limit %(limit)s::int;

-- name: message
-- A message as it came.
select bytes, format from result_message where id = %(id)s::uuid;
