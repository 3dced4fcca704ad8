-- name: given_links
-- Links given to people of organisations in scope, or that show studies of those; the newest first, by keyset.
select l.id, l.patient_id, p.name as patient_name, l.study_id, s.organization_id, o.name as organization_name,
    coalesce(q.item, s.description, '') as item, s.acquired_at as studied_at,
    coalesce(c.name, '') as client_name, coalesce(w.name, e.shown_to) as shown_to,
    coalesce(c.organization_id, w.organization_id) as asker_id, coalesce(a.name, '') as asker_name,
    l.made_at, l.use_before, l.opened_at, l.view_until, l.revoked_at
from picture_link l
join recognition_exposure e on e.card = l.card
join imaging_study s on s.id = l.study_id
join organization o on o.id = s.organization_id
join patient p on p.id = l.patient_id
left join service_request q on q.id = s.service_request_id
left join cds_client c on c.id = e.client_id
left join practitioner w on e.client_id is null and w.id::text = e.shown_to
left join organization a on a.id = coalesce(c.organization_id, w.organization_id)
where (%(id)s::uuid is null or l.id = %(id)s::uuid)
  and (%(organizations)s::uuid[] is null or s.organization_id = any(%(organizations)s::uuid[])
       or coalesce(c.organization_id, w.organization_id) = any(%(organizations)s::uuid[]))
  and (not %(open)s::boolean
       or (l.revoked_at is null and coalesce(l.view_until, l.use_before) > %(now)s::timestamptz))
  and (%(before_at)s::timestamptz is null or (l.made_at, l.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by l.made_at desc, l.id desc
limit %(limit)s::int;

-- name: link_places
-- Whose images a link shows, and whose person it was given to.
select s.organization_id, coalesce(c.organization_id, w.organization_id) as asker_id
from picture_link l
join recognition_exposure e on e.card = l.card
join imaging_study s on s.id = l.study_id
left join cds_client c on c.id = e.client_id
left join practitioner w on e.client_id is null and w.id::text = e.shown_to
where l.id = %(id)s::uuid;
