-- name: of_patient
-- What was seen elsewhere of a patient, under any of its records, the newest first.
select id, name, value, institution, mark, performed_on, source, recorded_at
from external_result where patient_id = any(%(patients)s::uuid[])
order by performed_on desc nulls last, recorded_at desc, id limit %(limit)s::integer;

-- name: keep
-- Write down what is printed.
insert into external_result (patient_id, name, value, institution, mark, performed_on, source, recorded_by, recorded_at)
values (%(patient_id)s::uuid, %(name)s::text, %(value)s::text, %(institution)s::text, %(mark)s::text,
    %(performed_on)s::date, %(source)s::text, %(recorded_by)s::uuid, %(recorded_at)s::timestamptz)
returning id, name, value, institution, mark, performed_on, source, recorded_at;
