-- name: clients_of_issuer
-- The systems that may call under one issuer, one a tenant.
select id, issuer, tenant, name, organization_id, keys::text as keys, key_address, allowed_origins,
    specification
from cds_client where issuer = %(issuer)s::text and active;

-- name: origin_is_registered
-- Whether pages of an origin may call at all.
select exists (
    select from cds_client where active and allowed_origins @> array[%(origin)s::text]
) as found;

-- name: use_token
-- Take a token for good; no row where it was taken before.  Those that are over anyway are forgotten, a few at a time.
-- It need not wait for the disk: whatever the call is answered is committed after it, and a commit on disk carries all
-- before it; of a call that was never answered nothing need be known.
with forgotten as (
    delete from cds_jti where (client_id, jti) in (
        select client_id, jti from cds_jti where expires_at < %(now)s::timestamptz order by expires_at limit 100
        for update skip locked))
insert into cds_jti (client_id, jti, expires_at)
select %(client_id)s::uuid, %(jti)s::text, %(expires_at)s::timestamptz
from set_config('synchronous_commit', 'off', true)
on conflict do nothing;

-- name: register_client
-- Let a hospital system call; registering it again changes its keys and origins.  No row: no such organisation.
insert into cds_client (issuer, tenant, name, organization_id, keys, key_address, allowed_origins, specification)
select %(issuer)s::text, %(tenant)s::text, %(name)s::text, o.id, %(keys)s::jsonb, %(key_address)s::text,
       %(allowed_origins)s::text[], %(specification)s::text
from organization o where o.code = %(organization_code)s::text and o.active
on conflict (issuer, tenant) do update set name = excluded.name, organization_id = excluded.organization_id,
    keys = excluded.keys, key_address = excluded.key_address, allowed_origins = excluded.allowed_origins, specification = excluded.specification,
    active = true
returning id;

-- name: disable_client
-- Let a hospital system call no more; its decisions stay.
update cds_client set active = false
where issuer = %(issuer)s::text and tenant = %(tenant)s::text and active
returning id;

-- name: active_clients
-- Who may call, by organisation.
select o.code as organization_code, c.name, c.issuer, c.tenant
from cds_client c join organization o on o.id = c.organization_id
where c.active order by o.code, c.issuer, c.tenant;
