-- name: lock_message
-- Let one transaction at a time look whether a message is known and store it; held until commit.
select pg_advisory_xact_lock(hashtextextended(%(key)s::text, 7));

-- name: known_message
-- How the same message was answered before: the same bytes, or the same sender, control id and content.
select id, answer, faults
from result_message
where (digest = %(digest)s::bytea and organization_id is not distinct from %(organization_id)s::uuid
       and disposition <> 'failed')
   or (sender_id = %(sender_id)s::uuid and control_id = %(control_id)s::text
       and content_digest = %(content_digest)s::bytea and disposition not in ('failed', 'refused'))
order by received_at limit 1;

-- name: note_again
-- The same message once more.
insert into result_message_again (message_id, peer_address, received_at)
values (%(message_id)s::uuid, %(peer_address)s::inet, %(received_at)s::timestamptz);

-- name: insert_message
-- A message as it was received, with how it was answered.
insert into result_message (
    id, format, sender_id, organization_id, bytes, digest, content_digest, control_id, charset_declared, charset_used,
    charset_confidence, peer_address, brought_by, received_at, disposition, answer, faults)
values (
    %(id)s::uuid, %(format)s::text, %(sender_id)s::uuid, %(organization_id)s::uuid, %(bytes)s::bytea, %(digest)s::bytea,
    %(content_digest)s::bytea, %(control_id)s::text, %(charset_declared)s::text, %(charset_used)s::text,
    %(charset_confidence)s::text, %(peer_address)s::inet, %(brought_by)s::uuid, %(received_at)s::timestamptz,
    %(disposition)s::text, %(answer)s::text, %(faults)s::jsonb);

-- name: unreadable_today
-- Messages without a readable header in the last day, counted no further than to the limit.
select count(*)::int as count from (
    select from result_message
    where organization_id is null and received_at > %(now)s::timestamptz - interval '1 day'
    limit %(limit)s::int) counted;

-- name: make_report
-- The report of a number, if it is new.
insert into laboratory_report (organization_id, number_system, number)
values (%(organization_id)s::uuid, %(number_system)s::text, %(number)s::text)
on conflict do nothing;

-- name: lock_report
-- The report of a number, held until the message is stored.
select id from laboratory_report
where organization_id = %(organization_id)s::uuid and number_system = %(number_system)s::text
  and number = %(number)s::text
for update;

-- name: latest_version
-- The version of a report that counts now, with its patient.
select v.id, v.patient_id, v.linked, p.name, p.sex, p.birth_date
from laboratory_report_version v join patient p on p.id = v.patient_id
where v.report_id = %(report_id)s::uuid
order by v.ordered_at desc, v.status_rank desc, v.known_from desc, v.id desc
limit 1;

-- name: insert_version
-- What one message says of a report.
insert into laboratory_report_version (
    id, report_id, message_id, patient_id, linked, status, status_rank, ordered_at, sent_at, known_from, placer_number,
    service, requested_written, changed_written, specimen_id, specimen_code, specimen_text, specimen_system,
    specimen_flags, specimen_ambiguous, specimen_received_at, specimen_received_written, notes)
values (
    %(id)s::uuid, %(report_id)s::uuid, %(message_id)s::uuid, %(patient_id)s::uuid, %(linked)s::boolean,
    %(status)s::text, %(status_rank)s::smallint, %(ordered_at)s::timestamptz, %(sent_at)s::timestamptz,
    %(known_from)s::timestamptz, %(placer_number)s::text, %(service)s::jsonb, %(requested_written)s::text,
    %(changed_written)s::text, %(specimen_id)s::text, %(specimen_code)s::text, %(specimen_text)s::text,
    %(specimen_system)s::text, %(specimen_flags)s::jsonb, %(specimen_ambiguous)s::boolean,
    %(specimen_received_at)s::timestamptz, %(specimen_received_written)s::text, %(notes)s::text[]);

