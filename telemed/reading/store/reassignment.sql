-- A study moved to its right patient: what becomes of its readings, and who has to be told.

-- name: keep_former_patient
-- Whose reading it was: the study is of another patient now.
update reading set former_patient_id = %(patient_id)s, former_request_id = %(request_id)s where id = %(id)s;

-- name: issued_of_study
-- The reading of a study of which a report stands.
select id from reading
where study_id = %(study_id)s and state not in ('void', 'canceled')
  and coalesce(current_version_id, preliminary_version_id) is not null;

-- name: readings_of_study
-- Every reading of a study.
select id from reading where study_id = %(study_id)s and former_patient_id is null order by opened_at;

-- name: close_site_return
-- The site owes nothing more: the study is of another patient.
update site_return
set state = 'closed', outcome = 'reassigned', answered_by = %(by)s, answered_at = %(now)s
where reading_id = %(reading_id)s and state <> 'closed';

-- name: who_had_reports
-- Who has opened, printed or otherwise had the reports of readings, by receipts, by the audit and by recorded calls.
with had as (
    select r.organization_id, r.practitioner_id, '' as name, r.kind as means, r.at
    from report_receipt r join report_version v on v.id = r.report_version_id
    where v.reading_id = any(%(readings)s::uuid[]) and r.kind <> 'delivered' and r.practitioner_id is not null
    union all
    select e.organization_id, e.practitioner_id, '', 'opened', e.at
    from report_version v
    join audit_event e on e.entities @> jsonb_build_array(jsonb_build_object('kind', 'report', 'id', v.id::text))
    where v.reading_id = any(%(readings)s::uuid[]) and e.outcome = 'success'
      -- a page that receives it by itself is not somebody who reads it
      and coalesce(e.detail ->> 'route', '') <> 'POST /api/reports/{id}/received'
      and e.practitioner_id is not null and e.organization_id is not null
    union all
    select e.organization_id, e.practitioner_id, '', 'opened', e.at
    from (select reading_id, min(signed_at) as signed_at from report_version
          where reading_id = any(%(readings)s::uuid[]) group by reading_id) v
    join audit_event e on e.entities @> jsonb_build_array(jsonb_build_object('kind', 'reading', 'id', v.reading_id::text))
    where e.at >= v.signed_at and e.outcome = 'success'
      -- a list names the reading and shows no text of its report
      and e.detail ->> 'route' = 'GET /api/readings/{id}'
      and e.practitioner_id is not null and e.organization_id is not null
    union all
    select d.organization_id, null, trim(c.told_name || ' ' || coalesce(c.told_staff_number, '')), 'called', c.told_at
    from report_discrepancy c join reading d on d.id = c.reading_id
    where c.reading_id = any(%(readings)s::uuid[]) and c.told_at is not null
)
select (array_agg(organization_id order by at desc))[1] as organization_id, practitioner_id, name,
       array_agg(distinct means order by means) as means, max(at) as last_at
from had
where practitioner_id is distinct from %(but)s::uuid
group by practitioner_id, name
order by max(at) desc, practitioner_id;
