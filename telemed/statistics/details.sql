-- The rows behind every figure: one row says that a decision counts `value` for `code` in the line `key` of a cut (member,
-- item or doctor). counting.py sums them and listing.py shows them, so that a figure and the list it leads to are one
-- thing. A period holds its first moment and not its end; days are of the county's zone. Whoever asks on the county's own
-- pages (no client) about somebody their organisation does not know only reads: that is no attendance there.

-- name: pieces
-- 份: every existing result of another member, once for each member, patient and 份 (by item: and item), and its fate.
with line as (
    select s.organization_id, s.patient_id, s.piece, case when %(cut)s::text = 'item' then s.item_key else '' end as key,
           s.decision_id, s.decided_at, s.offered
    from statistics_result s
    where s.decided_at >= %(first)s::timestamptz and s.decided_at < %(end)s::timestamptz
      and s.certain and not s.exempt and s.acquiring_id <> s.organization_id
      and exists (select from recognition_decision d where d.id = s.decision_id and (
          d.client_id is not null or exists (
              select from patient_organization k where k.patient_id = d.patient_id and k.organization_id = d.organization_id)))
      and (s.as_of at time zone %(zone)s::text)::date - (s.anchor at time zone %(zone)s::text)::date
          between 0 and %(look_back_days)s::int
), said as (
    select l.*, c.outcome, c.outcome_at, c.card,
           c.reason_system = %(reason_system)s::text and c.reason_code = any(%(not_counted)s::text[]) as excused
    from line l left join (
        recognition_exposure_decision x
        join statistics_card c on c.card = x.card and c.outcome in ('accepted', 'overridden')
    ) on x.decision_id = l.decision_id and (c.outcome = 'overridden' or l.offered)
), piece as (
    select distinct on (organization_id, key, patient_id, piece) organization_id, key, decision_id, decided_at,
           case when outcome = 'accepted' then 'recognised' when outcome is null then 'silent'
                when excused then 'not-counted' else 'refused' end as fate
    from said
    order by organization_id, key, patient_id, piece, outcome_at desc nulls last, card, decided_at desc, decision_id
)
select organization_id, key, decision_id, decided_at, code, 1::bigint as value
from piece cross join lateral (values
    (case when fate <> 'not-counted' then 'existing' end), (nullif(fate, 'silent'))) as one (code)
where code is not null;

-- name: own
-- 份 of the asking member itself, which no indicator counts.
select organization_id, ''::text as key, decision_id, decided_at, 'own'::text as code, 1::bigint as value
from (
    select distinct on (s.organization_id, s.patient_id, s.piece) s.organization_id, s.decision_id, s.decided_at
    from statistics_result s
    where s.decided_at >= %(first)s::timestamptz and s.decided_at < %(end)s::timestamptz and %(cut)s::text = 'member'
      and s.certain and not s.exempt and s.acquiring_id = s.organization_id
      and exists (select from recognition_decision d where d.id = s.decision_id and (
          d.client_id is not null or exists (
              select from patient_organization k where k.patient_id = d.patient_id and k.organization_id = d.organization_id)))
      and (s.as_of at time zone %(zone)s::text)::date - (s.anchor at time zone %(zone)s::text)::date
          between 0 and %(look_back_days)s::int
    order by s.organization_id, s.patient_id, s.piece, s.decided_at desc, s.decision_id
) piece;

