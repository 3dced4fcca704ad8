-- name: decided
-- Which questions a start before this one has asked.
select id from recognition_decision where id = any(%(ids)s::uuid[]);

-- name: unknown
-- Whether anything has happened that the registry does not know yet.
select exists (
    select from event_consumer c join event e on (e.xid, e.id) > (c.xid, c.id)
    where c.name = %(name)s::text and e.kind = any(%(kinds)s::text[])) as unknown;
