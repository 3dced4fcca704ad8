-- name: cases
-- What was kept apart in scope, the newest first, by keyset.
select q.id, q.reason, q.place, q.written, q.report_number, q.line, q.organization_id, o.name as organization_name,
    s.application, s.facility, m.control_id, m.received_at, q.opened_at, q.state, q.note, q.decided_at,
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

-- name: lock_case
-- One case with its message, held until the decision is written.
select q.id, q.message_id, q.organization_id, q.line, q.reason, q.state, m.bytes, m.format, m.received_at, m.control_id,
    m.sender_id, o.code as organization_code
from result_quarantine q
join result_message m on m.id = q.message_id
join organization o on o.id = q.organization_id
where q.id = %(id)s::uuid
for update of q;

-- name: decide
-- A person decided; the other grounds about the same place are closed with it where it was released.
update result_quarantine
set state = %(state)s::text, note = %(note)s::text, decided_by = %(by)s::uuid, decided_at = %(now)s::timestamptz
where state = 'open' and (id = %(id)s::uuid
    or (%(state)s::text = 'released' and message_id = %(message_id)s::uuid and line = %(line)s::int
        and reason = any(%(reasons)s::text[])));
