-- name: place
-- An organisation by its code.
select id from organization where code = %(code)s::text;

-- name: device
-- A device by its AE title.
select id from device where ae_title = %(device)s::text;

-- name: recorded
-- What is recorded already, of the facts that a start before this one may have recorded.
select id from quality_evaluation where id = any(%(ids)s::uuid[])
union all
select id from quality_fact where id = any(%(ids)s::uuid[]);
