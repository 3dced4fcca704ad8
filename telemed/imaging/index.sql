-- name: known_instances
-- Which of these instances are there, with which bytes.
select sop_instance_uid, encode(digest, 'hex') as digest, transfer_syntax_uid
from imaging_instance
where sop_instance_uid = any(%(uids)s);

-- name: other_encodings
-- Bytes that were found to be the same content as an instance that is there.
select i.sop_instance_uid, encode(e.digest, 'hex') as digest, e.transfer_syntax_uid
from imaging_encoding e
join imaging_instance i on i.id = e.instance_id
where i.sop_instance_uid = any(%(uids)s);

-- name: insert_study
-- Begin a study with what its first instance says, and why it was announced; another process may have begun it.
insert into imaging_study (
    study_instance_uid, organization_id, device_id, source_patient_id, source_issuer, source_patient_name,
    source_name_search, source_name_pinyin, source_birth_date, source_sex, source_age, accession_number, study_id_text,
    description, body_site, laterality, referring_physician, institution, station, operator, acquired_at,
    charset_declared, charset_used, charset_confidence, first_received_at, last_received_at, settle_at, intent,
    intent_confirmed)
values (
    %(study_instance_uid)s, %(organization_id)s, (select id from device where ae_title = %(calling_ae)s),
    %(patient_id)s, %(issuer)s, %(patient_name)s, %(name_search)s, %(name_pinyin)s, %(birth_date)s, %(sex)s, %(age)s,
    %(accession_number)s, %(study_id)s, %(study_description)s, %(body_part)s, %(laterality)s,
    %(referring_physician)s, %(institution)s, %(station)s, %(operator)s, %(acquired_at)s,
    %(charset_declared)s, %(charset_used)s, %(charset_confidence)s, %(received_at)s, %(received_at)s, %(settle_at)s,
    coalesce((select intent from announced_study where organization_id = %(organization_id)s
                  and study_instance_uid = %(study_instance_uid)s), 'request-reading'),
    exists (select from announced_study where organization_id = %(organization_id)s
                and study_instance_uid = %(study_instance_uid)s))
on conflict (study_instance_uid) do nothing
returning id;

-- name: lock_studies
-- The studies of these UIDs, locked in one order for all processes.
select id, study_instance_uid, organization_id, completeness
from imaging_study
where study_instance_uid = any(%(uids)s)
order by study_instance_uid
for update;

-- name: parts
-- What was split off these studies, locked as they are.
select id, study_instance_uid, organization_id, completeness, split_from_id
from imaging_study
where split_from_id = any(%(ids)s)
order by study_instance_uid
for update;

-- name: statements
-- What the instances of these studies say of their patients.
select study_id, statement_key, patient_id, name, sex, birth_date, accepted, contradicts
from imaging_statement
where study_id = any(%(ids)s);

-- name: insert_statement
-- Note a statement that is new to the study.
insert into imaging_statement (study_id, statement_key, patient_id, name, sex, birth_date, contradicts, first_seen_at)
values (%(study_id)s, %(key)s, %(patient_id)s, %(name)s, %(sex)s, %(birth_date)s, %(contradicts)s, %(at)s)
on conflict (study_id, statement_key) do nothing;

-- name: accept_statements
-- A person said that these pictures are of one person.
update imaging_statement set accepted = true, contradicts = false
where study_id = %(id)s and (%(key)s::bytea is null or statement_key = %(key)s or not contradicts);

-- name: remove_empty_series
-- Take back the series of a study of which nothing was stored.
delete from imaging_series where study_id = %(id)s and instance_count = 0;

-- name: remove_empty_study
-- Take back a study of which nothing was stored.
delete from imaging_study where id = %(id)s and instance_count = 0;

-- name: hold_mixed
-- Two persons under one Study UID: nobody reads it until somebody has decided.
update imaging_study set hold = 'mixed', revision = revision + 1 where id = %(id)s and hold = '';

-- name: insert_series
-- Begin a series.
insert into imaging_series (
    study_id, series_instance_uid, modality, series_number, description, protocol, body_site, laterality, view_position)
values (
    %(study_id)s, %(series_instance_uid)s, %(modality)s, %(series_number)s, %(series_description)s, %(protocol)s,
    %(body_part)s, %(laterality)s, %(view_position)s)
on conflict (series_instance_uid) do nothing;

-- name: series
-- The series of these UIDs.
select id, study_id, series_instance_uid from imaging_series where series_instance_uid = any(%(uids)s);

-- name: insert_instances
-- Put the instances of a batch into the index; a UID that is taken is not returned.
insert into imaging_instance (
    series_id, study_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, digest, size, instance_number, rows,
    columns, frames, bits_allocated, samples, photometric, image_type, calling_ae, received_at)
