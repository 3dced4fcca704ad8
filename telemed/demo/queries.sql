-- name: organization
-- A place of the demo county; no row where a second run finds it there.
insert into organization (code, name, name_en, kind, parent_id, phone, level, region)
values (%(code)s::text, %(name)s::text, %(name_en)s::text, %(kind)s::text,
        (select id from organization where code = %(parent)s::text), %(phone)s::text, %(level)s::smallint,
        %(region)s::text)
on conflict (code) do nothing
returning id;

-- name: membership
-- A member of the community since a day.
insert into community_membership (organization_id, valid_from)
select id, %(since)s::date from organization where code = %(code)s::text
on conflict do nothing;

-- name: practitioner
-- A person of the demo county; the id tells whether it was there.
insert into practitioner (organization_id, name, staff_number, title, phone, licence_number, licence_category,
                          licence_scope, licence_expires_on)
select id, %(name)s::text, %(staff_number)s::text, %(title)s::text, %(phone)s::text, %(licence_number)s::text,
       %(licence_category)s::text, %(licence_scope)s::text, %(licence_expires_on)s::date
from organization where code = %(organization)s::text
on conflict (organization_id, staff_number) where staff_number <> '' do nothing
returning id, organization_id;

-- name: role
-- What a person is here for.
insert into practitioner_role (practitioner_id, organization_id, role)
values (%(practitioner_id)s::uuid, %(organization_id)s::uuid, %(role)s::text)
on conflict do nothing;

-- name: second_factor
-- The sealed secret of the demo account's one-time codes.
update account set totp_secret = %(sealed)s::bytea where id = %(account_id)s::uuid;

-- name: device
-- A device of the demo county.
insert into device (organization_id, ae_title, modality, name, default_intent)
select id, %(ae_title)s::text, %(modality)s::text, %(name)s::text, %(intent)s::text
from organization where code = %(organization)s::text
on conflict (ae_title) do nothing;
