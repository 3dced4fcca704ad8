-- name: known_look_backs
-- Periods taken back, newest first.
select id, grant_id, organization_id, item_key, device_id, begins, ends, cause_id, known_from
from look_back
where known_from > %(after)s::timestamptz
order by known_from desc, id
limit %(limit)s::int;

-- name: decisions_on
-- Decisions with a result that rests on a grant, a page of them, with what they said.
select id, decided_at, trace from recognition_decision
where decision_grants(trace) @> array[%(grant_id)s::text]
  and (decided_at, id) > (%(after_at)s::timestamptz, %(after_id)s::uuid)
order by decided_at, id
limit %(limit)s::int;

-- name: open_tasks
-- A task for each decision that relied on it; one that was opened before for the same grant is enough.
insert into look_back_task (id, look_back_id, decision_id, opened_at)
select gen_random_uuid(), %(look_back_id)s::uuid, decision, %(now)s::timestamptz
from unnest(%(decisions)s::uuid[]) as decision
where not exists (
    select from look_back_task t join look_back b on b.id = t.look_back_id
    where t.decision_id = decision and b.grant_id = %(grant_id)s::uuid)
on conflict (look_back_id, decision_id) do nothing;
