-- name: patient_rows
-- Persons with their numbers and what was said of their records, of some organisations or opened by break-glass.
select p.id, p.organization_id, p.name, p.sex, p.birth_date, p.birth_date_estimated, p.identity, p.phone, p.address,
    p.same_as_id, p.created_at,
    coalesce((select jsonb_agg(jsonb_build_object('kind', i.kind, 'issuer', i.issuer, 'value', i.value)
                               order by i.since, i.issuer)
              from patient_identifier i
              where i.patient_id = p.id and (i.claim = '' or i.kind = 'device')), '[]') as numbers,
    array(select o.id from patient o where o.same_as_id = p.id order by o.id) as others
from patient p
where p.id = any(%(ids)s::uuid[])
  and (%(organizations)s::uuid[] is null or p.id = any(%(opened)s::uuid[]) or exists (
      select from patient_organization k
      where k.patient_id = p.id and k.organization_id = any(%(organizations)s::uuid[])))
order by p.id;

-- name: patients_by_number
-- Whom a number belongs to; a hospital's own number may be several records'.
select distinct i.patient_id as id from patient_identifier i
where i.value = %(value)s::text and i.issuer = any(%(issuers)s::text[]) and (i.claim = '' or i.kind = 'device')
order by i.patient_id limit 20;

-- name: reports_of_patients
-- Reports of which some version is of one of these persons.
select distinct v.report_id as id from laboratory_report_version v
where v.patient_id = any(%(patient_ids)s::uuid[]) order by v.report_id;

-- name: reports_of_message
-- Reports of which a message brought a version; is_new: its first.
select v.report_id, l.number_system, l.number, v.patient_id, p.created_at = v.known_from as patient_is_new,
    not exists (select from laboratory_report_version w
                where w.report_id = v.report_id and w.known_from < v.known_from) as is_new
from laboratory_report_version v
join laboratory_report l on l.id = v.report_id
join patient p on p.id = v.patient_id
where v.message_id = %(message_id)s::uuid and v.known_from = %(received_at)s::timestamptz
order by v.report_id;

-- name: results_of_message
-- Results that a message brought when it came; is_new: nobody had brought them before.
select laboratory_result_name(o.report_id, o.code_system, o.code, o.sub_id) as name_id,
    not exists (select from laboratory_observation b
                where b.report_id = o.report_id and b.code_system = o.code_system and b.code = o.code
                  and b.sub_id = o.sub_id and b.known_from < o.known_from) as is_new
from laboratory_observation o
join laboratory_report_version v on v.id = o.report_version_id
where v.message_id = %(message_id)s::uuid and o.known_from = %(received_at)s::timestamptz
order by o.line;

-- name: cases_of_message
-- What of a message waits, or waited, for a person.
select line, reason, place, written from result_quarantine
where message_id = %(message_id)s::uuid order by line, place, reason;

-- name: message_received
-- When a message came, and how it was disposed of.
select received_at, disposition from result_message where id = %(id)s::uuid;

-- name: known_report
-- The report of a number, if some version of it is there.
select l.id from laboratory_report l
where l.organization_id = %(organization_id)s::uuid and l.number_system = %(number_system)s::text
  and l.number = %(number)s::text
  and exists (select from laboratory_report_version v where v.report_id = l.id);

-- name: observations
-- Results of reports, each as it counts now by the sender's order; newest first, by keyset.
with report as (
    select distinct on (v.report_id) v.report_id, v.id, v.patient_id, v.linked, v.status, v.ordered_at, v.known_from
    from laboratory_report_version v
    where v.report_id = any(%(report_ids)s::uuid[])
    order by v.report_id, v.ordered_at desc, v.status_rank desc, v.known_from desc, v.id desc),
latest as (
    select distinct on (o.report_id, o.code_system, o.code, o.sub_id) o.*
    from laboratory_observation o
    where o.report_id = any(%(report_ids)s::uuid[])
    order by o.report_id, o.code_system, o.code, o.sub_id,
        o.ordered_at desc, o.status_rank desc, o.known_from desc, o.id desc),
