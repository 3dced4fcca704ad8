-- name: installed
-- Every document that is installed, the newest first within its series.
select id, content, source_hash, installed_at from catalogue_version
where %(id)s::uuid is null or id = %(id)s::uuid
order by issuer, series, scope_kind, scope_key, first_day desc;

-- name: studies
-- Where the images of results are, for the link that opens them.
select s.id, s.study_instance_uid, s.organization_id, o.name as organization_name
from imaging_study s join organization o on o.id = s.organization_id
where s.id = any(%(ids)s::uuid[]);

-- name: names
-- What organisations are called.
select id, name from organization where id = any(%(ids)s::uuid[]);
