-- name: append
-- One row for one change, in the transaction of the change.
insert into event (kind, subject, topics, ids)
values (%(kind)s::text, %(subject)s::uuid, %(topics)s::text[], %(ids)s::jsonb);

-- name: read_after
-- Events behind a cursor that nothing uncommitted can precede any more, oldest first.
select xid::text::bigint as xid, id, kind, subject, topics, ids, at
from event
where (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint)
  and xid < pg_snapshot_xmin(pg_current_snapshot())
order by event.xid, event.id
limit %(limit)s::int;

-- name: read_settling
-- Events behind a cursor, oldest first, each with whether nothing uncommitted can precede it any more.
select xid::text::bigint as xid, id, kind, subject, topics, ids, at,
       xid < pg_snapshot_xmin(pg_current_snapshot()) as settled
from event
where (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint)
order by event.xid, event.id
limit %(limit)s::int;

-- name: read_topics_after
-- The same, of some topics only, not beyond a position already read.
select xid::text::bigint as xid, id, kind, subject, topics, ids, at
from event
where (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint)
  and (xid, id) <= (%(upto_xid)s::text::xid8, %(upto_id)s::bigint)
  and topics && %(topics)s::text[]
order by event.xid, event.id
limit %(limit)s::int;

-- name: head
-- The last position that readers may stand on.
select xid::text::bigint as xid, id
from event
where xid < pg_snapshot_xmin(pg_current_snapshot())
order by event.xid desc, id desc
limit 1;

-- name: oldest
-- The first event still kept; a cursor before it cannot be resumed.
select xid::text::bigint as xid, id from event order by event.xid, id limit 1;

-- name: epoch
-- The life of this log; it changes on restore.
select epoch from event_epoch;

-- name: new_epoch
-- A restored database starts a new life: every client starts over.
update event_epoch set epoch = gen_random_uuid(), since = now();

-- name: restart_consumers
-- A restored database counts its transactions from the beginning: each cursor stands before the first event that its
-- consumer has not had, and what it had behind that one it gets once more.  Before restart_events, in its transaction.
update event_consumer c
set xid = '1', moved_at = now(),
    id = coalesce(
        (select min(e.id) - 1 from event e where (e.xid, e.id) > (c.xid, c.id)),
        (select max(e.id) from event e),
        0);

-- name: restart_events
-- What the log holds was before any transaction of this life: else what is new would stand before it, unseen.
update event set xid = '1' where xid <> '1';

-- name: register_consumer
-- A consumer's cursor starts at the beginning of the log.
insert into event_consumer (name) values (%(name)s::text) on conflict (name) do nothing;

-- name: consumer
-- Where a consumer stands.
select xid::text::bigint as xid, id from event_consumer where name = %(name)s::text;

-- name: lock_consumer
-- One process at a time moves a consumer; another one skips it.
select xid::text::bigint as xid, id from event_consumer where name = %(name)s::text for update skip locked;

-- name: move_consumer
-- The cursor moves in the transaction of what the consumer did.
update event_consumer set xid = %(xid)s::text::xid8, id = %(id)s::bigint, moved_at = now() where name = %(name)s::text;
