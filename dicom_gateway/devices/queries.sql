-- name: devices
-- Every device of the directory; a disabled one is listed, so that it is refused as such and not as a stranger.
select id, organization_id, ae_title, state = 'enrolled' as enabled from device;

-- name: seen
-- Note a stranger; the list is bounded, for anybody who reaches the port can lengthen it.
insert into device_seen (ae_title, called_ae, peer_address, attempts)
select %(ae_title)s, %(called_ae)s, %(peer_address)s::inet, %(attempts)s
where (select count(*) from device_seen) < %(most)s
    or exists (select from device_seen where ae_title = %(ae_title)s and called_ae = %(called_ae)s
        and peer_address = %(peer_address)s::inet)
on conflict (ae_title, called_ae, peer_address) do update
set last_seen_at = now(), attempts = device_seen.attempts + excluded.attempts
returning xmax = 0 as is_new;

-- name: met
-- Note when known devices called last.
update device set last_seen_at = now() where id = any(%(ids)s);