-- name: cards
-- superseded: nobody answered a card because the same order was asked about again (chosen, then signed).
-- Every card that was shown (by item: once for each item it offers something of) and its fate; answer-ms: milliseconds
-- from showing to the answer that counts.
with shown as (
    select c.organization_id, c.decision_id, c.shown_at as decided_at, i.item_key,
           case %(cut)s::text when 'item' then i.item_key when 'doctor' then c.shown_to else '' end as key,
           case when c.outcome is not null then c.outcome when not c.asks then 'informed'
                when exists (
                    select from recognition_exposure_decision x
                    join recognition_decision o on o.id = x.decision_id
                    join recognition_decision d on d.organization_id = o.organization_id and d.patient_id = o.patient_id
                     and d.order_reference = o.order_reference and d.order_reference <> ''
                    join recognition_exposure_decision y on y.decision_id = d.id
                    join recognition_exposure e on e.card = y.card
                    where x.card = c.card and e.suggestions <> '{}'::jsonb and e.shown_at > c.shown_at
                      and e.shown_at <= least(
                          c.shown_at + make_interval(hours => %(ignored_hours)s::int), %(at)s::timestamptz)
                ) then 'superseded'
                when c.shown_at + make_interval(hours => %(ignored_hours)s::int) <= %(at)s::timestamptz then 'ignored'
                else 'open' end as fate,
           case when c.outcome in ('accepted', 'overridden')
                then greatest(floor(extract(epoch from c.outcome_at - c.shown_at) * 1000), 0)::bigint end as took_ms,
           case when c.outcome = 'overridden'
                then 'reason:' || case when c.reason_system = %(reason_system)s::text then c.reason_code else '' end
           end as reason
    from statistics_card c
    left join lateral (
        select distinct s.item_key from recognition_exposure_decision x
        join statistics_result s on s.decision_id = x.decision_id and s.offered
        where x.card = c.card and %(cut)s::text = 'item'
    ) i on true
    where c.shown_at >= %(first)s::timestamptz and c.shown_at < %(end)s::timestamptz
)
select organization_id, key, decision_id, decided_at, code, value
from shown cross join lateral (values
    (fate, 1::bigint), (case when fate not in ('informed', 'superseded') then 'shown' end, 1), (reason, 1),
    (case when took_ms < 1000 then 'under-second' end, 1), (case when took_ms is not null then 'answer-ms' end, took_ms)
) as one (code, value)
where code is not null and key is not null;

-- name: offers
-- 项: every result of another member that a card offered and somebody accepted or nobody answered, once for each member,
-- patient, item and 份 (the last answer counts), and whether the same examination was made again afterwards. What saves
-- something: the order was given up, and nobody made it again within the re-order days.
with offer as (
    select distinct on (s.organization_id, s.patient_id, s.item_key, s.piece)
           s.organization_id, s.patient_id, s.item_key, s.piece, s.decision_id, s.decided_at, coalesce(s.price, 0) as price,
           s.modality, s.body_site, s.codes, coalesce(c.outcome, 'ignored') as fate,
           coalesce(c.outcome_at, c.shown_at) as since, c.gives_up and (not c.trims or s.covered) as given_up
    from statistics_result s
    join recognition_exposure_decision x on x.decision_id = s.decision_id
    join statistics_card c on c.card = x.card
    where s.offered and s.acquiring_id <> s.organization_id and c.asks
      and s.decided_at >= %(first)s::timestamptz and s.decided_at < %(end)s::timestamptz
      and (c.outcome in ('accepted', 'overridden') or c.outcome is null
           and c.shown_at + make_interval(hours => %(ignored_hours)s::int) <= %(at)s::timestamptz)
    order by s.organization_id, s.patient_id, s.item_key, s.piece, c.outcome is null, c.outcome_at desc, c.shown_at desc,
             c.card
), followed as (
    select o.*, again.acquiring_id as again_by, again.anchor as again_at,
           coalesce(again.anchor <= o.since + make_interval(days => %(re_order_days)s::int), false) as soon
    from offer o
    left join lateral (
        select (k.said ->> 'acquiring_id')::uuid as acquiring_id, made.at as anchor
        from (
            select k.thing, k.content::jsonb as said from recognition_knowledge k
            where k.kind = 'candidate' and k.content <> ''
              and k.subject in (
                  select o.patient_id::text
                  union
                  select split_part(p.thing, '|', 2) from (
                      select distinct on (i.thing) i.thing, i.content from recognition_knowledge i
                      where i.kind = 'identity' and i.subject = o.patient_id::text order by i.thing, i.id desc) p
                  where p.content <> '' and p.content::jsonb ->> 'state' = 'auto')
              and not exists (
                  select from recognition_knowledge l where l.kind = 'candidate' and l.thing = k.thing and l.id > k.id)
            offset 0 -- each content is parsed once
        ) k
        cross join lateral (values (
            coalesce(k.said ->> 'collected_at', k.said ->> 'acquired_at')::timestamptz,
            case when k.said ->> 'mapping' is null then k.said -> 'code' else k.said -> 'mapping' -> 'code' end
        )) as made (at, code)
        where k.said ->> 'status' not in ('cancelled', 'entered-in-error')
          and made.at > o.since and made.at <= o.since + make_interval(days => %(net_days)s::int)
          and (made.code ->> 'system') || '|' || (made.code ->> 'code') = any(o.codes)
        order by made.at, k.thing limit 1
    ) again on true
    where o.fate in ('accepted', 'ignored')
), saving as (
    select f.*, f.fate = 'accepted' and f.given_up and not f.soon as saved,
           row_number() over (
               partition by f.organization_id, f.patient_id, (f.since at time zone %(zone)s::text)::date,
                            f.fate = 'accepted' and f.given_up and not f.soon
               order by f.decided_at, f.decision_id, f.item_key, f.piece) = 1 and %(cut)s::text = 'member' as first_of_day,
           coalesce(
               (select min(t.usv) from unnest(%(dose_modalities)s::text[], %(dose_sites)s::text[], %(dose_usv)s::int[])
                    as t (modality, site, usv) where t.modality = f.modality and t.site = f.body_site),
               (select min(t.usv) from unnest(%(dose_modalities)s::text[], %(dose_sites)s::text[], %(dose_usv)s::int[])
                    as t (modality, site, usv) where t.modality = f.modality and t.site = ''), 0) as usv,
           coalesce(
               (select min(t.km) from unnest(%(trip_codes)s::text[], %(trip_km)s::int[]) as t (code, km)
                join organization m on m.code = t.code where m.id = f.organization_id), 0) as km
    from followed f
)
select organization_id, case when %(cut)s::text = 'item' then item_key else '' end as key, decision_id, decided_at, code,
       value
