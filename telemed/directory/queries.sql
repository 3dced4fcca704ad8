-- name: organizations
-- Organisations of a scope with their membership today.
select o.id, o.code, o.name, o.name_en, o.kind, o.parent_id, o.phone, o.level, o.region, o.groups, o.active, o.revision,
    m.organization_id is not null as member, m.valid_from as member_since
from organization o
left join community_membership m on m.organization_id = o.id
    and m.valid_from <= %(today)s and (m.valid_until is null or m.valid_until > %(today)s)
where %(organizations)s::uuid[] is null or o.id = any(%(organizations)s::uuid[])
order by array_position(array['lead-hospital', 'county-hospital', 'maternity', 'township-hospital',
    'community-health-center', 'village-clinic', 'laboratory', 'bureau', 'outside-hospital'], o.kind), o.code

-- name: organization
-- One of them.
select o.id, o.code, o.name, o.name_en, o.kind, o.parent_id, o.phone, o.level, o.region, o.groups, o.active, o.revision,
    m.organization_id is not null as member, m.valid_from as member_since
from organization o
left join community_membership m on m.organization_id = o.id
    and m.valid_from <= %(today)s and (m.valid_until is null or m.valid_until > %(today)s)
where o.id = %(id)s

-- name: add_organization
-- A new organisation.
insert into organization (id, code, name, name_en, kind, parent_id, phone, level, region, groups)
values (%(id)s, %(code)s, %(name)s, %(name_en)s, %(kind)s, %(parent_id)s, %(phone)s, %(level)s, %(region)s,
    %(groups)s::text[])

-- name: change_organization
-- Change it if nobody else did meanwhile.
update organization set name = %(name)s, name_en = %(name_en)s, parent_id = %(parent_id)s, phone = %(phone)s,
    level = %(level)s, region = %(region)s, groups = %(groups)s::text[], active = %(active)s, revision = revision + 1
where id = %(id)s and revision = %(revision)s

-- name: join_community
-- A member from today on.
insert into community_membership (organization_id, valid_from) values (%(id)s, %(today)s)
on conflict (organization_id, valid_from) do update set valid_until = null

-- name: leave_community
-- No member from today on; a membership that began today never was.
update community_membership set valid_until = %(today)s
where organization_id = %(id)s and valid_until is null and valid_from < %(today)s

-- name: never_joined
-- A membership that began today is taken back.
delete from community_membership where organization_id = %(id)s and valid_until is null and valid_from >= %(today)s

-- name: practitioners
-- People of a scope with their roles.
select p.id, p.organization_id, o.name as organization_name, p.name, p.staff_number, p.title, p.phone,
    p.licence_number, p.licence_category, p.licence_scope, p.licence_expires_on, p.active, p.revision,
    coalesce((select jsonb_agg(jsonb_build_object('role', r.role, 'organization_id', r.organization_id)
        order by r.organization_id, r.role) from practitioner_role r where r.practitioner_id = p.id), '[]') as roles,
    a.id as account_id
from practitioner p join organization o on o.id = p.organization_id
left join account a on a.practitioner_id = p.id
where (%(organizations)s::uuid[] is null or p.organization_id = any(%(organizations)s::uuid[]))
    and (%(organization_id)s::uuid is null or p.organization_id = %(organization_id)s::uuid)
    and (position(%(search)s::text in p.name) > 0 or starts_with(p.staff_number, %(search)s::text))
    and (%(after)s::uuid is null
        or (p.name, p.id) > (select x.name, x.id from practitioner x where x.id = %(after)s::uuid))
order by p.name, p.id limit %(limit)s

-- name: practitioner
-- One person.
select p.id, p.organization_id, o.name as organization_name, p.name, p.staff_number, p.title, p.phone,
    p.licence_number, p.licence_category, p.licence_scope, p.licence_expires_on, p.active, p.revision,
    coalesce((select jsonb_agg(jsonb_build_object('role', r.role, 'organization_id', r.organization_id)
        order by r.organization_id, r.role) from practitioner_role r where r.practitioner_id = p.id), '[]') as roles,
    a.id as account_id