told as (
    select laboratory_result_name(o.report_id, o.code_system, o.code, o.sub_id) as name_id,
        o.report_id, o.line, r.patient_id, r.linked, l.organization_id,
        g.code as organization_code, g.name as organization_name, l.number as report_number, o.code_system, o.code,
        o.name, o.sub_id, o.codes, case when m.id is null then o.item_key else m.item_key end as item_key,
        coalesce(m.map_version, o.map_version) as map_version, o.value_kind, o.value_text, o.comparator,
        o.number, o.high, o.denominator, o.value_codes, o.unit_written,
        coalesce(m.unit_ucum, o.unit_ucum) as unit_ucum, o.reference_range, o.flags,
        -- a report taken back takes its results with it, whether or not they were named
        case when r.status in ('cancelled', 'entered-in-error') and r.ordered_at >= o.ordered_at then r.status
             else o.status end as status,
        case when o.collected_doubt = '' then o.collected_at end as collected_at,
        case when o.collected_doubt = '' then o.collected_day end as collected_day,
        o.collected_written, o.collected_doubt, o.method_code, o.method_text, o.device, o.performer, o.notes,
        v.specimen_id, v.specimen_code, v.specimen_text, v.specimen_system, v.specimen_flags, v.specimen_ambiguous,
        v.specimen_received_at, o.ordered_at, greatest(o.known_from, r.known_from, m.known_from) as known_from
    from latest o
    join report r on r.report_id = o.report_id
    join laboratory_report l on l.id = o.report_id
    join organization g on g.id = l.organization_id
    join laboratory_report_version v on v.id = o.report_version_id
    left join lateral (
        -- what a later map has made of it
        select k.id, k.item_key, k.map_version, k.unit_ucum, k.known_from from laboratory_mapping k
        where k.observation_id = o.id order by k.id desc limit 1) m on true
    where (%(patient_ids)s::uuid[] is null or r.patient_id = any(%(patient_ids)s::uuid[]))
      and (%(organizations)s::uuid[] is null or l.organization_id = any(%(organizations)s::uuid[])
           or r.patient_id = any(%(opened)s::uuid[]))),
placed as (
    select t.*, coalesce(t.collected_at, t.collected_day::timestamp at time zone %(zone)s::text) as begins,
        case when t.collected_at is not null then t.collected_at + interval '1 microsecond'
             else (t.collected_day + 1)::timestamp at time zone %(zone)s::text end as ends
    from told t)
select p.name_id, p.report_id, p.line, p.patient_id, p.linked, p.organization_id, p.organization_code,
    p.organization_name, p.report_number, p.code_system, p.code, p.name, p.sub_id, p.codes, p.item_key,
    p.map_version, p.value_kind, p.value_text, p.comparator, p.number, p.high, p.denominator, p.value_codes,
    p.unit_written, p.unit_ucum, p.reference_range, p.flags, p.status, p.collected_at, p.collected_day,
    p.collected_written, p.collected_doubt, p.method_code, p.method_text, p.device, p.performer, p.notes,
    p.specimen_id, p.specimen_code, p.specimen_text, p.specimen_system, p.specimen_flags, p.specimen_ambiguous,
    p.specimen_received_at, p.ordered_at, p.known_from,
    coalesce(p.begins, '0001-01-01 00:00:00+00') as sorted_at
