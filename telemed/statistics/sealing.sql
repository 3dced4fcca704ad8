-- Sealed months: looked for, added, never changed.

-- name: take_turn
-- One process seals at a time; false: another is at it.
select pg_try_advisory_xact_lock(7310016) as taken;

-- name: last_seal
-- The version of a month that counts.
select month, version, content, content_hash, previous_hash, changes, sealed_at
from statistics_seal where month = %(month)s::date order by version desc limit 1;

-- name: seal
-- One version of a month.
select month, version, content, content_hash, previous_hash, changes, sealed_at
from statistics_seal where month = %(month)s::date and version = %(version)s::int;

-- name: seals
-- Every version of some months without its figures, the newest first.
select month, version, content_hash, previous_hash, changes, sealed_at
from statistics_seal where month between %(first)s::date and %(last)s::date
order by month desc, version desc limit 200;

-- name: add_seal
-- A version more; the table refuses one that is there.
insert into statistics_seal (month, version, content, content_hash, previous_hash, changes, sealed_at)
values (%(month)s::date, %(version)s::int, %(content)s::text, %(content_hash)s::text, %(previous_hash)s::text,
        %(changes)s::text, %(sealed_at)s::timestamptz);

-- name: causes
-- What has come since a moment that a month's figures rest on.
select
    (select count(*) from recognition_response r join recognition_exposure e on e.card = r.card
     where e.shown_at >= %(first)s::timestamptz and e.shown_at < %(end)s::timestamptz
       and r.received_at > %(since)s::timestamptz and r.outcome <> 'withdrawn')::int as answers,
    (select count(*) from recognition_response r join recognition_exposure e on e.card = r.card
     where e.shown_at >= %(first)s::timestamptz and e.shown_at < %(end)s::timestamptz
       and r.received_at > %(since)s::timestamptz and r.outcome = 'withdrawn')::int as withdrawals,
    (select count(*) from recognition_knowledge k
     where k.kind = 'candidate' and k.known_from > %(since)s::timestamptz and k.subject in (
         select d.patient_id::text from recognition_decision d
         where d.decided_at >= %(first)s::timestamptz and d.decided_at < %(end)s::timestamptz))::int as results,
    (select count(*) from recognition_knowledge k
     where k.kind = 'grant' and k.known_from > %(since)s::timestamptz)::int as grants,
    0 as parameters, 0 as definitions,
    (select count(*) from encounter_version v
     where v.known_from > %(since)s::timestamptz and v.encounter_id in (
         select t.encounter_id from encounter_version t
         where t.began_day >= %(first_day)s::date and t.began_day < %(end_day)s::date))::int as encounters;

-- name: earliest
-- Since when there is anything to count.
select least(
    (select min(decided_at) from recognition_decision),
    (select min(signed_at) from report_version),
    (select min(began_day) from encounter_version where began_day is not null)::timestamp at time zone %(zone)s::text) as at;