-- name: insert_observation
-- What one message says of one result.
insert into laboratory_observation (
    id, report_id, report_version_id, line, code_system, code, name, sub_id, codes, item_key, map_version, value_type,
    value_kind, value_text, comparator, number, high, denominator, value_codes, unit_written, unit_ucum,
    reference_range, flags, status, status_written, status_rank, collected_at, collected_day, collected_written,
    collected_source, collected_doubt, collected_zone_stated, collected_passed_over, analysed_at, analysed_written,
    method_code, method_text, device, producer, performer, notes, ordered_at, known_from)
values (
    %(id)s::uuid, %(report_id)s::uuid, %(report_version_id)s::uuid, %(line)s::int, %(code_system)s::text,
    %(code)s::text, %(name)s::text, %(sub_id)s::text, %(codes)s::jsonb, %(item_key)s::text, %(map_version)s::text,
    %(value_type)s::text, %(value_kind)s::text, %(value_text)s::text, %(comparator)s::text, %(number)s::text,
    %(high)s::text, %(denominator)s::text, %(value_codes)s::jsonb, %(unit_written)s::text, %(unit_ucum)s::text,
    %(reference_range)s::text, %(flags)s::text[], %(status)s::text, %(status_written)s::text,
    %(status_rank)s::smallint, %(collected_at)s::timestamptz, %(collected_day)s::date, %(collected_written)s::text,
    %(collected_source)s::text, %(collected_doubt)s::text, %(collected_zone_stated)s::boolean,
    %(collected_passed_over)s::text[], %(analysed_at)s::timestamptz, %(analysed_written)s::text,
    %(method_code)s::text, %(method_text)s::text, %(device)s::text, %(producer)s::text, %(performer)s::text,
    %(notes)s::text[], %(ordered_at)s::timestamptz, %(known_from)s::timestamptz);

-- name: open_case
-- Keep a part of a message apart until somebody has decided.
insert into result_quarantine (message_id, organization_id, line, report_number, reason, place, written, opened_at)
values (
    %(message_id)s::uuid, %(organization_id)s::uuid, %(line)s::int, %(report_number)s::text, %(reason)s::text,
    %(place)s::text, %(written)s::text, %(opened_at)s::timestamptz)
returning id;

-- name: known_observations
-- What was known of a patient's results at a moment: of each result the version that counts, by the sender's order.
-- report_ids: of these reports only (null: of all).  snapshot: of the transaction that asked then (null: whatever has
-- committed by now).
with report as (
    select distinct on (v.report_id) v.report_id, v.patient_id, v.linked, v.status, v.ordered_at
    from laboratory_report_version v
    where v.report_id in (
            select w.report_id from laboratory_report_version w where w.patient_id = any(%(patient_ids)s::uuid[]))
      and (%(report_ids)s::uuid[] is null or v.report_id = any(%(report_ids)s::uuid[]))
      and v.known_from <= %(known_at)s::timestamptz
      and (%(snapshot)s::pg_snapshot is null or pg_visible_in_snapshot(v.xid, %(snapshot)s::pg_snapshot))
    order by v.report_id, v.ordered_at desc, v.status_rank desc, v.known_from desc, v.id desc),
latest as (
    select distinct on (o.report_id, o.code_system, o.code, o.sub_id) o.*
    from laboratory_observation o
    join report r on r.report_id = o.report_id and r.patient_id = any(%(patient_ids)s::uuid[])
    where o.known_from <= %(known_at)s::timestamptz
      and (%(snapshot)s::pg_snapshot is null or pg_visible_in_snapshot(o.xid, %(snapshot)s::pg_snapshot))
    order by o.report_id, o.code_system, o.code, o.sub_id,
        o.ordered_at desc, o.status_rank desc, o.known_from desc, o.id desc)