from practitioner p join organization o on o.id = p.organization_id
left join account a on a.practitioner_id = p.id
where p.id = %(id)s

-- name: add_practitioner
-- A new person.
insert into practitioner (id, organization_id, name, staff_number, title, phone, licence_number, licence_category,
    licence_scope, licence_expires_on)
values (%(id)s, %(organization_id)s, %(name)s, %(staff_number)s, %(title)s, %(phone)s, %(licence_number)s,
    %(licence_category)s, %(licence_scope)s, %(licence_expires_on)s)

-- name: change_practitioner
-- Change a person if nobody else did meanwhile.
update practitioner set organization_id = %(organization_id)s, name = %(name)s, staff_number = %(staff_number)s,
    title = %(title)s, phone = %(phone)s, licence_number = %(licence_number)s,
    licence_category = %(licence_category)s, licence_scope = %(licence_scope)s,
    licence_expires_on = %(licence_expires_on)s, active = %(active)s, revision = revision + 1
where id = %(id)s and revision = %(revision)s

-- name: devices
-- Enrolled and disabled devices of a scope.
select d.id, d.organization_id, o.name as organization_name, d.ae_title, d.modality, d.name, d.default_intent,
    d.clock_skew_seconds, d.state, d.enrolled_at, d.last_seen_at, d.revision
from device d join organization o on o.id = d.organization_id
where %(organizations)s::uuid[] is null or d.organization_id = any(%(organizations)s::uuid[])
order by o.code, d.ae_title

-- name: device
-- One device.
select d.id, d.organization_id, o.name as organization_name, d.ae_title, d.modality, d.name, d.default_intent,
    d.clock_skew_seconds, d.state, d.enrolled_at, d.last_seen_at, d.revision
from device d join organization o on o.id = d.organization_id where d.id = %(id)s

-- name: snapshot
-- What the gateway admits by: every AE title with its organisation.
select d.id, d.ae_title, d.organization_id, d.modality, d.default_intent, d.state
from device d join organization o on o.id = d.organization_id and o.active
order by d.ae_title

-- name: enrol
-- A device may send from now on.
insert into device (id, organization_id, ae_title, modality, name, default_intent, enrolled_at)
values (%(id)s, %(organization_id)s, %(ae_title)s, %(modality)s, %(name)s, %(default_intent)s, %(now)s)

-- name: change_device
-- Change a device if nobody else did meanwhile.
update device set organization_id = %(organization_id)s, modality = %(modality)s, name = %(name)s,
    default_intent = %(default_intent)s, state = %(state)s, revision = revision + 1
where id = %(id)s and revision = %(revision)s

-- name: forget_seen
-- An enrolled AE title is no stranger any more.
delete from device_seen where ae_title = %(ae_title)s

-- name: seen
-- Strangers that knocked, the last first.
select ae_title, called_ae, host(peer_address) as peer_address, first_seen_at, last_seen_at, attempts
from device_seen order by last_seen_at desc limit %(limit)s

-- name: note_seen
-- A stranger knocked (again).
insert into device_seen as s (ae_title, called_ae, peer_address, first_seen_at, last_seen_at)
values (%(ae_title)s, %(called_ae)s, %(peer_address)s, %(now)s, %(now)s)
on conflict (ae_title, called_ae, peer_address) do update set
    last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at), attempts = s.attempts + %(attempts)s
returning attempts, (xmax = 0) as is_new

-- name: bound_seen
-- A scanner may invent titles without end: the longest silent strangers are forgotten.
delete from device_seen where (ae_title, called_ae, peer_address) in (
    select ae_title, called_ae, peer_address from device_seen order by last_seen_at desc offset %(keep)s)

-- name: touch_device
-- A device was heard.
update device set last_seen_at = greatest(coalesce(last_seen_at, %(now)s), %(now)s) where ae_title = %(ae_title)s
