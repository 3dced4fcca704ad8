-- name: open
-- A new room, before its first event.
insert into room (id, kind, seq, head, state, opened_at)
values (%(id)s::uuid, %(kind)s::text, 0, %(head)s::bytea, %(state)s::text, %(at)s::timestamptz)
on conflict (id) do nothing;

-- name: room
-- A room as it stands.
select id, kind, epoch, seq, head, state, opened_at, closed_at from room where id = %(id)s::uuid;

-- name: lock_room
-- The same, held until the end of the transaction: whoever appends does it one after another.
select id, kind, epoch, seq, head, state, opened_at, closed_at from room where id = %(id)s::uuid for update;

-- name: append
-- One line of the log.
insert into room_event (room_id, seq, epoch, at, by_person, kind, device, cid, data, hash)
values (%(room)s::uuid, %(seq)s::bigint, %(epoch)s::uuid, %(at)s::timestamptz, %(by)s::text, %(kind)s::text,
        %(device)s::text, %(cid)s::text, %(data)s::text, %(hash)s::bytea);

-- name: advance
-- The room after what was appended.
update room
set seq = %(seq)s::bigint, head = %(head)s::bytea, state = %(state)s::text,
    closed_at = coalesce(closed_at, %(closed_at)s::timestamptz)
where id = %(id)s::uuid;

-- name: by_command
-- Which device speaks for the sender, and what became of a command that came before.  Asked once the room is held: what
-- another transaction has appended meanwhile is seen then.
select d.generation, e.seq, e.by_person, e.kind
from (select %(room)s::uuid as room_id) asked
left join room_device d on d.room_id = asked.room_id and d.person = %(person)s::text
left join room_event e
    on e.room_id = asked.room_id and e.device = %(device)s::text and e.cid = %(cid)s::text;

-- name: events
-- Lines of the log behind one, in order.
select seq, epoch, at, by_person, kind, device, cid, data, hash
from room_event
where room_id = %(room)s::uuid and seq > %(after)s::bigint
order by seq
limit %(limit)s::int;

-- name: recording_events
-- What the log says of recordings, in order; room_event_of_recordings has these and no others.
select seq, epoch, at, by_person, kind, device, cid, data, hash
from room_event
where room_id = %(room)s::uuid and kind in ('rec.start', 'rec.segment', 'rec.stop')
order by seq;

-- name: member
-- As what somebody is on a room's roster.
select person, role from room_member where room_id = %(room)s::uuid and person = %(person)s::text;

-- name: rank
-- Put somebody on the roster, or change what they are there.
insert into room_member (room_id, person, role, by_person, since)
values (%(room)s::uuid, %(person)s::text, %(role)s::text, %(by)s::text, %(at)s::timestamptz)
on conflict (room_id, person) do update
set role = excluded.role, by_person = excluded.by_person, since = excluded.since
where room_member.role <> excluded.role;

-- name: rooms_of
-- The open rooms that somebody is on the roster of, newest first.
select r.id from room r join room_member m on m.room_id = r.id
where m.person = %(person)s::text and r.closed_at is null
order by r.opened_at desc;

-- name: positions
-- How far the logs of some rooms go.
select id, seq from room where id = any(%(ids)s::uuid[]);

-- name: device
-- The device that speaks for somebody.
select device, generation, session, process, seen_at, lost_at, due_at, due
from room_device where room_id = %(room)s::uuid and person = %(person)s::text;

-- name: take_seat
-- From here on this device speaks for somebody.
insert into room_device (room_id, person, device, generation, session, process, seen_at, due_at, due)
values (%(room)s::uuid, %(person)s::text, %(device)s::text, %(generation)s::bigint, %(session)s::uuid,
        %(process)s::uuid, %(at)s::timestamptz, %(due_at)s::timestamptz, %(due)s::text)
on conflict (room_id, person) do update
set device = excluded.device, generation = excluded.generation, session = excluded.session,
    process = excluded.process, seen_at = excluded.seen_at, lost_at = null,
    due_at = excluded.due_at, due = excluded.due;

-- name: await
-- What is due next for somebody whose link is gone.
update room_device
set lost_at = %(lost_at)s::timestamptz, due_at = %(due_at)s::timestamptz, due = %(due)s::text
where room_id = %(room)s::uuid and person = %(person)s::text and generation = %(generation)s::bigint;

-- name: leave_seat
-- Nothing is due any more.
update room_device set due_at = null, due = null
where room_id = %(room)s::uuid and person = %(person)s::text;

-- name: leave_seats
-- Nothing is due in this room any more.  Rows are locked in the order in which renew locks them.
with ended as materialized (
    select room_id, person from room_device
    where room_id = %(room)s::uuid and due is not null
    order by room_id, person
    for update)
update room_device d set due_at = null, due = null
from ended where d.room_id = ended.room_id and d.person = ended.person;

-- name: renew
-- The leases of this process go on; those that another device has taken over do not.
with held as materialized (
    select one.room_id, one.person from room_device one
    join unnest(%(rooms)s::uuid[], %(people)s::text[], %(generations)s::bigint[]) as asked (room_id, person, generation)
      using (room_id, person, generation)
    where one.due = 'reconnecting'
    order by one.room_id, one.person
    for update of one)
update room_device d
set seen_at = %(at)s::timestamptz, due_at = %(due_at)s::timestamptz
from held where d.room_id = held.room_id and d.person = held.person
returning d.room_id, d.person, d.generation;

-- name: due
-- What is due now, the longest overdue first.
select room_id, person from room_device
where due_at <= %(at)s::timestamptz
order by due_at
limit %(limit)s::int;

-- name: send_signal
-- An offer, an answer or a candidate, for whichever process has its receiver.
insert into room_signal (room_id, to_person, by_person, kind, data, at)
values (%(room)s::uuid, %(to)s::text, %(by)s::text, %(kind)s::text, %(data)s::text, %(at)s::timestamptz);

-- name: waiting_signals
-- How many wait for somebody, so that nobody fills the table.
select count(*) as number from room_signal where room_id = %(room)s::uuid and to_person = %(to)s::text;

-- name: any_signal
-- Whether anything waits for anybody: mostly nothing does, and this is asked whenever the bell rings.
select exists (select from room_signal) as is_there;

-- name: take_signals
-- What waits for the people whose links this process has; who takes it delivers it.
delete from room_signal s
using unnest(%(rooms)s::uuid[], %(people)s::text[]) as here (room_id, person)
where s.room_id = here.room_id and s.to_person = here.person
returning s.id, s.room_id, s.to_person, s.by_person, s.kind, s.data, s.at;

-- name: forget_signals
-- Nobody waits for a call that was tried so long ago.
delete from room_signal where at < %(before)s::timestamptz;

-- name: add_seen
-- What was painted on somebody's screen; the first time counts.
insert into room_seen (room_id, person, sop, frame, first_at)
select %(room)s::uuid, %(person)s::text, painted.sop, painted.frame, %(at)s::timestamptz
from unnest(%(sops)s::text[], %(frames)s::int[]) as painted (sop, frame)
on conflict do nothing;

-- name: seen
-- What somebody has seen in a room, in the order of seeing.
select sop, frame, first_at from room_seen
where room_id = %(room)s::uuid and person = %(person)s::text
order by first_at, sop, frame;

-- name: new_epochs
-- A restored database may have lost the end of its logs: nobody resumes where they stood.
update room set epoch = gen_random_uuid();
