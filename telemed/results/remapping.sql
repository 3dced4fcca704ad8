-- name: hold
-- One remapping at a time in the county, until the end of the transaction.
select pg_advisory_xact_lock(7310003);

-- name: newest
-- The remapping that counts.
select id, maps, after, reports, changed, ended_at from laboratory_remapping order by id desc limit 1;

-- name: superseded
-- Whether results were held against these maps before they were held against others.
select exists (select from laboratory_remapping where maps = %(maps)s::text) as found;

-- name: start
-- A remapping by other maps begins.
insert into laboratory_remapping (maps, started_at) values (%(maps)s::text, %(now)s::timestamptz)
returning id, maps, after, reports, changed, ended_at;

-- name: advance
-- These reports have been looked at; without any the remapping has ended.
update laboratory_remapping
set after = coalesce(%(after)s::uuid, after), reports = reports + %(reports)s::bigint,
    changed = changed + %(changed)s::bigint, ended_at = %(ended_at)s::timestamptz
where id = %(id)s::bigint
returning id, maps, after, reports, changed, ended_at;

-- name: next_reports
-- The reports that follow. An intake of one of them meanwhile writes results of its own, mapped by itself.
select r.id, o.code as organization_code, r.organization_id, r.number
from laboratory_report r join organization o on o.id = r.organization_id
where %(after)s::uuid is null or r.id > %(after)s::uuid
order by r.id limit %(limit)s::int;

-- name: counting
-- Of each result of some reports the version that counts, with its mapping as it stands.
with latest as (
    select distinct on (o.report_id, o.code_system, o.code, o.sub_id) o.*
    from laboratory_observation o where o.report_id = any(%(reports)s::uuid[])
    order by o.report_id, o.code_system, o.code, o.sub_id,
        o.ordered_at desc, o.status_rank desc, o.known_from desc, o.id desc)
select l.id, l.report_id, v.message_id, l.line, l.codes, l.value_kind, l.unit_written, l.status,
    case when m.id is null then l.item_key else m.item_key end as item_key,
    coalesce(m.unit_ucum, l.unit_ucum) as unit_ucum
from latest l
join laboratory_report_version v on v.id = l.report_version_id
left join lateral (
    select k.id, k.item_key, k.unit_ucum from laboratory_mapping k
    where k.observation_id = l.id order by k.id desc limit 1) m on true
order by l.report_id, l.line;

-- name: insert_mapping
-- What a result is by a later map.
insert into laboratory_mapping (observation_id, item_key, map_version, unit_ucum, known_from)
values (%(observation_id)s::uuid, %(item_key)s::text, %(map_version)s::text, %(unit_ucum)s::text,
        %(now)s::timestamptz);

-- name: is_open
-- Whether the same ground about the same place waits already.
select exists (
    select from result_quarantine
    where message_id = %(message_id)s::uuid and line = %(line)s::int and reason = %(reason)s::text
      and state = 'open') as found;

-- name: patients_of
-- Whose reports these are, by the version that counts.
select distinct on (v.report_id) v.report_id, v.patient_id, v.message_id
from laboratory_report_version v where v.report_id = any(%(reports)s::uuid[])
order by v.report_id, v.ordered_at desc, v.status_rank desc, v.known_from desc, v.id desc;