from saving cross join lateral (values
    ('accepted-items', (fate = 'accepted')::int::bigint),
    ('accepted-again', (fate = 'accepted' and soon)::int),
    ('ignored-items', (fate = 'ignored')::int),
    ('ignored-elsewhere', (fate = 'ignored' and soon and again_by <> organization_id)::int),
    ('ignored-here', (fate = 'ignored' and soon and again_by = organization_id)::int),
    ('savings-gross', case when saved then price end),
    ('savings-retests', case when saved and again_at is not null then price end),
    ('opinion-fees', case when saved and modality <> '' then %(opinion_fee)s::bigint end),
    ('dose', case when saved then usv end),
    ('trips', (saved and first_of_day)::int),
    ('trip-kilometres', case when saved and first_of_day then 2 * km end)) as one (code, value)
where value > 0;

-- name: marks
-- 份 that were shown with the mark HR, and whether a grant stands behind it by what is known now.
with mark as (
    select distinct on (s.organization_id, s.patient_id, s.piece) s.organization_id, s.decision_id, s.decided_at,
           g.content is null or g.content = ''
           or s.anchor < (g.content::jsonb ->> 'begins')::timestamptz
           or s.anchor >= (g.content::jsonb ->> 'ends')::timestamptz
           or coalesce(s.anchor >= (g.content::jsonb ->> 'withdrawn_from')::timestamptz, false) as unfounded
    from statistics_result s
    left join lateral (
        select nullif(k.content, '') as content from recognition_knowledge k
        where k.kind = 'grant' and k.thing = s.grant_id order by k.id desc limit 1
    ) g on true
    where s.decided_at >= %(first)s::timestamptz and s.decided_at < %(end)s::timestamptz and s.prints_hr
      and %(cut)s::text = 'member'
      and exists (select from recognition_exposure_decision x where x.decision_id = s.decision_id)
    order by s.organization_id, s.patient_id, s.piece, 4 desc, s.decided_at desc, s.decision_id
)
select organization_id, ''::text as key, decision_id, decided_at, code, 1::bigint as value
from mark cross join lateral (values ('marks'), (case when unfounded then 'marks-unfounded' end)) as one (code)
where code is not null;

-- name: decisions
-- Every decision: whom it was about, and by which way the question came.
with made as (
    select d.organization_id, d.id as decision_id, d.decided_at,
           d.verdict is not distinct from 'exempt' and d.order_reference <> ''
           and d.order_reference not like 'result/%%' as exempt, -- a view of results is no order
           attends.it and row_number() over (
               partition by d.organization_id, d.patient_id, attends.it order by d.decided_at, d.id) = 1 as first_about,
           coalesce(
               (select min(e.surface) from recognition_exposure_decision x join recognition_exposure e on e.card = x.card
                where x.decision_id = d.id),
               case when d.client_id is null then 'page-silent' else 'system-silent' end) as source
    from recognition_decision d
    cross join lateral (select d.patient_id is not null and (d.client_id is not null or exists (
        select from patient_organization k
        where k.patient_id = d.patient_id and k.organization_id = d.organization_id)) as it) attends
    where d.decided_at >= %(first)s::timestamptz and d.decided_at < %(end)s::timestamptz and %(cut)s::text = 'member'
)
select organization_id, ''::text as key, decision_id, decided_at, code, 1::bigint as value
from made cross join lateral (values
    ('decisions'), ('source:' || source), (case when exempt then 'exempt' end), (case when first_about then 'asked' end)
) as one (code)
where code is not null;
