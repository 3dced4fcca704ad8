-- Experts, agreements, duty.

-- name: expert
-- Somebody who gives opinions, with what the directory says of the person.
select e.practitioner_id as id, p.name, p.title, p.phone, p.organization_id, o.name as organization_name,
    o.phone as organization_phone, e.departments, e.since, e.accepts, e.revision,
    coalesce(p.licence_number, '') as licence_number, coalesce(p.licence_category, '') as licence_category,
    coalesce(p.licence_scope, '') as licence_scope, p.licence_expires_on, p.active
from expert e join practitioner p on p.id = e.practitioner_id join organization o on o.id = p.organization_id
where e.practitioner_id = %(id)s::uuid;

-- name: experts
-- Who gives opinions, for a department or any, by institution and name.
select e.practitioner_id as id, p.name, p.title, p.phone, p.organization_id, o.name as organization_name,
    o.phone as organization_phone, e.departments, e.since, e.accepts, e.revision,
    coalesce(p.licence_number, '') as licence_number, coalesce(p.licence_category, '') as licence_category,
    coalesce(p.licence_scope, '') as licence_scope, p.licence_expires_on, p.active
from expert e join practitioner p on p.id = e.practitioner_id join organization o on o.id = p.organization_id
where p.active and o.active and (%(department)s::text = '' or %(department)s::text = any(e.departments))
order by o.name, p.name, p.id limit 500;

-- name: set_expert
-- For what somebody is asked; no row where somebody else changed it meanwhile.
insert into expert as e (practitioner_id, departments, since, accepts, changed_by, changed_at)
values (%(id)s::uuid, %(departments)s::text[], %(since)s::date, %(accepts)s::boolean, %(by)s::uuid, %(now)s::timestamptz)
on conflict (practitioner_id) do update set departments = excluded.departments, since = excluded.since,
    accepts = excluded.accepts, changed_by = excluded.changed_by, changed_at = excluded.changed_at,
    revision = e.revision + 1
where e.revision = %(revision)s::bigint
returning revision;

-- name: agreements
-- Agreements, all or between two institutions.
select a.id, a.inviting_id, i.name as inviting_name, a.invited_id, v.name as invited_name, a.number, a.valid_from,
    a.valid_until
from consultation_agreement a join organization i on i.id = a.inviting_id join organization v on v.id = a.invited_id
where (%(inviting_id)s::uuid is null or a.inviting_id = %(inviting_id)s::uuid)
  and (%(invited_id)s::uuid is null or a.invited_id = %(invited_id)s::uuid)
order by i.name, v.name, a.valid_from desc, a.id limit 1000;

-- name: insert_agreement
-- An agreement as it was signed, between two institutions there are; the same id again is the same agreement.
insert into consultation_agreement as a (id, inviting_id, invited_id, number, valid_from, valid_until, entered_by,
    entered_at)
select %(id)s::uuid, i.id, v.id, %(number)s::text, %(valid_from)s::date, %(valid_until)s::date, %(by)s::uuid,
    %(now)s::timestamptz
from organization i, organization v where i.id = %(inviting_id)s::uuid and v.id = %(invited_id)s::uuid
on conflict (id) do update set number = a.number
where a.inviting_id = excluded.inviting_id and a.invited_id = excluded.invited_id and a.number = excluded.number
returning id;

-- name: shifts
-- Turns of duty that touch a time, of one department or all.
select s.id, s.organization_id, o.name as organization_name, o.phone as organization_phone, s.department, s.line,
    s.practitioner_id, p.name as practitioner_name, p.title as practitioner_title, s.begins, s.ends,
    case when s.phone = '' then p.phone else s.phone end as phone, s.backup_phone, s.signed_in_at
from duty_shift s join organization o on o.id = s.organization_id join practitioner p on p.id = s.practitioner_id
where s.cancelled_at is null and (%(department)s::text = '' or s.department = %(department)s::text)
  and s.begins < %(ends)s::timestamptz and s.ends > %(begins)s::timestamptz
order by s.begins, s.department, s.line, s.id limit 2000;

-- name: lock_line
-- Nobody else writes to a line of duty until this transaction ends.
select pg_advisory_xact_lock(7310010, hashtext(%(organization_id)s::text || %(department)s::text || %(line)s::text));

-- name: insert_shift
-- A turn of duty, where the line is free and the person not elsewhere; no row otherwise.
insert into duty_shift (id, organization_id, department, line, practitioner_id, begins, ends, phone, backup_phone,
    entered_by, entered_at)
select %(id)s::uuid, %(organization_id)s::uuid, %(department)s::text, %(line)s::smallint, %(practitioner_id)s::uuid,
    %(begins)s::timestamptz, %(ends)s::timestamptz, %(phone)s::text, %(backup_phone)s::text, %(by)s::uuid,
    %(now)s::timestamptz
where not exists (
    select from duty_shift s
    where s.cancelled_at is null and s.organization_id = %(organization_id)s::uuid
      and s.department = %(department)s::text and s.line = %(line)s::smallint
      and s.begins < %(ends)s::timestamptz and s.ends > %(begins)s::timestamptz)
on conflict (id) do nothing
returning id;

-- name: cancel_shift
-- A turn of duty that was entered in error, or is somebody else's.
update duty_shift set cancelled_by = %(by)s::uuid, cancelled_at = %(now)s::timestamptz
where id = %(id)s::uuid and cancelled_at is null and ends > %(now)s::timestamptz
  and (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))
returning id;

-- name: sign_in
-- 到岗签到, by the one whose turn it is.
update duty_shift set signed_in_at = coalesce(signed_in_at, %(now)s::timestamptz)
where id = %(id)s::uuid and practitioner_id = %(by)s::uuid and cancelled_at is null
  and begins - interval '1 hour' <= %(now)s::timestamptz and ends > %(now)s::timestamptz
returning id;

-- name: place_of
-- Where somebody works.
select organization_id as id from practitioner where id = %(id)s::uuid and active;
