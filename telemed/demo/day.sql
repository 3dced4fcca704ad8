-- name: someone
-- A person of the demo county as policy sees a signed-in one.
select a.id as account_id, p.id as practitioner_id, p.name, o.id as organization_id,
       o.kind = 'lead-hospital' as reading_center,
       array(select r.role from practitioner_role r
             where r.practitioner_id = p.id and r.organization_id = o.id order by r.role) as roles,
       array(select c.id from organization c where c.parent_id = o.id and c.kind = 'village-clinic') as clinics,
       array(select m.organization_id from community_membership m where m.valid_until is null) as community
from account a
join practitioner p on p.id = a.practitioner_id
join organization o on o.id = p.organization_id
where a.username = %(username)s::text;

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
-- How far a study has come; sending while an association that brought it is open.
select s.id, s.instance_count as instances, s.completeness = 'receiving' as receiving,
       exists (select from imaging_association a where a.study_id = s.id and a.ended = 'open') as sending,
       r.id as reading_id, r.state, r.current_version_id as report_id
from imaging_study s
left join reading r on r.study_id = s.id and r.state <> 'canceled'
where s.study_instance_uid = %(study)s::text;

-- name: registered
-- The registration that a start before this one made.
select accession_number from service_request where submission_id = %(submission_id)s::uuid;

-- name: date_back_study
-- The demo's studies came over the day, not all at once; whether they are whole is looked at again now.
update imaging_study
set last_received_at = %(at)s::timestamptz + (last_received_at - first_received_at),
    first_received_at = %(at)s::timestamptz,
    settle_at = case when completeness = 'receiving' then %(at)s::timestamptz end
where id = %(id)s::uuid and first_received_at > %(at)s::timestamptz;

-- name: date_back_reading
-- Where the server was faster, the reading's clock started when the study came in the demo's day.
update reading
set opened_at = least(opened_at, %(clock_started_at)s::timestamptz),
    clock_started_at = %(clock_started_at)s::timestamptz, allowed_minutes = %(allowed_minutes)s::integer,
    working_time = %(working_time)s::boolean, due_at = %(due_at)s::timestamptz
where id = %(id)s::uuid and state = 'awaiting-reading';

-- name: silence
-- A device whose township went silent in the night.
update device set last_seen_at = %(at)s::timestamptz where ae_title = %(device)s::text and last_seen_at is null;

-- name: quarantined
-- How many instances of a device are kept apart.
select count(*)::integer as cases from quarantine where calling_ae = %(device)s::text;
