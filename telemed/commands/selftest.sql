-- name: known
-- Whether the registry knows the private county's results and every grant that was written.
select (select count(*) from recognition_knowledge where kind = 'candidate' and thing like 'imaging/%%' and content <> '')
           >= %(studies)s::integer
       and (select count(*) from recognition_knowledge where kind = 'candidate' and thing like 'laboratory/%%')
           >= %(observations)s::integer
       and not exists (select from recognition_grant g where not exists (
               select from recognition_knowledge k where k.kind = 'grant' and k.thing = g.id::text))
       as known;

-- name: decisions
-- What the ledger keeps of the decisions of a hospital system: on how many results, what spoke against them, and the
-- card that spoke of each.
select d.order_reference, d.verdict, jsonb_array_length(d.candidates::jsonb) as results,
       array(select jsonb_path_query(d.trace::jsonb,
           '$.analytes[*].candidates[*].findings[*] ? (@.outcome != "pass").code') #>> '{}') as against,
       e.card::text as card
from recognition_decision d
left join recognition_exposure_decision x on x.decision_id = d.id
left join recognition_exposure e on e.card = x.card
where d.client_id = (select id from cds_client where issuer = %(issuer)s::text)
order by d.order_reference;

-- name: laboratory
-- The laboratory's organisation by its code.
select id from organization where code = %(code)s::text;
