-- name: instances
-- The instances of a study, a series or one instance, in reading order, with what coercion needs; only of organisations
-- in scope, of records opened by break-glass, and single studies that a room shows.
select
    s.id as study_id,
    s.patient_id,
    s.service_request_id,
    s.match_state,
    s.charset_used,
    s.study_instance_uid,
    s.split_at,
    e.series_instance_uid,
    e.modality,
    i.sop_instance_uid,
    i.sop_class_uid,
    i.transfer_syntax_uid,
    encode(i.digest, 'hex') as digest,
    i.size,
    i.frames
from imaging_study s
join imaging_series e on e.study_id = s.id
join imaging_instance i on i.series_id = e.id
where s.study_instance_uid = %(study)s
    and (%(series)s::text is null or e.series_instance_uid = %(series)s)
    and (%(instance)s::text is null or i.sop_instance_uid = %(instance)s)
    and (%(organizations)s::uuid[] is null or s.organization_id = any(%(organizations)s)
        or s.patient_id = any(%(opened)s::uuid[]) or s.id = any(%(single)s::uuid[]))
order by e.series_number nulls last, e.id, i.instance_number nulls last, i.sop_instance_uid

-- name: representative
-- The middle instance with pixels of a study's first series, or of a series: for its thumbnail.
with seen as (
    select i.sop_instance_uid, e.series_instance_uid,
        row_number() over (order by e.series_number nulls last, e.id, i.instance_number nulls last, i.sop_instance_uid) as place,
        count(*) over (partition by e.id) as amount
    from imaging_study s
    join imaging_series e on e.study_id = s.id
    join imaging_instance i on i.series_id = e.id
    where s.study_instance_uid = %(study)s
        and (%(series)s::text is null or e.series_instance_uid = %(series)s)
        and (%(organizations)s::uuid[] is null or s.organization_id = any(%(organizations)s)
        or s.patient_id = any(%(opened)s::uuid[]) or s.id = any(%(single)s::uuid[]))
        and i.rows > 0
)
select series_instance_uid, sop_instance_uid
from seen
order by abs(place - (amount + 1) / 2.0), place
limit 1

-- name: match
-- Who sent a study; what the registration says of a matched one, and when it was matched.
select o.code as source, r.accession_number, p.name, p.birth_date, p.birth_date_estimated, p.sex,
    coalesce(
        (select max(d.decided_at) from match_decision d where d.study_id = s.id),
        s.first_received_at
    ) as matched_at,
    s.source_patient_name
from imaging_study s
join organization o on o.id = s.organization_id
left join service_request r on r.id = s.service_request_id and s.match_state in ('sure', 'confirmed')
left join patient p on p.id = s.patient_id and r.id is not null
where s.id = %(study_id)s

-- name: opened
-- Which of the studies named are seen by break-glass alone, and whose they are.
select id as study_id, patient_id
from imaging_study
where study_instance_uid = any(%(studies)s::text[])
    and patient_id = any(%(opened)s::uuid[])
    and not organization_id = any(%(organizations)s::uuid[])
