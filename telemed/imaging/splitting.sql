-- name: statements
-- What the instances of a study say of their patient, with the key of each in hexadecimal.
select encode(statement_key, 'hex') as key, patient_id, name, sex, birth_date, accepted, contradicts
from imaging_statement where study_id = %(study_id)s::uuid
order by first_seen_at, statement_key;

-- name: apart
-- Instances that were kept out of a study because they state another patient.
select id, detail -> 'arrival' as arrival
from quarantine
where study_id = %(study_id)s::uuid and state = 'open' and reason = 'study-of-another-patient'
order by received_at, id;

-- name: hold_apart
-- The same, held until the transaction ends.
select id, detail -> 'arrival' as arrival
from quarantine
where study_id = %(study_id)s::uuid and state = 'open' and reason = 'study-of-another-patient'
order by received_at, id
for update;

-- name: count
-- How much of a study is in the index.
select instance_count as images, array(
    select coalesce(nullif(e.description, ''), e.modality) from imaging_series e
    where e.study_id = s.id order by e.series_number nulls last, e.id) as series
from imaging_study s where s.id = %(study_id)s::uuid;

-- name: series_taken
-- Which of these series a study or what was split off it has already.
select e.series_instance_uid as uid
from imaging_series e join imaging_study s on s.id = e.study_id
where (s.id = %(study_id)s::uuid or s.split_from_id = %(study_id)s::uuid)
  and e.series_instance_uid = any(%(uids)s::text[]);

-- name: mark_part
-- This study was split off another.
update imaging_study set split_from_id = %(study_id)s::uuid, split_at = %(now)s::timestamptz
where study_instance_uid = %(uid)s::text
returning id;

-- name: leave
-- What moved into a part says nothing of the study any more, and what the sender announced was of both.
with left_behind as (
    delete from imaging_statement
    where study_id = %(study_id)s::uuid and encode(statement_key, 'hex') = any(%(keys)s::text[])
)
update imaging_study set expected_instances = null where id = %(study_id)s::uuid;
