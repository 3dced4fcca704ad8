-- From the traces of the ledger to rows that are counted.

-- name: write_out
-- Write out decisions of a period that are not yet, the oldest first, at most so many.
with taken as (
    select d.id, d.organization_id, d.patient_id, d.decided_at, d.as_of, d.known_upto, d.asked::jsonb as asked,
           d.trace::jsonb as trace, d.verdict
    from recognition_decision d
    where d.decided_at >= %(first)s::timestamptz and d.decided_at < %(end)s::timestamptz
      and not exists (select from statistics_decision w where w.decision_id = d.id)
    order by d.decided_at, d.id limit %(limit)s::int
), marked as (
    insert into statistics_decision (decision_id, written_at) select id, %(now)s::timestamptz from taken
    on conflict do nothing
), line as (
    select t.id, t.organization_id, t.patient_id, t.decided_at, t.as_of, t.known_upto, t.asked, t.verdict,
           jsonb_array_length(t.trace -> 'analytes') = 1 as alone,
           analyte ->> 'key' as item_key, t.trace -> 'covered' ? (analyte ->> 'key') as covered, c.value as c, c.ordinality,
           c.value -> 'basis' as basis
    from taken t
    cross join lateral jsonb_array_elements(t.trace -> 'analytes') analyte
    cross join lateral jsonb_array_elements(analyte -> 'candidates') with ordinality c
    where t.patient_id is not null
), known as (
    select l.*, k.content,
           case when k.content ->> 'mapping' is null then k.content -> 'code' else k.content -> 'mapping' -> 'code' end as code
    from line l left join lateral (
        select nullif(k.content, '')::jsonb as content from recognition_knowledge k
        where k.kind = 'candidate' and k.thing = l.c ->> 'candidate_id' and k.id <= l.known_upto
        order by k.id desc limit 1
    ) k on true
), document as materialized (
    select v.issuer, v.series, v.number, one.key, one.value ->> 'price' as price, one.value ->> 'modality' as modality,
           one.value ->> 'body_site' as body_site
    from (select issuer, series, number, content::jsonb as content from catalogue_version
          where exists (select from taken)) v
    cross join lateral jsonb_each(v.content -> 'items') one
)
insert into statistics_result (decision_id, item_key, result, piece, organization_id, patient_id, decided_at, as_of,
    acquiring_id, anchor, verdict, exempt, certain, offered, covered, prints_hr, grant_id, price, modality, body_site, codes)
select l.id, l.item_key, l.c ->> 'candidate_id',
       split_part(l.c ->> 'candidate_id', '/', 1) || '/' || split_part(l.c ->> 'candidate_id', '/', 2),
       l.organization_id, l.patient_id, l.decided_at, l.as_of, (l.content ->> 'acquiring_id')::uuid,
       (l.c ->> 'anchor')::timestamptz, l.c ->> 'verdict', l.verdict is not distinct from 'exempt',
       not exists (
           select from jsonb_array_elements(l.c -> 'findings') f
           where f ->> 'gate' in ('identity', 'mapping', 'G1') and f ->> 'outcome' <> 'pass'),
       l.ordinality = 1 and l.c ->> 'verdict' in ('must-offer', 'may-offer'),
       l.covered, l.c ->> 'prints_hr' = 'true', l.c ->> 'grant_id', d.price::bigint, coalesce(d.modality, ''),
       coalesce(d.body_site, ''),
       array(
           select distinct system || '|' || code from (
               select o.code ->> 'system', o.code ->> 'code' from known o
               where o.id = l.id and o.item_key = l.item_key and o.code is not null
               union all select 'urn:cn:county:item-key', l.item_key
                   -- of a panel the code says nothing of one part
               union all select a ->> 'system', a ->> 'code' from jsonb_array_elements(l.asked -> 'codes') a
               where l.alone
           ) same (system, code) order by 1)
from known l left join document d
  on d.issuer = l.basis ->> 'issuer' and d.series = l.basis ->> 'series' and d.number = l.basis ->> 'number'
 and d.key = l.basis ->> 'item_key'
on conflict do nothing;

-- name: left_over
-- How many decisions of a period are not written out.
select count(*)::int as count from recognition_decision d
where d.decided_at >= %(first)s::timestamptz and d.decided_at < %(end)s::timestamptz
  and not exists (select from statistics_decision w where w.decision_id = d.id);
