-- name: open_case
-- Keep bytes apart; the same bytes for the same reason are one case, counted.
insert into quarantine (
    digest, size, reason, detail, organization_id, calling_ae, sop_class_uid, sop_instance_uid, study_instance_uid,
    transfer_syntax_uid, study_id, received_at, last_received_at)
values (
    decode(%(digest)s, 'hex'), %(size)s, %(reason)s, %(detail)s::jsonb, %(organization_id)s, %(calling_ae)s,
    %(sop_class_uid)s, %(sop_instance_uid)s, %(study_instance_uid)s, %(transfer_syntax_uid)s,
    (select id from imaging_study where study_instance_uid = %(study_instance_uid)s), %(received_at)s, %(received_at)s)
on conflict (digest, reason, sop_instance_uid, transfer_syntax_uid) where state = 'open'
do update set times = quarantine.times + 1,
    last_received_at = greatest(quarantine.last_received_at, excluded.last_received_at)
returning id, times = 1 as opened;

-- name: cases
-- Cases in scope, newest first, by keyset.
select q.id, encode(q.digest, 'hex') as digest, q.size, q.reason, q.organization_id,
    coalesce(o.name, '') as organization_name, q.calling_ae, q.sop_class_uid, q.sop_instance_uid,
    q.study_instance_uid, q.study_id, q.times, q.received_at, q.last_received_at, q.state, q.decided_at,
    coalesce(p.name, '') as decided_by_name, q.decision_note,
    coalesce(q.detail -> 'arrival' ->> 'patient_name', '') as patient_name,
    coalesce(q.detail -> 'arrival' ->> 'patient_id', '') as patient_id,
    coalesce(q.detail -> 'arrival' ->> 'modality', '') as modality,
    coalesce(q.detail ->> 'fault', '') as fault,
    q.detail ? 'arrival' as readable
from quarantine q
left join organization o on o.id = q.organization_id
left join practitioner p on p.id = q.decided_by
where q.state = %(state)s
    and (%(organizations)s::uuid[] is null or q.organization_id = any(%(organizations)s)
        or (%(unplaced)s::boolean and q.organization_id is null))
    and (%(before_at)s::timestamptz is null or (q.received_at, q.id) < (%(before_at)s, %(before_id)s::uuid))
order by q.received_at desc, q.id desc
limit %(limit)s;

-- name: count_open
-- How many cases in scope wait for a decision.
select count(*) as count from quarantine
where state = 'open' and (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s)
    or (%(unplaced)s::boolean and organization_id is null));

-- name: lock_case
-- One case, to be decided.
select id, encode(digest, 'hex') as digest, reason, detail -> 'arrival' as arrival, organization_id, study_id, state
from quarantine
where id = %(id)s
for update;

-- name: decide
-- A person decided.
update quarantine set state = %(state)s, decided_by = %(by)s, decided_at = %(now)s, decision_note = %(note)s
where id = %(id)s;

-- name: settle
-- A person decided on several at once: they are in the index now.
update quarantine
set state = 'released', decided_by = %(by)s, decided_at = %(now)s, decision_note = %(note)s
where id = any(%(ids)s);

-- name: open_of_other_patient
-- Whether a study still has pictures of somebody else in quarantine.
select count(*) as count from quarantine
where study_id = %(study_id)s and state = 'open' and reason = 'study-of-another-patient';

-- name: release_hold
-- Nothing contradicts any more.
update imaging_study set hold = '', revision = revision + 1 where id = %(study_id)s and hold = 'mixed';
