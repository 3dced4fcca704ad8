-- name: look_backs
-- Periods taken back that some organisations produced or relied on, those with something open first, then the newest.
select b.id, b.organization_id, o.name as organization_name, b.item_key, coalesce(d.ae_title, b.device_id, '') as device,
    b.begins, b.ends, b.known_from, b.cause_id, g.programme, g.basis, g.label,
    count(t.id) as tasks,
    count(t.id) filter (where a.act is distinct from 'done') as open,
    count(*) over () as total
from look_back b
join organization o on o.id = b.organization_id
left join device d on d.id::text = b.device_id
left join lateral (
    select r.programme, r.basis, r.scope ->> 'label' as label from recognition_grant r where r.id = b.grant_id limit 1) g on true
left join lateral (
    select t.id from look_back_task t join recognition_decision n on n.id = t.decision_id
    where t.look_back_id = b.id
      and (%(organizations)s::uuid[] is null or n.organization_id = any(%(organizations)s::uuid[]))) t on true
left join lateral (
    select act from look_back_act x where x.task_id = t.id order by x.number desc limit 1) a on true
group by b.id, o.name, d.ae_title, g.programme, g.basis, g.label
having %(organizations)s::uuid[] is null or b.organization_id = any(%(organizations)s::uuid[]) or count(t.id) > 0
order by count(t.id) filter (where a.act is distinct from 'done') = 0, b.known_from desc, b.begins, b.id
limit %(limit)s::int;

-- name: tasks
-- The decisions that relied on a period taken back, asked in some organisations, open ones first, the oldest first.
-- asks: on a card that asked for an answer; others only say what is known.
select t.id, t.decision_id, n.organization_id, o.name as organization_name, n.patient_id, coalesce(p.name, '') as patient_name,
    n.decided_at, n.verdict, n.trace, coalesce(r.outcome, '') as response, coalesce(r.reason_code, '') as reason_code,
    exists (select from recognition_exposure_decision e where e.decision_id = n.id) as shown,
    exists (select from recognition_exposure_decision e join recognition_exposure c on c.card = e.card
            where e.decision_id = n.id and c.suggestions <> '{}'::jsonb) as asks,
    a.act, coalesce(a.outcome, '') as finding, coalesce(a.note, '') as note, coalesce(w.name, '') as acted_by_name, a.acted_at,
    count(*) over () as total
from look_back_task t
join recognition_decision n on n.id = t.decision_id
join organization o on o.id = n.organization_id
left join patient p on p.id = n.patient_id
left join lateral (
    select x.outcome, x.reason_code
    from recognition_exposure_decision e join recognition_response x on x.card = e.card
    where e.decision_id = n.id
    order by x.outcome_at desc, x.received_at desc, x.id desc limit 1) r on true
left join lateral (
    select x.act, x.outcome, x.note, x.acted_by, x.acted_at from look_back_act x
    where x.task_id = t.id order by x.number desc limit 1) a on true
left join practitioner w on w.id = a.acted_by
where t.look_back_id = %(look_back_id)s::uuid
  and (%(organizations)s::uuid[] is null or n.organization_id = any(%(organizations)s::uuid[]))
order by a.act is not distinct from 'done', n.decided_at, t.id
limit %(limit)s::int;

-- name: look_back
-- One period taken back.
select id, grant_id, organization_id, item_key, device_id, begins, ends, cause_id, known_from
from look_back where id = %(id)s::uuid;

-- name: hold_task
-- One task, held until the transaction ends, with its last act.
select t.id, t.look_back_id, n.organization_id, n.patient_id, b.organization_id as producer_id
from look_back_task t
join look_back b on b.id = t.look_back_id
join recognition_decision n on n.id = t.decision_id
where t.id = %(id)s::uuid
for no key update of t;

-- name: last_act
-- What was done last about a task.
select number, act, outcome, note, acted_by from look_back_act
where task_id = %(task_id)s::uuid order by number desc limit 1;

-- name: add_act
-- What somebody did about a task.
insert into look_back_act (task_id, number, act, outcome, note, acted_by, acted_at)
values (%(task_id)s::uuid, %(number)s::int, %(act)s::text, %(outcome)s::text, %(note)s::text, %(by)s::uuid,
    %(now)s::timestamptz);
