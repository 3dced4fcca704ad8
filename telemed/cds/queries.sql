-- name: clients_of_issuer
-- The systems that may call under one issuer, one a tenant.
select id, issuer, tenant, name, organization_id, keys::text as keys, key_address, allowed_origins
from cds_client where issuer = %(issuer)s::text and active;

-- name: origin_is_registered
-- Whether pages of an origin may call at all.
select exists (
    select from cds_client where active and allowed_origins @> array[%(origin)s::text]
) as found;

-- name: use_token
-- Take a token; no row when it was taken before.
insert into cds_jti (client_id, jti, expires_at) values (%(client_id)s::uuid, %(jti)s::text, %(expires_at)s::timestamptz)
on conflict do nothing;

-- name: forget_tokens
-- Forget tokens that are over anyway, a few at a time.
delete from cds_jti where (client_id, jti) in (
    select client_id, jti from cds_jti where expires_at < %(now)s::timestamptz order by expires_at limit 100
    for update skip locked);

-- name: register_client
-- Let a hospital system call; registering it again changes its keys and origins.
insert into cds_client (issuer, tenant, name, organization_id, keys, key_address, allowed_origins)
values (%(issuer)s::text, %(tenant)s::text, %(name)s::text, %(organization_id)s::uuid, %(keys)s::jsonb,
        %(key_address)s::text, %(allowed_origins)s::text[])
on conflict (issuer, tenant) do update set name = excluded.name, organization_id = excluded.organization_id,
    keys = excluded.keys, key_address = excluded.key_address, allowed_origins = excluded.allowed_origins, active = true
returning id;

-- name: disable_client
-- Let a hospital system call no more; its decisions stay.
update cds_client set active = false where issuer = %(issuer)s::text and tenant = %(tenant)s::text;
