-- The registry reads the log by three names: what stands for everybody, results that come, results that a new code map
-- has changed.  The new ones go on where the one before them stands.
insert into event_consumer (name, xid, id)
select n.name, c.xid, c.id
from event_consumer c cross join (values ('recognition-results'), ('recognition-remapping')) n (name)
where c.name = 'recognition-knowledge'
on conflict (name) do nothing;

-- Whose results still wait to be known.
create index event_result_of_patient on event ((ids ->> 'patient')) where kind in ('result.received', 'result.remapped');
