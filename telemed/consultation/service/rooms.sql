-- name: images
-- Which images are of the studies that a room's consultation is about.
select s.study_instance_uid as study, i.sop_instance_uid as sop
from consultation c
join consultation_study t on t.consultation_id = c.id
join imaging_study s on s.id = t.study_id
join imaging_instance i on i.study_id = s.id
where c.room_id = %(room)s::uuid and i.sop_instance_uid = any(%(sops)s::text[]);

-- name: case
-- The consultation that a room is of.
select c.id as consultation_id, c.number, c.patient_id, p.name as patient_name
from consultation c join patient p on p.id = c.patient_id
where c.room_id = %(room)s::uuid;

-- name: people
-- What those on a room's roster are called: practitioners, and guests as they were invited.
select m.person, coalesce(p.name, g.name, '') as name, coalesce(o.name, g.institution, '') as institution,
    coalesce(p.title, g.title, '') as title
from room_member m
left join practitioner p on p.id::text = m.person
left join organization o on o.id = p.organization_id
left join guest_invitation g on 'guest/' || g.id = m.person
where m.room_id = %(room)s::uuid order by m.since, m.person;

-- name: studies
-- The studies that a room is about, as its viewer names them.
select s.id, s.study_instance_uid, s.modalities, s.description
from consultation c
join consultation_study t on t.consultation_id = c.id
join imaging_study s on s.id = t.study_id
where c.room_id = %(room)s::uuid order by s.acquired_at desc nulls last, s.id;
