-- name: holder_of_hospital_number
-- Whose number it is at one hospital: a number of its own (临时号, 其他证件) or an accession number.
select i.patient_id as id from patient_identifier i
where i.issuer = %(issuer)s::text and i.value = %(value)s::text and i.claim = ''
union
select q.patient_id from service_request q
where q.organization_id = %(organization_id)s::uuid and q.accession_number in (%(value)s::text, %(typed)s::text)
limit 2;

-- name: known_to
-- The organisations that know a person.
select organization_id as id from patient_organization where patient_id = %(patient_id)s::uuid;

-- name: open
-- Open a record.
insert into break_glass_use (practitioner_id, organization_id, patient_id, reason, note, opened_at, expires_at)
values (%(practitioner_id)s::uuid, %(organization_id)s::uuid, %(patient_id)s::uuid, %(reason)s::text, %(note)s::text,
        %(now)s::timestamptz, %(expires_at)s::timestamptz)
returning id, practitioner_id, organization_id, patient_id, opened_at, expires_at, ended_at, reviewed_at;

-- name: in_force
-- What a person has open at an organisation, the newest first.
select id, practitioner_id, organization_id, patient_id, opened_at, expires_at, ended_at, reviewed_at
from break_glass_use
where practitioner_id = %(practitioner_id)s::uuid and organization_id = %(organization_id)s::uuid
  and ended_at is null and expires_at > %(now)s::timestamptz
order by opened_at desc, id;

-- name: last_of
-- The newest use of one record by one person, with what a review said of it.
select opened_at, verdict from break_glass_use
where practitioner_id = %(practitioner_id)s::uuid and patient_id = %(patient_id)s::uuid
order by opened_at desc limit 1;

-- name: hold_person
-- One opening of a person at a time: two presses of one button are one use.
select id from practitioner where id = %(practitioner_id)s::uuid for no key update;

-- name: hold
-- One use, held until what is decided about it is written.
select id, practitioner_id, organization_id, patient_id, opened_at, expires_at, ended_at, reviewed_at
from break_glass_use where id = %(id)s::uuid for update;

-- name: end
-- Close a record before its time.
update break_glass_use set ended_at = %(now)s::timestamptz, ended_by = %(by)s::uuid where id = %(id)s::uuid;

-- name: review
-- What the review says.
update break_glass_use
set verdict = %(verdict)s::text, review_note = %(note)s::text, reviewed_by = %(by)s::uuid,
    reviewed_at = %(now)s::timestamptz
where id = %(id)s::uuid;

-- name: uses
-- Uses by people of the given organisations (null: everybody), with what was read under each, newest first, by keyset.
select u.id, u.practitioner_id, u.organization_id, u.patient_id, u.opened_at, u.expires_at, u.ended_at, u.reviewed_at,
       u.reason, u.note, u.verdict, u.review_note, p.name as practitioner_name, p.title as practitioner_title,
       o.name as organization_name, coalesce(r.name, '') as reviewed_by_name, looked.reads, looked.studies,
       looked.reports
from break_glass_use u
join practitioner p on p.id = u.practitioner_id
join organization o on o.id = u.organization_id
left join practitioner r on r.id = u.reviewed_by
cross join lateral (
    select count(distinct e.id) as reads, count(distinct t ->> 'id') filter (where t ->> 'kind' = 'study') as studies,
           count(distinct t ->> 'id') filter (where t ->> 'kind' = 'report') as reports
    from audit_event e cross join lateral jsonb_array_elements(e.entities) t
    where e.practitioner_id = u.practitioner_id and e.at >= u.opened_at and e.at <= u.expires_at
      and e.outcome = 'success' and position(u.id::text in e.detail ->> 'break_glass') > 0) looked
where (%(organizations)s::uuid[] is null or u.organization_id = any(%(organizations)s::uuid[]))
  and (u.reviewed_at is null) = %(waiting)s::boolean
  and (%(before_at)s::timestamptz is null
       or (u.opened_at, u.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by u.opened_at desc, u.id desc
limit %(limit)s::int;

-- name: count_waiting
-- How many uses wait for their review.
select count(*) as count from break_glass_use
where reviewed_at is null
  and (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]));
