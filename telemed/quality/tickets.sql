-- name: about_card
-- The decisions that a card spoke of.
select n.id, n.organization_id, n.trace from recognition_exposure_decision e
join recognition_decision n on n.id = e.decision_id
where e.card = %(card)s::uuid
order by n.id;

-- name: hold_card
-- One event of a card at a time.
select pg_advisory_xact_lock(hashtextextended('telemed.quality_ticket ' || %(card)s::text, 0));

-- name: open_ticket
-- A ticket about one result, once.
insert into quality_ticket (id, card, decision_id, result, item_key, organization_id, asking_id, reason_code, comment,
    said_at, opened_at)
values (gen_random_uuid(), %(card)s::uuid, %(decision_id)s::uuid, %(result)s::text, %(item_key)s::text,
    %(organization_id)s::uuid, %(asking_id)s::uuid, %(reason_code)s::text, %(comment)s::text,
    %(said_at)s::timestamptz, %(now)s::timestamptz)
on conflict on constraint ticket_is_opened_once do nothing
returning id;

-- name: pending_of_card
-- Tickets of a card that nobody has judged, held until the transaction ends.
select t.id, t.card, t.organization_id, t.reason_code, t.said_at, 0 as number, 'pending' as stands
from quality_ticket t
where t.card = %(card)s::uuid and not exists (select from quality_ticket_act a where a.ticket_id = t.id)
for no key update of t;

-- name: hold_ticket
-- One ticket, held until the transaction ends.
select id from quality_ticket where id = %(id)s::uuid for no key update;

-- name: ticket
-- One ticket with where it stands.
select t.id, t.card, t.organization_id, t.reason_code, t.said_at, coalesce(a.number, 0) as number,
    coalesce(a.state, 'pending') as stands
from quality_ticket t
left join lateral (
    select x.number, x.state from quality_ticket_act x where x.ticket_id = t.id order by x.number desc limit 1) a on true
where t.id = %(id)s::uuid;

-- name: last_act
-- What was done last about a ticket.
select command, note, acted_by from quality_ticket_act where ticket_id = %(id)s::uuid order by number desc limit 1;

-- name: add_act
-- What somebody did about a ticket.
insert into quality_ticket_act (ticket_id, number, command, state, note, acted_by, acted_at)
values (%(id)s::uuid, %(number)s::int, %(command)s::text, %(state)s::text, %(note)s::text, %(by)s::uuid,
    %(now)s::timestamptz);

-- name: tickets
-- Tickets of some producing members, the newest first; hidden: states that are not told of these (null organisations:
-- of all).
select t.id, t.organization_id, o.name as organization_name, t.result, t.item_key, t.reason_code, t.comment, t.said_at,
    t.opened_at, coalesce(a.state, 'pending') as stands, s.study_instance_uid, s.organization_id as study_place,
    s.patient_id, coalesce(s.acquired_at, s.first_received_at) as acquired_at, count(*) over () as total
from quality_ticket t
join organization o on o.id = t.organization_id
left join lateral (
    select x.state from quality_ticket_act x where x.ticket_id = t.id order by x.number desc limit 1) a on true
left join imaging_study s on t.result = 'imaging/' || s.id::text
where ((%(officer_everywhere)s::boolean or t.organization_id = any(%(officer)s::uuid[]))
       or ((%(everywhere)s::boolean or t.organization_id = any(%(organizations)s::uuid[]))
           and exists (select from quality_ticket_act x where x.ticket_id = t.id and x.state = 'confirmed')))
  and (%(id)s::uuid is null or t.id = %(id)s::uuid)
  and (%(state)s::text = '' or coalesce(a.state, 'pending') = %(state)s::text)
order by t.opened_at desc, t.id
limit %(limit)s::int;

-- name: acts
-- What became of some tickets, in order.
select a.ticket_id, a.command, a.state, a.note, coalesce(p.name, '') as acted_by_name, coalesce(o.name, '') as acted_by_place,
    a.acted_at
from quality_ticket_act a
left join practitioner p on p.id = a.acted_by
left join organization o on o.id = p.organization_id
where a.ticket_id = any(%(ids)s::uuid[])
order by a.ticket_id, a.number;
