-- name: list
-- Studies as lists show them: of organisations and a span of receipt, of patients, one by id, or those to be matched;
-- besides those of the organisations, the studies of records opened by break-glass.
select s.id, s.study_instance_uid, s.organization_id, o.name as organization_name, s.patient_id,
       coalesce(p.name, s.source_patient_name) as patient_name, coalesce(p.sex, s.source_sex) as patient_sex,
       coalesce(p.birth_date, s.source_birth_date) as birth_date, p.born_at, coalesce(p.identity, 'source') as identity,
       coalesce(q.accession_number, s.accession_number) as accession_number, s.modalities,
       coalesce(q.item, nullif(s.description, ''), '') as item, coalesce(q.body_site, s.body_site) as body_site,
       coalesce(q.laterality, nullif(s.laterality, ''), 'U') as laterality, s.laterality as image_laterality,
       q.encounter_class, q.priority, q.emergency_class, s.acquired_at, s.first_received_at, s.last_received_at,
       s.instance_count - s.documents as instance_count, s.expected_instances, s.series_count, s.total_bytes,
       s.completeness, s.completeness_evidence,
       s.match_state, s.hold, s.intent, s.intent_confirmed, s.match_revision, s.service_request_id,
       d.ae_title as device, d.clock_skew_seconds as skew_seconds,
       array(select t.id from service_request r join imaging_study t on t.service_request_id = r.id
             where q.id is not null and r.visit_id = q.visit_id and t.id <> s.id) as same_visit
from imaging_study s
join organization o on o.id = s.organization_id
left join patient p on p.id = s.patient_id
left join service_request q on q.id = s.service_request_id
left join device d on d.id = s.device_id
where (%(organizations)s::uuid[] is null or s.organization_id = any(%(organizations)s::uuid[])
       or s.patient_id = any(%(opened)s::uuid[]))
  and (%(study_id)s::uuid is null or s.id = %(study_id)s::uuid)
  and (%(organization_id)s::uuid is null or s.organization_id = %(organization_id)s::uuid)
  and (%(patient_ids)s::uuid[] is null or s.patient_id = any(%(patient_ids)s::uuid[]))
  and (%(since)s::timestamptz is null or s.last_received_at >= %(since)s::timestamptz)
  and (%(until)s::timestamptz is null or s.last_received_at < %(until)s::timestamptz)
  and (not %(unmatched)s::boolean
       or ((s.match_state in ('none', 'doubtful') and s.intent = 'request-reading') or s.hold <> ''))
order by coalesce(s.acquired_at, s.first_received_at) desc, s.id
limit %(limit)s::int;
