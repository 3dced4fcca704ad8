-- name: record
-- One record as it is compared.
select p.id, p.organization_id, p.name, p.sex, p.birth_date, p.birth_date_estimated, p.identity, p.phone, p.address,
       p.mother_id, p.created_at,
       array(select array[i.kind, i.issuer, i.value] from patient_identifier i where i.patient_id = p.id) as numbers,
       exists (select from service_request q where q.patient_id = p.id and q.card_mismatch
               and q.status not in ('revoked', 'entered-in-error')) as card_mismatch,
       false as never_link
from patient p where p.id = any(%(ids)s::uuid[]) order by p.id;

-- name: holders
-- Whom numbers belong to, each once, as a record is compared.
select p.id, p.organization_id, p.name, p.sex, p.birth_date, p.birth_date_estimated, p.identity, p.phone, p.address,
       p.mother_id, p.created_at,
       array(select array[i.kind, i.issuer, i.value] from patient_identifier i where i.patient_id = p.id) as numbers,
       exists (select from service_request q where q.patient_id = p.id and q.card_mismatch
               and q.status not in ('revoked', 'entered-in-error')) as card_mismatch,
       false as never_link
from patient p
where p.id in (
    select h.patient_id from patient_identifier h
    join unnest(%(issuers)s::text[], %(values)s::text[]) n (issuer, value) on h.issuer = n.issuer and h.value = n.value
    where h.claim = '')
order by p.id;

-- name: candidates
-- Who may be the same person as a record, by blocking keys, a number in common first: number, exact birth date, name
-- with a birth date near by or none, phone, mother. At most 500.
with near (id, rank) as (
    select i.patient_id, 0 from patient_identifier i
    join unnest(%(issuers)s::text[], %(values)s::text[]) n (issuer, value) on i.issuer = n.issuer and i.value = n.value
    union all
    select p.id, 1 from patient p where p.birth_date = %(born)s::date and not p.birth_date_estimated
    union all
    select p.id, 2 from patient p
    where p.name_search = %(name)s::text
      and (%(any_birth)s::boolean or p.birth_date is null or p.birth_date_estimated
           or p.birth_date = any(%(near_dates)s::date[]))
    union all
    select p.id, 3 from patient p
    where right(regexp_replace(p.phone, '[^0-9]', '', 'g'), 11) = %(phone)s::text and p.phone <> ''
    union all
    select p.id, 4 from patient p where p.mother_id = %(mother_id)s::uuid),
chosen as (
    select id from near where id <> %(patient_id)s::uuid group by id order by min(rank), id limit 500)
select p.id, p.organization_id, p.name, p.sex, p.birth_date, p.birth_date_estimated, p.identity, p.phone, p.address,
       p.mother_id, p.created_at,
       array(select array[i.kind, i.issuer, i.value] from patient_identifier i where i.patient_id = p.id) as numbers,
       exists (select from service_request q where q.patient_id = p.id and q.card_mismatch
               and q.status not in ('revoked', 'entered-in-error')) as card_mismatch,
       coalesce((select k.fact from identity_link k
                 where k.patient_id = least(p.id, %(patient_id)s::uuid)
                   and k.other_patient_id = greatest(p.id, %(patient_id)s::uuid)
                 order by k.id desc limit 1) = 'never-link', false) as never_link
from chosen c join patient p on p.id = c.id;
