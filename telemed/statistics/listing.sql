-- What people read beside the figures: the decisions of a list, one decision, the past of a line, names.

-- name: decisions
-- What some decisions were about and what became of them.
select d.id, d.organization_id, o.name as organization_name, d.decided_at, d.verdict,
       array(select distinct s.item_key from statistics_result s where s.decision_id = d.id order by 1 limit 50) as items,
       coalesce(c.surface, '') as surface, coalesce(c.outcome, '') as outcome, coalesce(c.reason_code, '') as reason
from recognition_decision d
join organization o on o.id = d.organization_id
left join lateral (
    select c.surface, c.outcome, c.reason_code from recognition_exposure_decision x
    join statistics_card c on c.card = x.card
    where x.decision_id = d.id order by c.outcome_at desc nulls last, c.shown_at desc limit 1
) c on true
where d.id = any(%(ids)s::uuid[]);

-- name: decision
-- One decision as it was kept.
select id, organization_id, patient_id, decided_at, verdict, engine_version, trace_hash, trace
from recognition_decision where id = %(id)s::uuid;

-- name: cards
-- The cards that spoke of a decision, each with what was said last.
select c.surface, c.shown_at, coalesce(c.outcome, '') as outcome, c.outcome_at, coalesce(c.reason_code, '') as reason
from recognition_exposure_decision x join statistics_card c on c.card = x.card
where x.decision_id = %(id)s::uuid order by c.shown_at, c.card limit 100;

-- name: past
-- The figures of one member, or of the county, in each sealed month by the version that counts.
select s.month, f ->> 'code' as code, (f ->> 'value')::bigint as value
from (select distinct on (month) month, content from statistics_seal
      where month between %(first)s::date and %(last)s::date order by month, version desc) s
cross join lateral jsonb_array_elements(s.content::jsonb -> 'figures') f
where f ->> 'cut' = 'member' and f ->> 'organization' = %(organization)s::text
order by s.month, code;

-- name: practitioners
-- What people of the county are called, for those who answer for quality.
select id::text as key, name from practitioner where id::text = any(%(keys)s::text[]);
