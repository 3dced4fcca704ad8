-- name: facts
-- What is recorded about quality as it was known at a moment (null: by now), the newest first.
with fact as (
    select e.id, 'evaluation' as kind, e.organization_id, e.programme, e.basis, e.scope ->> 'label' as mark, e.round,
        e.outcome, e.score, e.device_id, e.item_keys, e.published_at as at, e.period_begins, e.period_ends, e.next_due,
        e.retroactive_from, null::timestamptz as ends, null::uuid as reader_id, null::uuid as evaluation_id,
        e.known_from, e.recorded_by,
        (select min(f.known_from) from quality_fact f
         where f.evaluation_id = e.id and f.known_from <= coalesce(%(known_at)s::timestamptz, 'infinity')) as revoked_at
    from quality_evaluation e
    union all
    select f.id, f.kind, f.organization_id, coalesce(f.programme, e.programme, ''), coalesce(f.basis, ''),
        coalesce(f.scope ->> 'label', ''), coalesce(e.round, ''), '', '', f.device_id,
        case when f.evaluation_id is null then f.item_keys else e.item_keys end, f.at, null, null, null,
        f.retroactive_from, f.ends, f.reader_id, f.evaluation_id, f.known_from, f.recorded_by, null
    from quality_fact f left join quality_evaluation e on e.id = f.evaluation_id
), held as (
    select fact.*, fact.revoked_at is null and (fact.ends is null or %(now)s::timestamptz < fact.ends) as holds from fact
)
select h.id, h.kind, h.organization_id, o.name as organization_name, h.programme, h.basis, h.mark, h.round, h.outcome,
    h.score, coalesce(d.ae_title, h.device_id, '') as device, h.item_keys, h.at, h.period_begins, h.period_ends,
    h.next_due, h.retroactive_from, h.ends, coalesce(r.name, '') as reader_name, h.evaluation_id, h.known_from,
    h.revoked_at, h.holds, p.name as recorded_by_name, count(*) over () as total
from held h
join organization o on o.id = h.organization_id
join practitioner p on p.id = h.recorded_by
left join organization r on r.id = h.reader_id
left join device d on d.id::text = h.device_id
where (%(organizations)s::uuid[] is null or h.organization_id = any(%(organizations)s::uuid[]))
  and (%(id)s::uuid is null or h.id = %(id)s::uuid)
  and (%(item)s::text = '' or %(item)s::text = any(h.item_keys))
  and (%(programme)s::text = '' or h.programme = %(programme)s::text)
  and (%(kind)s::text = '' or h.kind = %(kind)s::text)
  and (%(since)s::timestamptz is null or h.at >= %(since)s::timestamptz)
  and (%(until)s::timestamptz is null or h.at < %(until)s::timestamptz)
  and h.known_from <= coalesce(%(known_at)s::timestamptz, 'infinity')
  and (h.holds or not %(holding)s::boolean)
order by h.known_from desc, h.id
limit %(limit)s::int;

-- name: followed
-- The rows of grants that were written when a fact was recorded.
select item_key, state, begins, ends, struck, count(*) over () as total
from recognition_grant
where organization_id = %(organization_id)s::uuid and known_from = %(known_from)s::timestamptz
order by item_key, begins, id
limit %(limit)s::int;

-- name: tasks_of
-- How many decisions have to be looked at again because of a fact.
select count(*) as number from look_back_task t join look_back b on b.id = t.look_back_id
where b.cause_id = %(id)s::uuid;

-- name: device_of
-- Whether a device is an organisation's.
select id from device where id = %(id)s::uuid and organization_id = %(organization_id)s::uuid;

-- name: device_names
-- What devices call themselves.
select id::text as id, ae_title from device where id::text = any(%(ids)s::text[]);

-- name: devices
-- The devices of some organisations, by which a table may call them.
select id::text as id, organization_id, ae_title, name from device where organization_id = any(%(organizations)s::uuid[]);

-- name: organizations
-- Every organisation by the names that a table may use.
select id, code, name from organization;
