-- name: hold_study
-- One study with what its device said, held while it is matched.
select s.id, s.study_instance_uid, s.organization_id, s.device_id, s.source_patient_id, s.source_issuer,
       s.source_patient_name, s.source_birth_date, s.source_sex, s.accession_number, s.description, s.modalities,
       s.body_site, s.laterality, s.acquired_at, s.first_received_at, s.last_received_at, s.patient_id,
       s.service_request_id, s.match_state, s.intent, s.intent_confirmed, s.hold, s.match_revision,
       d.default_intent as device_intent, d.clock_skew_seconds as skew_seconds,
       array(select distinct x.laterality from imaging_series x where x.study_id = s.id and x.laterality <> '') as sides,
       (select coalesce(string_agg(distinct x.body_site || ' ' || x.description, ' '), '') from imaging_series x
        where x.study_id = s.id) as series_site,
       s.accession_number <> '' and exists (
           select from imaging_study t
           where t.organization_id = s.organization_id and t.accession_number = s.accession_number and t.id <> s.id
       ) as accession_shared
from imaging_study s left join device d on d.id = s.device_id
where s.id = %(study_id)s::uuid
for update of s;

-- name: study
-- The same without holding it.
select s.id, s.study_instance_uid, s.organization_id, s.device_id, s.source_patient_id, s.source_issuer,
       s.source_patient_name, s.source_birth_date, s.source_sex, s.accession_number, s.description, s.modalities,
       s.body_site, s.laterality, s.acquired_at, s.first_received_at, s.last_received_at, s.patient_id,
       s.service_request_id, s.match_state, s.intent, s.intent_confirmed, s.hold, s.match_revision,
       d.default_intent as device_intent, d.clock_skew_seconds as skew_seconds,
       array(select distinct x.laterality from imaging_series x where x.study_id = s.id and x.laterality <> '') as sides,
       (select coalesce(string_agg(distinct x.body_site || ' ' || x.description, ' '), '') from imaging_series x
        where x.study_id = s.id) as series_site,
       s.accession_number <> '' and exists (
           select from imaging_study t
           where t.organization_id = s.organization_id and t.accession_number = s.accession_number and t.id <> s.id
       ) as accession_shared
from imaging_study s left join device d on d.id = s.device_id
where s.id = %(study_id)s::uuid;

-- name: save
-- What the county made of a study.
update imaging_study
set patient_id = %(patient_id)s::uuid, service_request_id = %(service_request_id)s::uuid,
    match_state = %(match_state)s::text, intent = %(intent)s::text, intent_confirmed = %(intent_confirmed)s::boolean,
    hold = %(hold)s::text, revision = revision + 1, match_revision = match_revision + 1
where id = %(study_id)s::uuid;

-- name: open_near
-- Studies that a new registration may be the request of, oldest first.
select s.id from imaging_study s
where s.organization_id = %(organization_id)s::uuid and s.match_state in ('none', 'doubtful')
  and s.last_received_at > %(since)s::timestamptz
order by s.first_received_at
limit 500;

-- name: sharing_accession
-- Other open studies with the accession number of one.
select t.id from imaging_study s
join imaging_study t on t.organization_id = s.organization_id and t.accession_number = s.accession_number
                    and t.id <> s.id
where s.id = %(study_id)s::uuid and s.accession_number <> '' and t.match_state in ('none', 'doubtful')
limit 50;

-- name: accept_statements
-- Somebody said that everything the instances of a study say is of one person.
update imaging_statement set accepted = true where study_id = %(study_id)s::uuid;

-- name: statements
-- Every way in which the instances of a study name their patient, those kept in quarantine too.
select patient_id, name, sex, birth_date, contradicts from imaging_statement
where study_id = %(study_id)s::uuid order by contradicts, first_seen_at, name;

-- name: record_decision
-- Who linked what, by which findings.
insert into match_decision (study_id, service_request_id, decision, verdict, findings, decided_by, decided_at)
values (%(study_id)s::uuid, %(request_id)s::uuid, %(decision)s::text, %(verdict)s::text, %(findings)s::jsonb,
        %(decided_by)s::uuid, %(now)s::timestamptz);

-- name: note_clock
-- What one study says of its device's clock.
insert into device_clock_sample (device_id, study_id, low_seconds, high_seconds, sampled_at)
values (%(device_id)s::uuid, %(study_id)s::uuid, %(low)s::bigint, %(high)s::bigint, %(now)s::timestamptz)
on conflict (device_id, study_id) do update
set low_seconds = excluded.low_seconds, high_seconds = excluded.high_seconds, sampled_at = excluded.sampled_at;

-- name: clock_samples
-- the latest studies of a device, for its clock.
select low_seconds as low, high_seconds as high from device_clock_sample
where device_id = %(device_id)s::uuid order by sampled_at desc limit 5;

-- name: set_clock
-- The measured error of a device's clock.
update device set clock_skew_seconds = %(skew)s::int
where id = %(device_id)s::uuid and clock_skew_seconds is distinct from %(skew)s::int;
