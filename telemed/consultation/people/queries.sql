-- Colleagues and audience.

-- name: candidates
-- Staff with an account whose role may come into rooms, by a part of the name or of the institution's.
select p.id, p.name, p.title, p.organization_id, o.name as organization_name, true as enters,
    coalesce(p.licence_number, '') as licence_number, coalesce(p.licence_category, '') as licence_category,
    coalesce(p.licence_scope, '') as licence_scope, p.licence_expires_on, e.since,
    coalesce(e.departments, '{}') as departments
from practitioner p join organization o on o.id = p.organization_id left join expert e on e.practitioner_id = p.id
where p.active and o.active
  and exists (select from account a where a.practitioner_id = p.id and a.active)
  and exists (select from practitioner_role r where r.practitioner_id = p.id and r.role = any(%(roles)s::text[]))
  and (position(%(search)s::text in p.name) > 0 or position(%(search)s::text in o.name) > 0)
order by (e.practitioner_id is null), o.name, p.name, p.id limit %(limit)s::int;

-- name: person
-- Somebody of the staff, and whether they may come into rooms.
select p.id, p.name, p.title, p.organization_id, o.name as organization_name,
    p.active and o.active
        and exists (select from account a where a.practitioner_id = p.id and a.active)
        and exists (select from practitioner_role r where r.practitioner_id = p.id and r.role = any(%(roles)s::text[]))
        as enters,
    coalesce(p.licence_number, '') as licence_number, coalesce(p.licence_category, '') as licence_category,
    coalesce(p.licence_scope, '') as licence_scope, p.licence_expires_on, e.since,
    coalesce(e.departments, '{}') as departments
from practitioner p join organization o on o.id = p.organization_id left join expert e on e.practitioner_id = p.id
where p.id = %(id)s::uuid;

-- name: standing
-- Who stands on a consultation besides the two physicians.
select m.practitioner_id as id from consultation_member m
where m.consultation_id = %(id)s::uuid
  and not exists (select from consultation_member_removal x where x.member_id = m.id);

-- name: insert
-- Somebody is added; no row where the id was used before.
insert into consultation_member (id, consultation_id, practitioner_id, organization_id, role, reason, consent, concerns,
    added_by, added_at)
values (%(id)s::uuid, %(consultation_id)s::uuid, %(practitioner_id)s::uuid, %(organization_id)s::uuid, %(role)s::text,
    %(reason)s::text, %(consent)s::text, %(concerns)s::text[], %(by)s::uuid, %(now)s::timestamptz)
on conflict (id) do nothing;

-- name: same
-- Whether an id is this very addition.
select m.id from consultation_member m
where m.id = %(id)s::uuid and m.consultation_id = %(consultation_id)s::uuid
  and m.practitioner_id = %(practitioner_id)s::uuid and m.role = %(role)s::text;

-- name: member
-- Whom an addition was about, and whether they were taken out.
select m.practitioner_id, m.role, exists (select from consultation_member_removal x where x.member_id = m.id) as removed
from consultation_member m where m.id = %(id)s::uuid and m.consultation_id = %(consultation_id)s::uuid;

-- name: remove
-- Somebody is taken out.
insert into consultation_member_removal (member_id, reason, removed_by, removed_at)
values (%(id)s::uuid, %(reason)s::text, %(by)s::uuid, %(now)s::timestamptz) on conflict do nothing;

-- name: members
-- Everybody who was ever added, with who did it and why, and who was taken out.
select m.id, m.practitioner_id, p.name, p.title, o.name as organization_name, m.role, m.reason, m.consent,
    m.concerns, a.name as added_by_name, m.added_at, coalesce(r.name, '') as removed_by_name, x.removed_at,
    coalesce(x.reason, '') as removal_reason
from consultation_member m
join practitioner p on p.id = m.practitioner_id
join organization o on o.id = m.organization_id
join practitioner a on a.id = m.added_by
left join consultation_member_removal x on x.member_id = m.id
left join practitioner r on r.id = x.removed_by
where m.consultation_id = %(id)s::uuid order by m.added_at, m.id;
