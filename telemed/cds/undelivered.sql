-- name: undelivered
-- Reports of organisations in scope that are in a state, what waits longest first, by keyset.
select u.id, u.state, u.report_version_id, r.organization_id, o.name as organization_name, coalesce(q.item, '') as item,
    v.status, v.signed_at, v.author_name, u.queued_at, u.next_at, u.ended_at, u.attempts, u.last_status, u.last_fault,
    coalesce(p.name, '') as given_up_by_name, u.reason, coalesce(r.former_patient_id, s.patient_id) as patient_id
from report_upload u
join report_version v on v.id = u.report_version_id
join reading r on r.id = v.reading_id
join imaging_study s on s.id = r.study_id
join organization o on o.id = r.organization_id
left join service_request q on q.id = s.service_request_id
left join practitioner p on p.id = u.given_up_by
where u.state = %(state)s::text
  and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[]))
  and (%(after_at)s::timestamptz is null
       or (u.queued_at, u.id) > (%(after_at)s::timestamptz, %(after_id)s::uuid))
order by u.queued_at, u.id
limit %(limit)s::int;

-- name: undelivered_counts
-- How many in scope are dead, and how many wait.
select count(*) filter (where u.state = 'dead')::int as dead, count(*) filter (where u.state = 'waiting')::int as waiting
from report_upload u
join report_version v on v.id = u.report_version_id
join reading r on r.id = v.reading_id
where u.state in ('dead', 'waiting')
  and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[]));

-- name: lock_undelivered
-- One report on its way, held until the decision is written.
select u.id, u.state, r.organization_id, coalesce(r.former_patient_id, s.patient_id) as patient_id
from report_upload u
join report_version v on v.id = u.report_version_id
join reading r on r.id = v.reading_id
join imaging_study s on s.id = r.study_id
where u.id = %(id)s::uuid for update of u;

-- name: dead_in_scope
-- Dead letters in scope, the longest dead first, a bounded number, held until they are tried again.
select u.id, u.state, r.organization_id, coalesce(r.former_patient_id, s.patient_id) as patient_id
from report_upload u
join report_version v on v.id = u.report_version_id
join reading r on r.id = v.reading_id
join imaging_study s on s.id = r.study_id
where u.state = 'dead'
  and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[]))
order by u.ended_at, u.id limit %(limit)s::int for update of u skip locked;

-- name: try_again
-- As if it had just been queued.
update report_upload set state = 'waiting', attempts = 0, next_at = %(now)s::timestamptz, ended_at = null,
    given_up_by = null, reason = ''
where id = any(%(ids)s::uuid[]);

-- name: give_up
-- It is not sent any more.
update report_upload set state = 'given-up', given_up_by = %(by)s::uuid, reason = %(reason)s::text,
    ended_at = %(now)s::timestamptz
where id = %(id)s::uuid;
