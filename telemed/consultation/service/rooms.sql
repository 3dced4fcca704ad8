-- name: images
-- Which images are of the studies that a room's consultation is about.
select s.study_instance_uid as study, i.sop_instance_uid as sop
from consultation c
join consultation_study t on t.consultation_id = c.id
join imaging_study s on s.id = t.study_id
join imaging_instance i on i.study_id = s.id
where c.room_id = %(room)s::uuid and i.sop_instance_uid = any(%(sops)s::text[]);
