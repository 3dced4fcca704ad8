-- name: signed
-- Studies whose report was signed within a period and still stands, the first signed first.
select s.id, s.study_instance_uid, s.patient_id, coalesce(r.accession_number, '') as accession_number,
    o.code as organization_code, o.name as organization_name, s.modalities, s.description, s.acquired_at, v.signed_at,
    count(distinct i.series_id)::int as series, count(i.id)::int as instances,
    p.name as patient_name, p.sex, p.birth_date,
    coalesce((select k.value from patient_identifier k where k.patient_id = p.id and k.kind = 'national-id'
              and k.claim = ''
              order by k.since limit 1), '') as national_id
from report_version v
join reading q on q.current_version_id = v.id and q.former_patient_id is null
join imaging_study s on s.id = q.study_id
join patient p on p.id = s.patient_id
join organization o on o.id = s.organization_id
left join service_request r on r.id = s.service_request_id
left join imaging_instance i on i.study_id = s.id
where v.status in ('final', 'amended', 'appended')
  and v.signed_at >= %(begins)s::timestamptz and v.signed_at < %(ends)s::timestamptz
  and not exists (select from report_withdrawal w where w.report_version_id = v.id)
group by s.id, r.accession_number, o.code, o.name, v.signed_at, p.id
order by v.signed_at, s.id;

-- name: instances
-- Every instance of a study with its series, in the order people read them.
select e.series_instance_uid, i.sop_instance_uid, i.sop_class_uid, i.rows is not null as is_image
from imaging_instance i join imaging_series e on e.id = i.series_id
where i.study_id = %(study_id)s::uuid
order by e.series_number nulls last, e.series_instance_uid, i.instance_number nulls last, i.sop_instance_uid;
