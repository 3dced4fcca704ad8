-- name: queue
-- Every signed version of a reading once, whatever event speaks of it and however often.
insert into report_upload (report_version_id, queued_at, next_at)
select v.id, %(now)s::timestamptz, %(now)s::timestamptz from report_version v
where v.reading_id = %(reading_id)s::uuid and v.status <> 'preliminary'
on conflict (report_version_id) do nothing;

-- name: take
-- The report that is due longest, for one worker; what a dead worker held is due again when its lease is over.
update report_upload set lease_id = %(lease_id)s::uuid, leased_until = %(until)s::timestamptz, attempts = attempts + 1
where id = (
    select id from report_upload
    where state = 'waiting' and next_at <= %(now)s::timestamptz
        and (leased_until is null or leased_until <= %(now)s::timestamptz)
    order by next_at, id limit 1 for update skip locked)
returning id, report_version_id, attempts;

-- name: report
-- What is told of a report; a preliminary one is not.
select v.id, v.reading_id, v.replaces_id, v.status, v.findings, v.impression, v.signed_at, v.performer_name, v.author_name, s.study_instance_uid,
    coalesce((select array_agg(distinct e.modality order by e.modality) from imaging_series e where e.study_id = s.id),
        '{}') as modalities,
    coalesce(q.accession_number, '') as accession_number, coalesce(q.item, '') as item, o.code as organization_code,
    o.name as organization_name, p.id as patient_id, p.name as patient_name, p.sex, p.birth_date,
    coalesce((select i.value from patient_identifier i where i.patient_id = p.id and i.kind = 'national-id'
        and i.claim = '' order by i.since desc limit 1), '') as number
from report_version v
join reading r on r.id = v.reading_id
join imaging_study s on s.id = r.study_id
join organization o on o.id = r.organization_id
join patient p on p.id = coalesce(r.former_patient_id, s.patient_id)
left join service_request q on q.id = s.service_request_id
where v.id = %(id)s::uuid;

-- name: mark
-- What became of an attempt, and whose report it is; nothing where the lease went to another meanwhile.
update report_upload u set state = %(state)s::text, next_at = %(next_at)s::timestamptz, lease_id = null,
    leased_until = null, last_status = %(status)s::integer, last_fault = %(fault)s::text,
    ended_at = case when %(state)s::text = 'waiting' then null else %(now)s::timestamptz end
from report_version v join reading r on r.id = v.reading_id
where u.id = %(id)s::uuid and u.lease_id = %(lease_id)s::uuid and u.state = 'waiting' and v.id = u.report_version_id
returning u.id, r.organization_id;

-- name: next_due
-- When there is something to do next.
select min(greatest(next_at, coalesce(leased_until, next_at))) as at from report_upload where state = 'waiting';

-- name: counts
-- How many are where, and since when the oldest waits.
select state, count(*) as amount, min(queued_at) as oldest from report_upload group by state order by state;

-- name: dead
-- Reports that only a person helps, oldest first.
select id, report_version_id, attempts, last_status, last_fault, ended_at from report_upload
where state = 'dead' order by ended_at, id limit %(limit)s::integer;

-- name: revive
-- Try dead ones again: one, or all.
update report_upload u set state = 'waiting', attempts = 0, next_at = %(now)s::timestamptz, ended_at = null
from report_version v join reading r on r.id = v.reading_id
where u.state = 'dead' and (%(id)s::uuid is null or u.id = %(id)s::uuid) and v.id = u.report_version_id
returning u.id, r.organization_id;