from placed p
where (%(name_ids)s::text[] is null or p.name_id = any(%(name_ids)s::text[]))
  and (%(codes)s::text[] is null or p.code = any(%(codes)s::text[]) or p.item_key = any(%(codes)s::text[])
       or exists (select from jsonb_array_elements(p.codes) c where c ->> 'code' = any(%(codes)s::text[])))
  and (%(statuses)s::text[] is null or p.status = any(%(statuses)s::text[]))
  and answers_dates(p.begins, p.ends, %(prefixes)s::text[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
  and (%(before_at)s::timestamptz is null
       or (coalesce(p.begins, '0001-01-01 00:00:00+00'), p.name_id) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by sorted_at desc, p.name_id desc
limit %(limit)s::int;

-- name: laboratory_reports
-- Reports of laboratories as they count now, with their results; newest first, by keyset.
with report as (
    select distinct on (v.report_id) v.*
    from laboratory_report_version v
    where v.report_id = any(%(report_ids)s::uuid[])
    order by v.report_id, v.ordered_at desc, v.status_rank desc, v.known_from desc, v.id desc),
result as (
    select distinct on (o.report_id, o.code_system, o.code, o.sub_id) o.report_id, o.line,
        laboratory_result_name(o.report_id, o.code_system, o.code, o.sub_id) as name_id,
        case when o.collected_doubt = '' then coalesce(
            o.collected_at, o.collected_day::timestamp at time zone %(zone)s::text) end as begins,
        case when o.collected_doubt = '' then coalesce(
            o.collected_at + interval '1 microsecond',
            (o.collected_day + 1)::timestamp at time zone %(zone)s::text) end as ends
    from laboratory_observation o
    where o.report_id = any(%(report_ids)s::uuid[])
    order by o.report_id, o.code_system, o.code, o.sub_id,
        o.ordered_at desc, o.status_rank desc, o.known_from desc, o.id desc),
told as (
    select r.report_id, r.patient_id, r.linked, l.organization_id, g.code as organization_code,
        g.name as organization_name, l.number_system, l.number, r.placer_number, r.service, r.status, r.ordered_at,
        r.known_from,
        array(select s.name_id from result s where s.report_id = r.report_id order by s.line, s.name_id) as results,
        (select min(s.begins) from result s where s.report_id = r.report_id) as begins,
        (select max(s.ends) from result s where s.report_id = r.report_id) as ends
    from report r
    join laboratory_report l on l.id = r.report_id
    join organization g on g.id = l.organization_id
    where (%(patient_ids)s::uuid[] is null or r.patient_id = any(%(patient_ids)s::uuid[]))
      and (%(organizations)s::uuid[] is null or l.organization_id = any(%(organizations)s::uuid[])
           or r.patient_id = any(%(opened)s::uuid[])))
select t.* from told t
where (%(statuses)s::text[] is null or t.status = any(%(statuses)s::text[]))
  and answers_dates(t.begins, t.ends, %(prefixes)s::text[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
  and (%(before_at)s::timestamptz is null
       or (t.ordered_at, t.report_id::text) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by t.ordered_at desc, t.report_id::text desc
limit %(limit)s::int;

-- name: signed_reports
-- Readings with the report that stands, or one whose signature was taken back; newest first, by keyset.
select r.id, r.organization_id, o.name as organization_name, s.id as study_id, s.modalities,
    coalesce(r.former_patient_id, s.patient_id) as patient_id,
    case when r.former_patient_id is null then s.service_request_id else r.former_request_id end as request_id,
    coalesce(q.item, nullif(s.description, ''), '') as item, s.acquired_at, s.first_received_at,
    d.clock_skew_seconds as skew_seconds, r.state, v.id as version_id, v.number, v.status, v.technique, v.findings,
    v.impression, v.limited, v.author_name, v.verifier_name, v.signed_at, v.performer_name, c.code,
    coalesce(v.signed_at, r.opened_at) as sorted_at
from reading r
join imaging_study s on s.id = r.study_id
join organization o on o.id = r.organization_id
left join device d on d.id = s.device_id
left join service_request q on q.id = s.service_request_id
left join report_version v on v.id = coalesce(r.current_version_id, r.preliminary_version_id)
left join report_code c on c.report_version_id = v.id
where (v.id is not null or exists (
          select from report_version w join report_withdrawal x on x.report_version_id = w.id where w.reading_id = r.id))
  and (v.id is not null or %(ids)s::uuid[] is not null)
  and (%(ids)s::uuid[] is null or r.id = any(%(ids)s::uuid[]))
  and (%(patient_ids)s::uuid[] is null or coalesce(r.former_patient_id, s.patient_id) = any(%(patient_ids)s::uuid[]))
  and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[])
       or coalesce(r.former_patient_id, s.patient_id) = any(%(opened)s::uuid[]))
  and (%(statuses)s::text[] is null
       or case when r.state = 'void' then 'entered-in-error' else v.status end = any(%(statuses)s::text[]))
  and answers_dates(s.acquired_at, s.acquired_at + interval '1 microsecond',
                    %(prefixes)s::text[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
  and (%(before_at)s::timestamptz is null
       or (coalesce(v.signed_at, r.opened_at), r.id::text) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by coalesce(v.signed_at, r.opened_at) desc, r.id::text desc
limit %(limit)s::int;

-- name: studies
-- Studies with their series; newest first, by keyset.
select s.id, s.study_instance_uid, s.organization_id, o.name as organization_name, s.patient_id,
    s.service_request_id, coalesce(q.accession_number, s.accession_number) as accession_number, s.modalities,
    coalesce(q.item, nullif(s.description, ''), '') as item, s.description, s.referring_physician, s.acquired_at,
    s.first_received_at, s.last_received_at, d.clock_skew_seconds as skew_seconds, s.series_count, s.instance_count,
    s.hold, coalesce(s.acquired_at, s.first_received_at) as sorted_at,
    coalesce((select jsonb_agg(jsonb_build_object(
                  'uid', e.series_instance_uid, 'number', e.series_number, 'modality', e.modality,
                  'description', e.description, 'body_site', e.body_site, 'laterality', e.laterality,
                  'instances', e.instance_count) order by e.series_number nulls last, e.series_instance_uid)
              from imaging_series e where e.study_id = s.id), '[]') as series
from imaging_study s
join organization o on o.id = s.organization_id
left join device d on d.id = s.device_id
left join service_request q on q.id = s.service_request_id
where (%(ids)s::uuid[] is null or s.id = any(%(ids)s::uuid[]))
  and (%(uids)s::text[] is null or s.study_instance_uid = any(%(uids)s::text[])
       or coalesce(q.accession_number, s.accession_number) = any(%(accessions)s::text[])
       or s.organization_id::text || '|' || coalesce(q.accession_number, s.accession_number) = any(%(placed)s::text[]))
  and (%(patient_ids)s::uuid[] is null or s.patient_id = any(%(patient_ids)s::uuid[]))
  and (%(organizations)s::uuid[] is null or s.organization_id = any(%(organizations)s::uuid[])
       or s.patient_id = any(%(opened)s::uuid[]))
  and answers_dates(s.acquired_at, s.acquired_at + interval '1 microsecond',
                    %(prefixes)s::text[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
  and (%(before_at)s::timestamptz is null
       or (coalesce(s.acquired_at, s.first_received_at), s.id::text) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by coalesce(s.acquired_at, s.first_received_at) desc, s.id::text desc
limit %(limit)s::int;

-- name: requests
-- Registrations; newest first, by keyset.
select q.id, q.organization_id, o.name as organization_name, q.accession_number, q.patient_id, q.modality, q.item,
    q.body_site, q.laterality, q.encounter_class, q.priority, q.history, q.purpose, q.requester_name, q.department,
    q.status, q.registered_at as sorted_at
from service_request q
join organization o on o.id = q.organization_id
where (%(ids)s::uuid[] is null or q.id = any(%(ids)s::uuid[]))
  and (%(patient_ids)s::uuid[] is null or q.patient_id = any(%(patient_ids)s::uuid[]))
  and (%(organizations)s::uuid[] is null or q.organization_id = any(%(organizations)s::uuid[]))
  and (%(before_at)s::timestamptz is null
       or (q.registered_at, q.id::text) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by q.registered_at desc, q.id::text desc
limit %(limit)s::int;

-- name: decisions
-- Decisions a system asked for, or those made for some organisations; newest first, by keyset.
select d.id, d.organization_id, d.patient_id, d.order_reference, d.as_of, d.known_at, d.known_upto, d.rule_set,
    d.engine_version, d.inputs_hash, d.trace_hash, d.verdict, d.trace, d.decided_at as sorted_at
from recognition_decision d
where (%(client_id)s::uuid is null or d.client_id = %(client_id)s::uuid)
  and (%(client_id)s::uuid is not null or d.organization_id = any(%(organizations)s::uuid[]))
  and (%(ids)s::uuid[] is null or d.id = any(%(ids)s::uuid[]))
  and (%(patient_ids)s::uuid[] is null or d.patient_id = any(%(patient_ids)s::uuid[]))
  and (%(orders)s::text[] is null or d.order_reference = any(%(orders)s::text[]))
  and (%(before_at)s::timestamptz is null
       or (d.decided_at, d.id::text) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by d.decided_at desc, d.id::text desc
limit %(limit)s::int;

-- name: laboratory_provenance
-- Which message brought each version of reports; newest first, by keyset.
select v.id, v.report_id, v.patient_id, v.status, v.sent_at, v.ordered_at, v.known_from as sorted_at, v.message_id,
    m.format, encode(m.digest, 'hex') as digest, l.organization_id, o.name as organization_name,
    coalesce(s.application, '') as application, coalesce(s.facility, '') as facility,
    array(select laboratory_result_name(b.report_id, b.code_system, b.code, b.sub_id)
          from laboratory_observation b where b.report_version_id = v.id order by b.line) as results
from laboratory_report_version v
join laboratory_report l on l.id = v.report_id
join organization o on o.id = l.organization_id
join result_message m on m.id = v.message_id
left join laboratory_sender s on s.id = m.sender_id
where (%(ids)s::uuid[] is null or v.id = any(%(ids)s::uuid[]))
  and (%(targets)s::uuid[] is null or v.report_id = any(%(targets)s::uuid[]))
  and (%(organizations)s::uuid[] is null or l.organization_id = any(%(organizations)s::uuid[])
       or v.patient_id = any(%(opened)s::uuid[]))
  and (%(before_at)s::timestamptz is null
       or (v.known_from, v.id::text) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by v.known_from desc, v.id::text desc
limit %(limit)s::int;

-- name: report_provenance
-- Who signed each version of readings' reports; newest first, by keyset.
select v.id, v.reading_id, coalesce(r.former_patient_id, s.patient_id) as patient_id, v.status, v.reason,
    v.author_name, v.author_signed_at, v.verifier_name, v.signed_at as sorted_at, v.performer_name,
    encode(v.content_sha256, 'hex') as digest, v.replaces_id
from report_version v
join reading r on r.id = v.reading_id
join imaging_study s on s.id = r.study_id
where (%(ids)s::uuid[] is null or v.id = any(%(ids)s::uuid[]))
  and (%(targets)s::uuid[] is null or v.reading_id = any(%(targets)s::uuid[]))
  and not exists (select from report_withdrawal x where x.report_version_id = v.id)
  and (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[])
       or coalesce(r.former_patient_id, s.patient_id) = any(%(opened)s::uuid[]))
  and (%(before_at)s::timestamptz is null
       or (v.signed_at, v.id::text) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by v.signed_at desc, v.id::text desc
limit %(limit)s::int;
