-- name: record
-- One row and its place in the sealer's queue; nothing when this look was recorded within the window.
with event as (
    insert into audit_event (at, action, outcome, account_id, practitioner_id, organization_id, session_id,
        peer_address, request_id, entities, purpose, detail, access_window)
    values (%(at)s, %(action)s, %(outcome)s, %(account_id)s, %(practitioner_id)s, %(organization_id)s, %(session_id)s,
        %(peer_address)s, %(request_id)s, %(entities)s::jsonb, %(purpose)s, %(detail)s::jsonb, %(access_window)s)
    on conflict (access_window) do nothing
    returning id
)
insert into audit_pending (event_id) select id from event

-- name: take_lease
-- Become or stay the one sealer. No row: another process seals.
update audit_sealer set holder = %(holder)s, held_until = clock_timestamp() + %(lease)s::interval
where holder = %(holder)s or held_until < clock_timestamp()
returning position, chain

-- name: hand_back_lease
-- Let another process seal at once.
update audit_sealer set held_until = '-infinity' where holder = %(holder)s

-- name: take_pending
-- The oldest rows that wait for a place.
delete from audit_pending where event_id in (
    select event_id from audit_pending order by event_id limit %(limit)s
) returning event_id

-- name: events_by_id
-- Rows as they lie.
select id, at, action, outcome, account_id, practitioner_id, organization_id, session_id,
    host(peer_address) as peer_address, request_id, entities, purpose, detail, access_window
from audit_event where id = any(%(ids)s::bigint[]) order by id

-- name: add_links
-- Places in the chain.
insert into audit_link (position, event_id, row_digest, chain, sealed_at)
select * from unnest(%(positions)s::bigint[], %(event_ids)s::bigint[], %(digests)s::bytea[], %(chains)s::bytea[],
    array_fill(%(sealed_at)s::timestamptz, array[cardinality(%(positions)s::bigint[])]))

-- name: advance
-- The chain's head.
update audit_sealer set position = %(position)s, chain = %(chain)s where holder = %(holder)s

-- name: now
-- The database's clock.
select clock_timestamp() as at

-- name: head
-- The chain's head as the sealer left it.
select position, chain from audit_sealer

-- name: links_after
-- Places of the chain in order.
select position, event_id, row_digest, chain, sealed_at from audit_link
where position > %(position)s order by position limit %(limit)s

-- name: unlinked
-- Rows that have neither a place nor a place in the queue.
select e.id, e.at from audit_event e
where not exists (select from audit_link l where l.event_id = e.id)
    and not exists (select from audit_pending p where p.event_id = e.id)
order by e.id limit %(limit)s

-- name: waiting
-- Rows that have waited for a place longer than they may.
select e.id, e.at from audit_pending p join audit_event e on e.id = p.event_id
where e.at < clock_timestamp() - %(patience)s::interval order by e.id limit %(limit)s

-- name: retired
-- Where retention has cut, the last cut first.
select through, chain, retired_at, signature from audit_retired order by through desc

-- name: last_before
-- The last place sealed before a moment.
select position, chain from audit_link where sealed_at < %(before)s order by position desc limit 1

-- name: retire
-- Sign off a stretch of the chain.
insert into audit_retired (through, chain, retired_at, signature)
values (%(through)s, %(chain)s, %(retired_at)s, %(signature)s)

-- name: drop_events
-- Rows of a retired stretch; the trigger lets only those go.
delete from audit_event e using audit_link l where l.event_id = e.id and l.position <= %(through)s

-- name: drop_links
-- Their places.
delete from audit_link where position <= %(through)s

-- name: search
-- What happened, newest first, by patient, person and time.
select e.id, e.at, e.action, e.outcome, e.account_id, e.practitioner_id, e.organization_id, e.session_id,
    host(e.peer_address) as peer_address, e.request_id, e.entities, e.purpose, e.detail,
    coalesce(p.name, '') as practitioner_name, coalesce(o.name, '') as organization_name, l.position
from audit_event e
left join practitioner p on p.id = e.practitioner_id
left join organization o on o.id = e.organization_id
left join audit_link l on l.event_id = e.id
where (%(id)s::bigint is null or e.id = %(id)s::bigint)
    and (%(patient)s::jsonb is null or e.entities @> %(patient)s::jsonb)
    and (%(entity)s::jsonb is null or e.entities @> %(entity)s::jsonb)
    and (%(practitioner_id)s::uuid is null or e.practitioner_id = %(practitioner_id)s::uuid)
    and (%(action)s::text = '' or starts_with(e.action, %(action)s::text))
    and (%(outcome)s::text = '' or e.outcome = %(outcome)s::text)
    and (%(patients)s::jsonb[] is null or e.entities @> any(%(patients)s::jsonb[]))
    and not exists (select from jsonb_array_elements(%(further_patients)s::jsonb) several
        where not exists (select from jsonb_array_elements(several) one where e.entities @> one))
    and (%(actions)s::text[] is null or e.action = any(%(actions)s::text[]))
    and (%(outcomes)s::text[] is null or e.outcome = any(%(outcomes)s::text[]))
    and (%(methods)s::text[] is null
        or (split_part(coalesce(e.detail ->> 'route', ''), ' ', 1) = any(%(methods)s::text[])) <> %(other_methods)s)
    and (%(lows)s::timestamptz[] is null or exists (
        select from unnest(%(lows)s::timestamptz[], %(highs)s::timestamptz[]) as s (low, high)
        where e.at >= s.low and e.at < s.high))
    and e.at >= %(since)s and e.at < %(until)s
    and (e.at, e.id) < (%(before_at)s, %(before_id)s)
order by e.at desc, e.id desc limit %(limit)s

-- name: sealed_through
-- How far the chain has come, for the auditor's page.
select s.position, l.sealed_at from audit_sealer s left join audit_link l on l.position = s.position
