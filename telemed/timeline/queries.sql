-- What members hold of a patient.  patient_ids everywhere: every record that is surely this person.

-- name: reports
-- Laboratory reports by the version that counts, the latest collected first, behind a place in the list.
with standing as (
    select distinct on (v.report_id) v.report_id, v.patient_id, v.status, v.ordered_at, v.service, v.notes
    from laboratory_report_version v
    where v.report_id in (
        select w.report_id from laboratory_report_version w where w.patient_id = any(%(patient_ids)s::uuid[]))
    order by v.report_id, v.ordered_at desc, v.status_rank desc, v.known_from desc, v.id desc),
placed as (
    select s.*, coalesce((
        select max(o.collected_at) from laboratory_observation o
        where o.report_id = s.report_id and o.collected_doubt = ''), s.ordered_at) as at
    from standing s where s.patient_id = any(%(patient_ids)s::uuid[]))
select p.report_id as id, p.at, p.status, p.ordered_at, p.service, p.notes, l.organization_id,
       g.name as organization_name
from placed p
join laboratory_report l on l.id = p.report_id
join organization g on g.id = l.organization_id
where %(before_at)s::timestamptz is null
   or (p.at, p.report_id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
order by p.at desc, p.report_id desc
limit %(limit)s::int;

-- name: versions
-- Every version of the results of some reports, of each result the version that counts first.
with standing as (
    select distinct on (v.report_id) v.report_id, v.patient_id, v.linked, v.status, v.ordered_at
    from laboratory_report_version v where v.report_id = any(%(report_ids)s::uuid[])
    order by v.report_id, v.ordered_at desc, v.status_rank desc, v.known_from desc, v.id desc)
select o.id, o.report_id, o.report_version_id, s.patient_id, s.linked, l.organization_id, o.code_system, o.code, o.name,
    o.sub_id, o.item_key, o.map_version, o.value_type, o.value_kind, o.value_text, o.comparator, o.number, o.high,
    o.denominator, o.unit_written, o.unit_ucum, o.reference_range, o.flags, o.status, o.collected_at, o.collected_day,
    o.collected_written, o.collected_source, o.collected_doubt, o.collected_zone_stated, v.specimen_code,
    v.specimen_text, v.specimen_system, v.specimen_flags, v.specimen_ambiguous, o.method_code, o.method_text, o.device,
    o.performer, o.ordered_at, o.known_from, o.line, o.notes, g.name as organization_name, s.status as report_status,
    s.ordered_at as report_ordered_at
from laboratory_observation o
join standing s on s.report_id = o.report_id
join laboratory_report l on l.id = o.report_id
join organization g on g.id = l.organization_id
join laboratory_report_version v on v.id = o.report_version_id
order by o.report_id, o.code_system, o.code, o.sub_id, o.ordered_at desc, o.status_rank desc, o.known_from desc, o.id desc
limit %(limit)s::int;

-- name: reports_with
-- The latest reports in which somebody measured one of these codes, or what a map made this item.
select w.report_id as id
from laboratory_report_version w
join laboratory_observation o on o.report_version_id = w.id
where w.patient_id = any(%(patient_ids)s::uuid[])
  and (o.item_key = %(item)s::text or o.code = any(%(codes)s::text[]))
group by w.report_id
order by max(coalesce(o.collected_at, o.ordered_at)) desc
limit %(limit)s::int;

-- name: studies
-- Studies with the standing of their reports, the latest acquired first, behind a place in the list.
with placed as (
    select s.*, case when s.acquired_at between '1975-01-01' and s.first_received_at + interval '15 minutes'
                     then s.acquired_at else s.first_received_at end as at
    from imaging_study s where s.patient_id = any(%(patient_ids)s::uuid[]))
select p.id, p.at, p.study_instance_uid, p.organization_id, g.name as organization_name, p.patient_id, p.modalities,
       coalesce(nullif(q.item, ''), p.description) as item, coalesce(nullif(q.body_site, ''), p.body_site) as body_site,
       coalesce(q.laterality, nullif(p.laterality, ''), 'U') as laterality, p.acquired_at, p.first_received_at,
       d.clock_skew_seconds as skew_seconds, p.instance_count, p.completeness, p.hold, r.state as reading_state,
       v.id as report_version_id, v.status as report_status, v.performer_name as reported_by,
       exists (select from study_correction c where c.study_id = p.id and c.state = 'proposed') as contested
from placed p
join organization g on g.id = p.organization_id
left join service_request q on q.id = p.service_request_id
left join device d on d.id = p.device_id
left join lateral (
    select x.state, x.current_version_id, x.preliminary_version_id from reading x
    where x.study_id = p.id and x.former_patient_id is null and x.state <> 'canceled'
    order by x.opened_at desc, x.id limit 1) r on true
left join report_version v on v.id = coalesce(r.current_version_id, r.preliminary_version_id)
where %(before_at)s::timestamptz is null or (p.at, p.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
order by p.at desc, p.id desc
limit %(limit)s::int;

-- name: quarantined
-- Lines of messages about this person that are kept apart, of some organisations (null: of all).
select count(distinct c.id)::int as count
from laboratory_report_version v
join result_quarantine c on c.message_id = v.message_id and c.state = 'open'
where v.patient_id = any(%(patient_ids)s::uuid[])
  and (%(organizations)s::uuid[] is null or c.organization_id = any(%(organizations)s::uuid[]));

-- name: doubtful
-- Reports and studies of records of which nobody has decided yet whether they are this person.
with other as (
    select case when r.patient_id = any(%(patient_ids)s::uuid[]) then r.other_patient_id else r.patient_id end as id
    from identity_review r
    where r.state = 'open'
      and (r.patient_id = any(%(patient_ids)s::uuid[]) or r.other_patient_id = any(%(patient_ids)s::uuid[])))
select ((select count(distinct v.report_id) from laboratory_report_version v
         where v.patient_id in (select id from other) and not v.patient_id = any(%(patient_ids)s::uuid[]))
      + (select count(*) from imaging_study s
         where s.patient_id in (select id from other) and not s.patient_id = any(%(patient_ids)s::uuid[])))::int as count;
