-- Messages to other systems.

-- name: know
-- A receiver as the configuration has it; one at a new address, or that comes back, is on again.
insert into outgoing_receiver as r (name, origin, address_digest, kinds, institutions, changed_at)
values (%(name)s::text, %(origin)s::text, %(address_digest)s::bytea, %(kinds)s::text[], %(institutions)s::text[],
    %(now)s::timestamptz)
on conflict (name) do update set origin = excluded.origin, address_digest = excluded.address_digest,
    kinds = excluded.kinds, institutions = excluded.institutions, changed_at = excluded.changed_at,
    state = case when r.state = 'gone' and r.address_digest = excluded.address_digest then 'gone' else 'on' end,
    failures = case when r.address_digest = excluded.address_digest then r.failures else 0 end,
    rests_until = case when r.address_digest = excluded.address_digest then r.rests_until end;

-- name: forget
-- Receivers that the configuration names no more.
update outgoing_receiver set state = 'removed', changed_at = %(now)s::timestamptz
where state <> 'removed' and name <> all(%(names)s::text[]) returning name;

-- name: tell
-- One row for each receiver that asked for this, unless it has been told.
insert into outgoing_message (id, receiver, kind, subject, once, told_at, urgency, department, organization_id, due_at,
    starts_at, path, amount, stands_in, recipients, queued_at, next_at)
select gen_random_uuid(), r.name, %(kind)s::text, %(subject)s::uuid, %(once)s::text, %(now)s::timestamptz,
    %(urgency)s::text, %(department)s::text, %(organization_id)s::uuid, %(due_at)s::timestamptz,
    %(starts_at)s::timestamptz, %(path)s::text, %(amount)s::integer, %(stands_in)s::text[], %(recipients)s::jsonb,
    %(now)s::timestamptz, %(now)s::timestamptz
from outgoing_receiver r
where r.state = 'on' and (%(receiver)s::text is null or r.name = %(receiver)s::text)
  and (%(receiver)s::text is not null or r.kinds = '{}' or %(kind)s::text = any(r.kinds)
       or split_part(%(kind)s::text, '.', 1) = any(r.kinds))
  and (%(receiver)s::text is not null or r.institutions = '{}' or exists (
       select from organization o where o.id = any(%(concerns)s::uuid[]) and o.code = any(r.institutions)))
on conflict (receiver, once) do nothing
returning id;

-- name: stand_down
-- What says nothing any more since its subject has moved on: not sent, and never again.
update outgoing_message set is_over = true,
    state = case when state = 'waiting' then 'cancelled' else state end,
    ended_at = coalesce(ended_at, %(now)s::timestamptz)
where subject = %(subject)s::uuid and state in ('waiting', 'given-up') and not is_over and stands_in <> '{}'
  and not stands_in && %(standing)s::text[]
returning id;

-- name: take
-- The message of a receiver that is due longest, for one worker; what a dead worker held is due again when its lease is
-- over.  A receiver that has failed often is asked with one message at a time.
update outgoing_message set lease_id = %(lease_id)s::uuid, leased_until = %(until)s::timestamptz,
    attempts = attempts + 1
where id = (
    select m.id from outgoing_message m join outgoing_receiver r on r.name = m.receiver
    where m.receiver = %(receiver)s::text and r.state = 'on' and m.state = 'waiting'
        and m.next_at <= %(now)s::timestamptz
        and (m.leased_until is null or m.leased_until <= %(now)s::timestamptz)
        and (r.rests_until is null or r.rests_until <= %(now)s::timestamptz)
        and (r.failures < %(most_failures)s::integer or not exists (
            select from outgoing_message o
            where o.receiver = m.receiver and o.state = 'waiting' and o.leased_until > %(now)s::timestamptz))
    order by m.next_at, m.id limit 1 for update of m skip locked)
returning id, kind, subject, told_at, urgency, department, organization_id, due_at, starts_at, amount, path,
    queued_at, attempts - 1 as attempts, refusals;

-- name: place
-- What an institution is called.
select code, name from organization where id = %(id)s::uuid;

-- name: recipients
-- Who hears a message: those who are named, and whoever holds the role for the institution or for the county.
select distinct on (t.role, p.id) t.role, p.id as practitioner_id, p.staff_number, o.code as organization_code,
    coalesce((select s.phone from duty_shift s
        where t.role = 'expert' and s.practitioner_id = p.id and s.cancelled_at is null and s.phone <> ''
          and s.begins <= %(now)s::timestamptz and s.ends > %(now)s::timestamptz
        order by s.begins limit 1), p.phone) as phone
from outgoing_message m
cross join lateral jsonb_to_recordset(m.recipients) as t(role text, practitioner_id uuid)
join practitioner p on p.active and (p.id = t.practitioner_id or t.practitioner_id is null and exists (
    select from practitioner_role h join organization w on w.id = h.organization_id
    where h.practitioner_id = p.id and h.role = t.role
      and (h.organization_id = m.organization_id or w.kind = 'lead-hospital')))
join organization o on o.id = p.organization_id
where m.id = %(id)s::uuid
order by t.role, p.id limit 100;

-- name: hold_receiver
-- A receiver, nobody else writes down what became of an attempt meanwhile.
select failures from outgoing_receiver where name = %(receiver)s::text for no key update;

-- name: mark_sent
-- The receiver has it, also where it was cancelled while it was on its way.
update outgoing_message set state = 'sent', leased_until = null, last_status = %(status)s::integer, last_fault = '',
    ended_at = %(now)s::timestamptz
where id = %(id)s::uuid and lease_id = %(lease_id)s::uuid and state in ('waiting', 'cancelled') returning id;

