-- name: place_of_device
-- Where a device stands, and who registers and reads reports there.
select o.id, o.name,
       (select a.username from account a join practitioner_role x on x.practitioner_id = a.practitioner_id
        where x.organization_id = o.id and x.role = 'registrar' order by a.username limit 1) as technician,
       (select a.username from account a join practitioner_role x on x.practitioner_id = a.practitioner_id
        where x.organization_id = o.id and x.role = 'requester' order by a.username desc limit 1) as requester
from device d join organization o on o.id = d.organization_id
where d.ae_title = %(device)s::text;

-- name: standing
-- How far a study has come.
select s.instance_count as instances, r.id as reading_id, r.state, r.current_version_id as report_id
from imaging_study s
left join reading r on r.study_id = s.id and r.state <> 'canceled'
where s.study_instance_uid = %(study)s::text;

-- name: request
-- A registration that a start before this one made.
select accession_number from service_request where submission_id = %(submission_id)s::uuid;

-- name: date_back_request
-- The demo's patients were registered over the day, not all at once.
update service_request set registered_at = %(at)s::timestamptz where id = %(id)s::uuid;

-- name: date_back_reading
-- The demo's studies came over the day, each a few minutes after it was acquired.
with moved as (
    update imaging_study
    set last_received_at = %(at)s::timestamptz + interval '6 minutes' + (last_received_at - first_received_at),
        first_received_at = %(at)s::timestamptz + interval '6 minutes'
    where study_instance_uid = %(study)s::text and first_received_at > %(at)s::timestamptz + interval '7 minutes'
    returning id
)
update reading r
set opened_at = %(at)s::timestamptz + interval '7 minutes',
    clock_started_at = case when r.clock_started_at is not null then %(at)s::timestamptz + interval '7 minutes' end,
    due_at = r.due_at - (r.clock_started_at - (%(at)s::timestamptz + interval '7 minutes'))
from moved where r.study_id = moved.id and r.state in ('awaiting-reading', 'awaiting-match');
