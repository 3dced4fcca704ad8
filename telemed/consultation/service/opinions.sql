-- What the expert writes and signs.

-- name: draft
-- What is being written.
select diagnosis, advice, revision, by, at from consultation_draft where consultation_id = %(id)s::uuid;

-- name: write_draft
-- What is being written, where nobody wrote meanwhile; no row otherwise.
insert into consultation_draft as d (consultation_id, diagnosis, advice, by, at)
values (%(id)s::uuid, %(diagnosis)s::text, %(advice)s::text, %(by)s::uuid, %(now)s::timestamptz)
on conflict (consultation_id) do update set diagnosis = excluded.diagnosis, advice = excluded.advice, by = excluded.by,
    at = excluded.at, revision = d.revision + 1
where d.revision = %(revision)s::bigint
returning revision;

-- name: insert_opinion
-- A signed opinion; never changed.
insert into consultation_opinion (consultation_id, version, diagnosis, advice, reason, addendum, signer_id, signed_at,
    room_seq, room_head, evidence, document, size)
select %(id)s::uuid, coalesce(max(o.version), 0) + 1, %(diagnosis)s::text, %(advice)s::text, %(reason)s::text,
    %(addendum)s::text, %(signer_id)s::uuid, %(now)s::timestamptz, %(room_seq)s::bigint, %(room_head)s::text, %(evidence)s::text, %(document)s::text,
    %(size)s::bigint
from consultation_opinion o where o.consultation_id = %(id)s::uuid
returning version;

-- name: opinions
-- The signed opinions of a consultation, the newest first.
select o.version, o.diagnosis, o.advice, o.reason, o.addendum, o.signer_id, p.name as signer_name,
    p.title as signer_title, o.signed_at, o.room_seq, o.room_head, o.evidence, o.document, o.size
from consultation_opinion o join practitioner p on p.id = o.signer_id
where o.consultation_id = %(id)s::uuid order by o.version desc;

-- name: facts
-- What the paper says of people and places.
select c.number, c.state, c.room_id, c.purpose, c.history, c.question, o.name as inviting_institution,
    r.name as inviting_physician, p.name as patient_name, p.sex, p.birth_date, c.expert_id,
    coalesce(e.name, '') as expert_name, coalesce(e.title, '') as expert_title,
    coalesce(e.licence_number, '') as licence_number, c.expert_organization_id as institution_id,
    coalesce(h.name, '') as institution
from consultation c
join organization o on o.id = c.organization_id
join practitioner r on r.id = c.requester_id
join patient p on p.id = c.patient_id
left join practitioner e on e.id = c.expert_id
left join organization h on h.id = c.expert_organization_id
where c.id = %(id)s::uuid;

-- name: examinations
-- What was put before the expert.
select s.acquired_at, s.modalities, coalesce(q.item, s.description) as item,
    coalesce(q.accession_number, '') as accession_number, g.name as institution
from consultation_study t join imaging_study s on s.id = t.study_id join organization g on g.id = s.organization_id
left join service_request q on q.id = s.service_request_id
where t.consultation_id = %(id)s::uuid order by s.acquired_at desc nulls last, s.id;

-- name: images
-- Where images belong.
select i.sop_instance_uid as sop, s.study_instance_uid as study_uid, e.series_instance_uid as series_uid
from imaging_instance i join imaging_series e on e.id = i.series_id join imaging_study s on s.id = i.study_id
where i.sop_instance_uid = any(%(sops)s::text[]);

-- name: seen
-- What the signer had been shown when a version was signed, by series, beside what of the case was not looked at.
with shown as (
    select i.study_uid, i.series_uid, i.sop_uid, i.first_seen
    from consultation_opinion o
    cross join jsonb_to_recordset(o.evidence::jsonb -> 'images')
        as i(study_uid text, series_uid text, sop_uid text, first_seen timestamptz)
    where o.consultation_id = %(id)s::uuid and o.version = %(version)s::smallint
), of_the_case as (
    select s.study_instance_uid as study_uid, e.series_instance_uid as series_uid
    from consultation_study t join imaging_study s on s.id = t.study_id join imaging_series e on e.study_id = s.id
    where t.consultation_id = %(id)s::uuid
        and not exists (select from imaging_instance d where d.series_id = e.id and d.calling_ae = 'TELEMED-SR')
    union
    select study_uid, series_uid from shown
)
select c.study_uid, c.series_uid, coalesce(e.modality, '') as modality, e.series_number,
    coalesce(e.description, '') as description, coalesce(s.description, '') as study_description, s.acquired_at,
    (select coalesce(sum(n.frames), 0)::int from imaging_instance n where n.series_id = e.id) as images,
    w.seen, w.first_at, w.last_at
from of_the_case c
left join imaging_series e on e.series_instance_uid = c.series_uid
left join imaging_study s on s.id = e.study_id
cross join lateral (
    select count(*)::int as seen, min(h.first_seen) as first_at, max(h.first_seen) as last_at
    from shown h where h.series_uid = c.series_uid) w
order by s.acquired_at desc nulls last, c.study_uid, e.series_number nulls last, c.series_uid;