select o.id, o.report_id, o.report_version_id, r.patient_id, r.linked, l.organization_id, o.code_system, o.code, o.name,
    o.sub_id, case when m.id is null then o.item_key else m.item_key end as item_key,
    coalesce(m.map_version, o.map_version) as map_version, o.value_type, o.value_kind, o.value_text, o.comparator, o.number, o.high,
    o.denominator, o.unit_written, coalesce(m.unit_ucum, o.unit_ucum) as unit_ucum, o.reference_range, o.flags,
    -- a report taken back takes its results with it, whether or not they were named
    case when r.status in ('cancelled', 'entered-in-error') and r.ordered_at >= o.ordered_at then r.status
         else o.status end as status,
    o.collected_at, o.collected_day, o.collected_written, o.collected_source, o.collected_doubt,
    o.collected_zone_stated, v.specimen_code, v.specimen_text, v.specimen_system, v.specimen_flags,
    v.specimen_ambiguous, o.method_code, o.method_text, o.device, o.performer, o.ordered_at, o.known_from
from latest o
join report r on r.report_id = o.report_id
join laboratory_report l on l.id = o.report_id
join laboratory_report_version v on v.id = o.report_version_id
left join lateral (
    -- what a later map has made of it, as far as that was known
    select k.id, k.item_key, k.map_version, k.unit_ucum from laboratory_mapping k
    where k.observation_id = o.id and k.known_from <= %(known_at)s::timestamptz
      and (%(snapshot)s::pg_snapshot is null or pg_visible_in_snapshot(k.xid, %(snapshot)s::pg_snapshot))
    order by k.id desc limit 1) m on true
order by o.collected_at desc nulls last, o.report_id, o.line;

-- name: enrolled_sender
-- The sender of these names that is enrolled, with its organisation.
select s.id, s.organization_id, o.code as organization_code
from laboratory_sender s join organization o on o.id = s.organization_id
where s.application = %(application)s::text and s.facility = %(facility)s::text and s.state = 'enrolled' and o.active;

-- name: organization_code
-- The code an organisation's own maps are filed under.
select code from organization where id = %(id)s::uuid;

-- name: sender_heard
-- Note that a sender is alive, once a minute at most.
update laboratory_sender set last_seen_at = %(now)s::timestamptz
where id = %(id)s::uuid
  and (last_seen_at is null or last_seen_at < %(now)s::timestamptz - interval '1 minute');

-- name: note_seen
-- Somebody sends who is not enrolled.
insert into laboratory_sender_seen as s (application, facility, peer_address, first_seen_at, last_seen_at)
values (%(application)s::text, %(facility)s::text, %(peer_address)s::inet, %(now)s::timestamptz, %(now)s::timestamptz)
on conflict (application, facility, peer_address) do update
set last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at), attempts = s.attempts + 1;

-- name: bound_seen
-- Keep the newest strangers only.
delete from laboratory_sender_seen where (application, facility, peer_address) in (
    select application, facility, peer_address from laboratory_sender_seen
    order by last_seen_at desc offset %(keep)s::int);

-- name: forget_seen
-- Somebody seen who is enrolled now.
delete from laboratory_sender_seen where application = %(application)s::text and facility = %(facility)s::text;

-- name: enrol
-- Let a sender in, or let it in again, for an organisation.
insert into laboratory_sender (application, facility, organization_id, enrolled_at)
select %(application)s::text, %(facility)s::text, o.id, %(now)s::timestamptz
from organization o where o.code = %(organization_code)s::text
on conflict (application, facility) do update
set organization_id = excluded.organization_id, state = 'enrolled', revision = laboratory_sender.revision + 1
returning id;

-- name: disable
-- Let a sender in no more; what it sent stays.
update laboratory_sender set state = 'disabled', revision = revision + 1
where application = %(application)s::text and facility = %(facility)s::text and state = 'enrolled';

-- name: senders
-- Every sender that was ever enrolled.
select s.application, s.facility, o.code as organization_code, o.name as organization_name, s.state, s.last_seen_at
from laboratory_sender s join organization o on o.id = s.organization_id
order by s.facility, s.application;

-- name: seen
-- Who sent without being enrolled, the newest first.
select application, facility, host(peer_address) as peer_address, first_seen_at, last_seen_at, attempts
from laboratory_sender_seen order by last_seen_at desc limit %(limit)s::int;
