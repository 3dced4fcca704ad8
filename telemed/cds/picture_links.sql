-- name: spoken_of
-- What the decisions behind a card of late looked at and whom they spoke of, and whose the study is now.
select d.trace, d.patient_id, s.patient_id as study_patient_id
from recognition_exposure_decision x
join recognition_exposure e on e.card = x.card and e.shown_at > %(since)s::timestamptz
join recognition_decision d on d.id = x.decision_id
join imaging_study s on s.id = %(study_id)s::uuid
where x.card = %(card)s::uuid;

-- name: forget_links
-- Links nobody opened in time say nothing any more; a few at a time.
delete from picture_link where id in (
    select id from picture_link where opened_at is null and use_before < %(before)s::timestamptz
    order by use_before limit 100 for update skip locked);

-- name: insert_link
-- Make out a link.
insert into picture_link (id, token_digest, card, study_id, patient_id, purpose, made_at, use_before)
values (%(id)s::uuid, %(token_digest)s::bytea, %(card)s::uuid, %(study_id)s::uuid, %(patient_id)s::uuid,
    %(purpose)s::text, %(made_at)s::timestamptz, %(use_before)s::timestamptz);

-- name: link
-- One link, and who it was made out for.
select l.id, l.study_id, s.study_instance_uid, s.organization_id, o.name as organization_name, l.patient_id,
    s.patient_id as study_patient_id, l.purpose, e.client_id, coalesce(c.name, '') as client_name,
    coalesce(c.active, true) as client_active, e.shown_to, l.use_before, l.opened_at, l.viewer_digest, l.view_until,
    l.revoked_at
from picture_link l
join recognition_exposure e on e.card = l.card
join imaging_study s on s.id = l.study_id
join organization o on o.id = s.organization_id
left join cds_client c on c.id = e.client_id
where l.id = %(id)s::uuid and (%(token_digest)s::bytea is null or l.token_digest = %(token_digest)s::bytea);

-- name: open_link
-- The first browser has it; no row for the second, however close behind.
update picture_link set opened_at = %(now)s::timestamptz, viewer_digest = %(viewer)s::bytea,
    view_until = %(view_until)s::timestamptz
where id = %(id)s::uuid and opened_at is null and revoked_at is null and use_before > %(now)s::timestamptz;

-- name: same_reader
-- Whether a browser looks for the same person of the same system already: a second link joins its viewing.
select exists (
    select from picture_link l join recognition_exposure e on e.card = l.card
    where l.viewer_digest = %(viewer)s::bytea and l.view_until > %(now)s::timestamptz and l.revoked_at is null
        and e.client_id is not distinct from %(client_id)s::uuid and e.shown_to = %(shown_to)s::text
) as found;

-- name: close_link
-- The reader is done.
update picture_link set view_until = greatest(opened_at, %(now)s::timestamptz)
where id = %(id)s::uuid and view_until > %(now)s::timestamptz;

-- name: revoke_links
-- Let nobody look through these any more: one link, all of a hospital system, all of a patient.
update picture_link l set revoked_at = %(now)s::timestamptz
from recognition_exposure e
where e.card = l.card and l.revoked_at is null and coalesce(l.view_until, l.use_before) > %(now)s::timestamptz
    and (l.id = %(id)s::uuid or l.patient_id = %(patient_id)s::uuid
        or e.client_id = (select id from cds_client where issuer = %(issuer)s::text and tenant = %(tenant)s::text))
returning l.id;

-- name: open_links
-- Through which links somebody may look now or soon.
select l.id, coalesce(c.issuer, '') as issuer, e.shown_to, l.made_at, l.opened_at,
    coalesce(l.view_until, l.use_before) as until
from picture_link l join recognition_exposure e on e.card = l.card left join cds_client c on c.id = e.client_id
where l.revoked_at is null and coalesce(l.view_until, l.use_before) > %(now)s::timestamptz
order by l.made_at;

-- name: report_of_study
-- The report that stands for a study, the preliminary one until there is a final.
select coalesce(current_version_id, preliminary_version_id) as id from reading
where study_id = %(study_id)s::uuid and state not in ('void', 'canceled')
    and coalesce(current_version_id, preliminary_version_id) is not null
order by (current_version_id is null), opened_at desc limit 1;
