-- Events that make an earlier result doubtful; append-only, a withdrawal is a row of its own.

-- name: insert_event
-- Keep an event; no row where one of this id is there.
insert into intervening_event (id, patient_id, kind, at, note, organization_id, recorded_by, client_id, recorded_at)
values (%(id)s::uuid, %(patient_id)s::uuid, %(kind)s::text, %(at)s::timestamptz, %(note)s::text,
        %(organization_id)s::uuid, %(recorded_by)s::uuid, %(client_id)s::uuid, %(recorded_at)s::timestamptz)
on conflict (id) do nothing;

-- name: insert_withdrawal
-- Take an event back, once.
insert into intervening_event_withdrawal (event_id, reason, withdrawn_by, client_id, withdrawn_at)
values (%(event_id)s::uuid, %(reason)s::text, %(withdrawn_by)s::uuid, %(client_id)s::uuid, %(withdrawn_at)s::timestamptz)
on conflict (event_id) do nothing;

-- name: event
-- One event as it stands.
select e.id, e.patient_id, e.kind, e.at, e.note, e.organization_id, e.recorded_by, e.client_id, e.recorded_at,
       w.withdrawn_at
from intervening_event e left join intervening_event_withdrawal w on w.event_id = e.id
where e.id = %(id)s::uuid;

-- name: events_of
-- The events of a patient and of records linked to it, the newest first.
select e.id, e.patient_id, e.kind, e.at, e.note, e.organization_id, e.recorded_by, e.client_id, e.recorded_at,
       w.withdrawn_at, o.name as organization_name
from intervening_event e
join organization o on o.id = e.organization_id
left join intervening_event_withdrawal w on w.event_id = e.id
where e.patient_id = any(%(patients)s::uuid[])
order by e.at desc, e.id limit %(limit)s::int;
