-- name: changes
-- What was known of the grants of one member's item, and until when it was held true.
select id::text as id, organization_id::text as organization_id, item_key, scope, basis, state, begins, ends,
    known_from, known_until, withdrawn_from, device_id, reader_id::text as reader_id, evidence, due, programme, struck
from grant_knowledge
where organization_id = %(organization_id)s::uuid and item_key = %(item_key)s::text
  and known_from <= %(known_at)s::timestamptz
order by known_from desc, begins desc, id
limit %(limit)s::int;

-- name: evidence
-- The records of quality by their ids.
select id::text as id, 'evaluation' as kind, programme, round, outcome, score, published_at as at, known_from
from quality_evaluation
where organization_id = %(organization_id)s::uuid and id::text = any(%(ids)s::text[])
union all
select id::text, kind, coalesce(programme, ''), '', '', '', at, known_from
from quality_fact
where organization_id = %(organization_id)s::uuid and id::text = any(%(ids)s::text[])
order by 7, 1;