select
    series_id, study_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, decode(digest, 'hex'), size,
    instance_number, rows, columns, frames, bits_allocated, samples, photometric, image_type, calling_ae, received_at
from json_to_recordset(%(instances)s::json) as arrived (
    series_id uuid, study_id uuid, sop_instance_uid text, sop_class_uid text, transfer_syntax_uid text, digest text,
    size bigint, instance_number integer, rows integer, columns integer, frames integer, bits_allocated integer,
    samples integer, photometric text, image_type text, calling_ae text, received_at timestamptz)
on conflict (sop_instance_uid) do nothing
returning sop_instance_uid;

-- name: insert_encoding
-- Note the same content in other bytes.
insert into imaging_encoding (instance_id, digest, size, transfer_syntax_uid, calling_ae, received_at)
select id, decode(%(digest)s, 'hex'), %(size)s, %(transfer_syntax_uid)s, %(calling_ae)s, %(received_at)s
from imaging_instance
where sop_instance_uid = %(sop_instance_uid)s
on conflict (instance_id, digest) do nothing;

-- name: count_series
-- Count what arrived in one series.
update imaging_series set instance_count = instance_count + %(count)s where id = %(id)s;

-- name: count_study
-- Count what arrived in one study; what is settled is receiving again.
update imaging_study set
    instance_count = instance_count + %(count)s,
    total_bytes = total_bytes + %(bytes)s,
    series_count = (select count(*) from imaging_series where study_id = %(id)s),
    modalities = (
        select coalesce(array_agg(distinct e.modality order by e.modality), '{}')
        from imaging_series e where e.study_id = %(id)s and e.modality <> '' and not exists (
            select from imaging_instance i where i.series_id = e.id and i.calling_ae = 'TELEMED-SR')),
    acquired_at = least(acquired_at, %(acquired_at)s),
    last_received_at = greatest(last_received_at, %(received_at)s),
    completeness = 'receiving',
    completeness_evidence = '',
    settle_at = %(settle_at)s,
    revision = revision + 1
where id = %(id)s;

-- name: count_documents
-- Count what the county itself put into a study; it stays as complete as it was.
update imaging_study set
    instance_count = instance_count + %(count)s,
    documents = documents + %(count)s,
    total_bytes = total_bytes + %(bytes)s,
    series_count = (select count(*) from imaging_series where study_id = %(id)s),
    revision = revision + 1
where id = %(id)s;

-- name: count_association
-- Note which association brought a part of which study.
insert into imaging_association (association_id, study_id, calling_ae, instances, last_received_at)
values (%(association_id)s, %(study_id)s, %(calling_ae)s, %(count)s, %(received_at)s)
on conflict (association_id, study_id) do update set
    instances = imaging_association.instances + excluded.instances,
    last_received_at = greatest(imaging_association.last_received_at, excluded.last_received_at);

-- name: end_association
-- An association is over: its studies may be settled now.
with ended as (
    update imaging_association set ended = %(ended)s
    where association_id = %(association_id)s and ended = 'open'
    returning study_id)
update imaging_study set settle_at = %(now)s
where id in (select study_id from ended) and completeness = 'receiving';

-- name: expect
-- The sender announced how many instances the study has.
update imaging_study set expected_instances = %(expected)s, revision = revision + 1,
    completeness = 'receiving', completeness_evidence = '', settle_at = %(now)s
where study_instance_uid = %(study_instance_uid)s and organization_id = %(organization_id)s
returning id;

-- name: due_studies
-- Studies whose completeness is to be looked at, with the evidence.
select s.id, s.organization_id, s.instance_count - s.documents as instance_count, s.last_received_at,
    s.expected_instances,
    (select count(*) from imaging_association a where a.study_id = s.id and a.ended = 'open') as open_associations,
    (select count(*) from imaging_association a where a.study_id = s.id and a.ended = 'lost') as lost_associations,
    (select count(*) from imaging_association a where a.study_id = s.id and a.ended = 'released')
        as released_associations
from imaging_study s
where s.settle_at <= %(now)s
order by s.settle_at
limit 100
for update skip locked;

-- name: look_again
-- Nothing decided: look again later.
update imaging_study set settle_at = %(at)s where id = %(id)s;

-- name: settle
-- Decided.
update imaging_study set completeness = %(completeness)s, completeness_evidence = %(evidence)s, settle_at = null,
    revision = revision + 1
where id = %(id)s;

-- name: next_due
-- When the next study is due.
select min(settle_at) as at from imaging_study where settle_at is not null;

-- name: organization_of_device
-- Whom a device belongs to now.
select organization_id as id from device where ae_title = %(ae_title)s;

-- name: organization_exists
-- Whether the organisation is (still) there.
select id from organization where id = %(id)s;
