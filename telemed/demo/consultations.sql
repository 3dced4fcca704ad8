-- name: any_expert
-- Whether a start before this one has brought the experts.
select practitioner_id as id from expert limit 1;

-- name: members_beside
-- The members of the community, but one institution.
select m.organization_id as id from community_membership m join organization o on o.id = m.organization_id
where m.valid_until is null and o.code <> %(code)s::text order by o.code;

-- name: organization
-- An institution by its code.
select id from organization where code = %(code)s::text;

-- name: consultation
-- Whether a start before this one has asked.
select id from consultation where id = %(id)s::uuid;

-- name: study
-- A study of the demo's day, with whose it is.
select id, patient_id from imaging_study where study_instance_uid = %(study)s::text and patient_id is not null;
