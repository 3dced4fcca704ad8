-- Who attended: rows as those of details.sql, of what no decision stands behind.

-- name: attending
-- Patients who are known to have attended a member, and by which source: asked about by it, registered there for an
-- examination, told by ADT to have begun a visit there in the period that was not taken back. A record that somebody was
-- asked about or registered under counts once; whoever is known by ADT alone counts once as a person, under whichever
-- linked record, and not again where a record of the same person counts. Those nobody asked about have no decision to show.
with record as (
    select one.organization_id, coalesce(p.same_as_id, p.id) as person, bool_or(one.registers) as registers,
           bool_or(bool_or(one.asks)) over (partition by one.organization_id, coalesce(p.same_as_id, p.id)) as asks
    from (
        select q.organization_id, q.patient_id, false as asks, true as registers from service_request q
        where q.registered_at >= %(first)s::timestamptz and q.registered_at < %(end)s::timestamptz
          and q.status <> 'entered-in-error' and %(cut)s::text = 'member'
        union all
        select d.organization_id, d.patient_id, true, false from recognition_decision d
        where d.decided_at >= %(first)s::timestamptz and d.decided_at < %(end)s::timestamptz
          and d.patient_id is not null
          and (d.client_id is not null or exists (
              select from patient_organization k
              where k.patient_id = d.patient_id and k.organization_id = d.organization_id))
          and %(cut)s::text = 'member'
    ) one join patient p on p.id = one.patient_id
    group by one.organization_id, p.id
), version as (
    -- of every visit that some message lets begin in the period, what was said last first
    select v.encounter_id, v.patient_id, v.began_day, v.act,
           row_number() over (
               partition by v.encounter_id order by v.told_at desc, v.act_rank desc, v.known_from desc, v.id desc) as nth
    from (
        select distinct t.encounter_id from encounter_version t
        where t.began_day >= %(first_day)s::date and t.began_day < %(end_day)s::date and %(cut)s::text = 'member'
    ) told
    join encounter_version v on v.encounter_id = told.encounter_id
), visit as (
    -- the patient of all versions, the day of those that say one, and whether the admission was taken back after it was
    -- last made
    select encounter_id, (array_agg(patient_id) filter (where nth = 1))[1] as patient_id
    from (
        select v.*, min(nth) filter (where began_day is not null) over (partition by encounter_id) as says_day,
               min(nth) filter (where act in ('admitted', 'registered', 'admission-cancelled'))
                   over (partition by encounter_id) as says_whether
        from version v
    ) said
    group by encounter_id
    having bool_or(nth = says_day and began_day >= %(first_day)s::date and began_day < %(end_day)s::date)
       and not coalesce(bool_or(nth = says_whether and act = 'admission-cancelled'), false)
), visitor as (
    select distinct e.organization_id, coalesce(p.same_as_id, p.id) as person
    from visit v join encounter e on e.id = v.encounter_id join patient p on p.id = v.patient_id
)
select organization_id, ''::text as key, null::uuid as decision_id, null::timestamptz as decided_at, code,
       1::bigint as value
from (
    select r.organization_id, one.code from record r cross join lateral (values
        ('attending'), (case when r.registers then 'attending-registered' end),
        (case when r.registers and not r.asks then 'unasked-registered' end)) as one (code)
    union all
    select v.organization_id, one.code from visitor v
    left join (select organization_id, person, bool_or(asks) as asks from record group by 1, 2) k
      on k.organization_id = v.organization_id and k.person = v.person
    cross join lateral (values
        ('attending-adt'), (case when k.person is null then 'attending' end),
        (case when k.asks is not true then 'unasked-adt' end)) as one (code)
) told
where code is not null;
