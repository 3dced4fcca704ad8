-- name: of_patient
-- What was seen elsewhere of a patient, under any of its records: what stands before what was taken back, the newest first.
select e.id, e.patient_id, e.name, e.value, e.institution, e.mark, e.performed_on, e.source, e.recorded_at,
    coalesce(p.organization_id = %(organization_id)s::uuid, false) as own,
    w.withdrawn_at, coalesce(w.reason, '') as withdrawal_reason, coalesce(b.name, '') as withdrawn_by
from external_result e
left join practitioner p on p.id = e.recorded_by
left join external_result_withdrawal w on w.external_result_id = e.id
left join practitioner b on b.id = w.withdrawn_by
where e.patient_id = any(%(patients)s::uuid[])
order by w.withdrawn_at is not null, e.performed_on desc nulls last, e.recorded_at desc, e.id
limit %(limit)s::integer;

-- name: one
-- One entry as it stands.
select e.id, e.patient_id, e.name, e.value, e.institution, e.mark, e.performed_on, e.source, e.recorded_at,
    coalesce(p.organization_id = %(organization_id)s::uuid, false) as own,
    w.withdrawn_at, coalesce(w.reason, '') as withdrawal_reason, coalesce(b.name, '') as withdrawn_by
from external_result e
left join practitioner p on p.id = e.recorded_by
left join external_result_withdrawal w on w.external_result_id = e.id
left join practitioner b on b.id = w.withdrawn_by
where e.id = %(id)s::uuid;

-- name: keep
-- Write down what is printed.
insert into external_result (patient_id, name, value, institution, mark, performed_on, source, recorded_by, recorded_at)
values (%(patient_id)s::uuid, %(name)s::text, %(value)s::text, %(institution)s::text, %(mark)s::text,
    %(performed_on)s::date, %(source)s::text, %(recorded_by)s::uuid, %(recorded_at)s::timestamptz)
returning id;

-- name: withdraw
-- Take an entry back, once; who was first stands.
insert into external_result_withdrawal (external_result_id, reason, withdrawn_by, withdrawn_at)
values (%(id)s::uuid, %(reason)s::text, %(withdrawn_by)s::uuid, %(withdrawn_at)s::timestamptz)
on conflict (external_result_id) do nothing;
