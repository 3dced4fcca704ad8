-- What recognition has to know of a study, an organisation and a patient, as they are now.

-- name: study
-- A reported study; no row while nobody has reported it or while it is nobody's.
select s.id as study_id, s.patient_id, s.organization_id as acquiring_id,
       coalesce(a.organization_id, s.organization_id) as reporting_id, s.device_id, s.acquired_at, s.first_received_at,
       d.clock_skew_seconds as skew_seconds, v.signed_at,
       v.number as version, v.status as report_status,
       exists (select from report_withdrawal w where w.report_version_id = v.id) as withdrawn,
       1 + (v.verifier_id is not null and v.verifier_id <> v.author_id)::int as signatures,
       s.modalities, coalesce(r.item, '') as request_item, coalesce(r.body_site, '') as request_site,
       coalesce(r.laterality, '') as request_laterality, s.description, s.body_site, s.laterality,
       case s.completeness when 'complete' then true when 'receiving' then false end as complete,
       (select g.grade from image_grade g where g.study_id = s.id order by g.id desc limit 1) as grade,
       (select case when bool_and(e.view_position <> '') then count(distinct (e.view_position, e.laterality))::int end
        from imaging_series e where e.study_id = s.id and e.modality in ('CR', 'DX', 'MG')) as views,
       exists (select from study_correction c where c.study_id = s.id and c.state = 'proposed') as contested
from imaging_study s
join reading q on q.study_id = s.id and q.former_patient_id is null
join report_version v on v.id = coalesce(q.current_version_id, q.preliminary_version_id)
left join device d on d.id = s.device_id
left join practitioner a on a.id = v.author_id
left join service_request r on r.id = s.service_request_id
where s.id = %(study_id)s::uuid and s.patient_id is not null and s.hold = ''
  and s.match_state in ('sure', 'confirmed')
order by v.signed_at desc limit 1;

-- name: samples
-- One image of each series, localizers aside: what its data set says stands for the series.
select distinct on (i.series_id) encode(i.digest, 'hex') as digest, i.transfer_syntax_uid
from imaging_instance i
where i.study_id = %(study_id)s::uuid and i.rows is not null and i.image_type not like '%%LOCALIZER%%'
order by i.series_id, i.instance_number nulls last, i.id
limit 61;

-- name: organization
-- A member as it stands to others today.
select o.id, o.name, o.level, o.region, o.groups, exists (
    select from community_membership m
    where m.organization_id = o.id and m.valid_from <= %(today)s::date
      and (m.valid_until is null or m.valid_until > %(today)s::date)) as member
from organization o where o.id = %(id)s::uuid;

-- name: organizations
-- Every organisation there is.
select id from organization order by id;

-- name: patient
-- Whether a record is of somebody known, or stands for somebody unnamed.
select identity from patient where id = %(patient_id)s::uuid;

-- name: grant
-- A grant as it is known last; struck: there was no such grant.
select id::text as id, organization_id::text as organization_id, item_key, scope, basis, state, begins, ends,
       known_from, null::timestamptz as known_until, withdrawn_from, device_id, reader_id::text as reader_id, evidence,
       due, programme
from recognition_grant g
where id = %(id)s::uuid and not struck
  and not exists (select from recognition_grant l where l.id = g.id and l.known_from > g.known_from);

-- name: blobs
-- Every data set of a study and its length.
select encode(digest, 'hex') as digest, size from imaging_instance where study_id = %(study_id)s::uuid;

-- name: messages_are_whole
-- Of some reports those whose messages all are what was received.
select v.report_id as id
from laboratory_report_version v join result_message m on m.id = v.message_id
where v.report_id = any(%(report_ids)s::uuid[])
group by v.report_id having bool_and(sha256(m.bytes) = m.digest);

-- name: known_now
-- The head of the knowledge as facts_store.sql reads it; no row where something has happened and is not known after a
-- while: of what stands for everybody, or a result filed under one of the patient's records.  Whose they are is looked
-- up only while results wait at all; a code map that changed makes hundreds of thousands wait, so each part is one
-- look into an index whatever the statistics say: reader by reader, record by record, the first that is found.
with reader as materialized (
    select c.name, c.xid, c.id from event_consumer c where c.name = any(%(names)s::text[])),
late as materialized (
    select clock_timestamp() - make_interval(secs => %(seconds)s::float) as at)
select coalesce(k.id, 0) as id, greatest(clock_timestamp(), k.known_from) as at, coalesce(
    (select max(s.id) from recognition_knowledge s where s.kind in ('organization', 'grant') and s.id <= k.id), 0
) as standing
from (select max(id) as id from recognition_knowledge) m left join recognition_knowledge k using (id)
where not exists (
    select from reader r cross join late cross join lateral (
        select e.at from event e
        where r.name = %(knowledge)s::text and (e.xid, e.id) > (r.xid, r.id) and e.kind = any(%(kinds)s::text[])
        order by e.xid, e.id limit 1) first
    where first.at < late.at)
and (
    not exists (
        select from reader r cross join late cross join lateral (
            select e.at from event e
            where r.name <> %(knowledge)s::text and (e.xid, e.id) > (r.xid, r.id)
              and e.kind in ('result.received', 'result.remapped')
              and (e.kind = 'result.received') = (r.name = %(received)s::text)
            order by e.xid, e.id limit 1) first
        where first.at < late.at)
    or not exists (
        select from (
            select %(patient)s::text as id
            union select n.content::jsonb ->> 'filed_patient_id'
            from (select distinct s.thing from recognition_knowledge s
                  where s.kind = 'identity' and s.subject = %(patient)s::text) found
            cross join lateral (
                select l.content from recognition_knowledge l
                where l.kind = 'identity' and l.thing = found.thing order by l.id desc limit 1) n
            where n.content <> '' and n.content::jsonb ->> 'state' <> %(none)s::text) filed
        cross join late
        cross join lateral (
            select e.xid, e.id, e.kind from event e
            where e.ids ->> 'patient' = filed.id and e.kind in ('result.received', 'result.remapped')
              and e.at < late.at
            offset 0) one
        join reader r on (one.xid, one.id) > (r.xid, r.id) and r.name <> %(knowledge)s::text
            and (one.kind = 'result.received') = (r.name = %(received)s::text)));