-- name: mark_again
-- It is tried again, unless it is cancelled or another worker has it.
update outgoing_message set next_at = %(next_at)s::timestamptz, leased_until = null, refusals = %(refusals)s::integer,
    last_status = %(status)s::integer, last_fault = %(fault)s::text
where id = %(id)s::uuid and lease_id = %(lease_id)s::uuid and state = 'waiting' returning id;

-- name: mark_given_up
-- Only a person helps.
update outgoing_message set state = 'given-up', leased_until = null, last_status = %(status)s::integer,
    last_fault = %(fault)s::text, ended_at = %(now)s::timestamptz
where id = %(id)s::uuid and lease_id = %(lease_id)s::uuid and state = 'waiting' returning id;

-- name: mark_receiver
-- How a receiver does.
update outgoing_receiver set failures = %(failures)s::integer, rests_until = %(rests_until)s::timestamptz,
    last_attempt_at = %(now)s::timestamptz, last_status = %(status)s::integer, last_fault = %(fault)s::text,
    last_success_at = case when %(succeeded)s::boolean then %(now)s::timestamptz else last_success_at end,
    state = case when %(gone)s::boolean and state = 'on' then 'gone' else state end
where name = %(receiver)s::text;

-- name: give_up_all
-- What waits for a receiver that is no more.
update outgoing_message m set state = 'given-up', last_fault = %(fault)s::text, ended_at = %(now)s::timestamptz
where m.state = 'waiting' and m.receiver = any(%(receivers)s::text[]) returning m.id;

-- name: give_up_old
-- What has waited for too long, tried or not, and is not on its way now.
update outgoing_message set state = 'given-up', ended_at = %(now)s::timestamptz, last_fault = 'too-old'
where state = 'waiting' and queued_at <= %(before)s::timestamptz
  and (leased_until is null or leased_until <= %(now)s::timestamptz)
returning id;

-- name: forget_old
-- What arrived or was cancelled a month ago, and what was given up three months ago.
delete from outgoing_message
where (state in ('sent', 'cancelled') and ended_at < %(now)s::timestamptz - interval '30 days')
   or (state = 'given-up' and ended_at < %(now)s::timestamptz - interval '90 days');

-- name: next_due
-- When there is something to do next for a receiver.
select min(greatest(m.next_at, coalesce(m.leased_until, m.next_at), coalesce(r.rests_until, m.next_at))) as at
from outgoing_message m join outgoing_receiver r on r.name = m.receiver
where m.receiver = %(receiver)s::text and m.state = 'waiting' and r.state = 'on';

-- name: receivers
-- Every receiver that is configured, or that something was not delivered to; with its queue.
select r.id, r.name, r.origin, r.kinds, r.institutions, r.state, r.failures, r.rests_until, r.last_attempt_at,
    r.last_success_at, r.last_status, r.last_fault, q.waiting, q.oldest, q.given_up, q.sent
from outgoing_receiver r
cross join lateral (
    select count(*) filter (where m.state = 'waiting')::int as waiting,
        min(m.queued_at) filter (where m.state = 'waiting') as oldest,
        count(*) filter (where m.state = 'given-up' and not m.is_over)::int as given_up,
        count(*) filter (where m.state = 'sent' and m.ended_at > %(now)s::timestamptz - interval '24 hours')::int as sent
    from outgoing_message m where m.receiver = r.name) q
where r.state <> 'removed' or q.given_up > 0
order by r.state = 'removed', r.name;

-- name: messages
-- Messages in a state, the newest first; those given up that say nothing any more are not listed.
select m.id, r.id as receiver_id, m.receiver, m.kind, m.state, m.urgency, m.department,
    coalesce(o.name, '') as organization_name, m.told_at, m.due_at, m.next_at, m.attempts, m.last_status, m.last_fault,
    m.ended_at
from outgoing_message m join outgoing_receiver r on r.name = m.receiver
left join organization o on o.id = m.organization_id
where m.state = %(state)s::text and (m.state <> 'given-up' or not m.is_over)
  and (%(receiver_id)s::uuid is null or r.id = %(receiver_id)s::uuid)
  and (%(before)s::timestamptz is null or (m.told_at, m.id) < (%(before)s::timestamptz, %(before_id)s::uuid))
order by m.told_at desc, m.id desc limit %(limit)s::integer;

-- name: receiver
-- One receiver.
select name, state from outgoing_receiver where id = %(id)s::uuid for no key update;

-- name: revive
-- Try again what was given up: one message, or all of a receiver; what says nothing any more is left.
update outgoing_message m set state = 'waiting', attempts = 0, refusals = 0, queued_at = %(now)s::timestamptz,
    next_at = %(now)s::timestamptz, ended_at = null, last_fault = '', last_status = null, lease_id = null,
    leased_until = null
from outgoing_receiver r
where r.name = m.receiver and r.state = 'on' and m.state = 'given-up' and not m.is_over
  and m.id in (select x.id from outgoing_message x where x.state = 'given-up' and not x.is_over
      and (%(id)s::uuid is null or x.id = %(id)s::uuid)
      and (%(receiver)s::text is null or x.receiver = %(receiver)s::text)
      order by x.told_at desc limit 500)
returning m.id;

-- name: message
-- One message, by what matters for trying it again.
select m.state, m.is_over, r.state as receiver_state from outgoing_message m
join outgoing_receiver r on r.name = m.receiver where m.id = %(id)s::uuid for update of m;

-- name: switch_on
-- A receiver that wanted nothing any more, or rests, is asked again.
update outgoing_receiver set state = 'on', failures = 0, rests_until = null, changed_at = %(now)s::timestamptz
where id = %(id)s::uuid and state <> 'removed' returning name;
