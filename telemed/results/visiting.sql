-- Visits that ADT messages tell of, and their versions.

-- name: make_encounter
-- The visit of a number, if it is new.
insert into encounter (organization_id, number_system, number)
values (%(organization_id)s::uuid, %(number_system)s::text, %(number)s::text)
on conflict do nothing;

-- name: lock_encounter
-- The visit of a number, held until the message is stored.
select id from encounter
where organization_id = %(organization_id)s::uuid and number_system = %(number_system)s::text
  and number = %(number)s::text
for update;

-- name: latest_version
-- The version of a visit that counts now, with its patient.
select v.id, v.patient_id, v.linked, p.name, p.sex, p.birth_date
from encounter_version v join patient p on p.id = v.patient_id
where v.encounter_id = %(encounter_id)s::uuid
order by v.told_at desc, v.act_rank desc, v.known_from desc, v.id desc
limit 1;

-- name: insert_version
-- What one message says of a visit.
insert into encounter_version (
    id, encounter_id, message_id, patient_id, linked, act, act_rank, class, class_written, began_at, began_day,
    began_written, began_zone_stated, ended_at, ended_written, told_at, known_from)
values (
    %(id)s::uuid, %(encounter_id)s::uuid, %(message_id)s::uuid, %(patient_id)s::uuid, %(linked)s::boolean,
    %(act)s::text, %(act_rank)s::smallint, %(class)s::text, %(class_written)s::text, %(began_at)s::timestamptz,
    %(began_day)s::date, %(began_written)s::text, %(began_zone_stated)s::boolean, %(ended_at)s::timestamptz,
    %(ended_written)s::text, %(told_at)s::timestamptz, %(known_from)s::timestamptz);
