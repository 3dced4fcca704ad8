-- name: table_senders
-- Whose laboratory a table may be of: the organisations in scope, one's own first.
select id, name, name_en from organization
where active and (%(organizations)s::uuid[] is null or id = any(%(organizations)s::uuid[]))
order by (id = %(own)s::uuid) desc, code limit %(limit)s::int;

-- name: tables
-- Tables that were imported in scope, the newest first, by keyset; or one of them.
select m.id, m.organization_id, o.name as organization_name, coalesce(p.name, '') as brought_by_name, m.received_at,
    (select count(distinct v.report_id)::int from laboratory_report_version v where v.message_id = m.id) as reports,
    (select count(*)::int from laboratory_report_version v join laboratory_observation b on b.report_version_id = v.id
        where v.message_id = m.id) as results,
    (select count(*)::int from result_quarantine q where q.message_id = m.id) as apart,
    (select count(*)::int from result_quarantine q where q.message_id = m.id and q.state = 'open') as waiting
from result_message m
join organization o on o.id = m.organization_id
left join practitioner p on p.id = m.brought_by
where m.format = 'table'
  and (%(id)s::uuid is null or m.id = %(id)s::uuid)
  and (%(organizations)s::uuid[] is null or m.organization_id = any(%(organizations)s::uuid[]))
  and (%(before_at)s::timestamptz is null
       or (m.received_at, m.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by m.received_at desc, m.id desc
limit %(limit)s::int;
