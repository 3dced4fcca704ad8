-- name: known_look_backs
-- Periods taken back, newest first: what a ledger asks for the decisions that relied on the grant.
select id, grant_id, organization_id, item_key, device_id, begins, ends, cause_id, known_from
from look_back
where known_from > %(after)s::timestamptz
order by known_from desc, id
limit %(limit)s::int;

-- name: open_tasks
-- A task for each decision that relied on it; one that is there already stays as it is.
insert into look_back_task (id, look_back_id, decision_id, opened_at)
select gen_random_uuid(), %(look_back_id)s::uuid, decision, %(now)s::timestamptz
from unnest(%(decisions)s::uuid[]) as decision
on conflict (look_back_id, decision_id) do nothing;

-- name: open_list
-- Tasks that nobody has closed, oldest first.
select t.id, t.look_back_id, t.decision_id, t.opened_at, b.grant_id, b.organization_id, b.item_key
from look_back_task t join look_back b on b.id = t.look_back_id
where t.closed_at is null
  and (%(organizations)s::uuid[] is null or b.organization_id = any(%(organizations)s::uuid[]))
order by t.opened_at, t.id
limit %(limit)s::int;

-- name: close_task
-- What came of it; nothing for a task that is closed already.
update look_back_task
set outcome = %(outcome)s::text, note = %(note)s::text, closed_by = %(by)s::uuid, closed_at = %(now)s::timestamptz
where id = %(id)s::uuid and closed_at is null;
