-- name: decisions
-- Decisions after one, in the order they were made, with the rules they were made by.
select d.id, d.patient_id, d.asked, d.context, d.as_of, d.known_at, d.known_upto, d.rule_set, d.engine_version,
       d.inputs_hash, d.trace_hash, d.verdict, d.trace, d.candidates, d.decided_at, r.content as rules
from recognition_decision d join recognition_rule_set r on r.hash = d.rule_set
where (d.decided_at, d.id) > (%(after)s::timestamptz, %(after_id)s::uuid) and d.decided_at < %(until)s::timestamptz
order by d.decided_at, d.id limit %(limit)s::int;

-- name: keep_rules
-- What a decision was made by, once.
insert into recognition_rule_set (hash, content) values (%(hash)s::text, %(content)s::text) on conflict do nothing;

-- name: without_rules
-- Decisions whose rules nobody kept.
select count(*)::int as count from recognition_decision d
where not exists (select from recognition_rule_set r where r.hash = d.rule_set);
