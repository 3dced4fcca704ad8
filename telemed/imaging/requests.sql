-- name: one_at_a_time
-- The same form sent twice at once: the second waits for the first.
select pg_advisory_xact_lock(hashtextextended(%(submission_id)s::uuid::text, 0));

-- name: by_submission
-- A form that was sent before.
select id, organization_id from service_request where submission_id = %(submission_id)s::uuid;

-- name: organization
-- Whether there is such an organisation.
select id from organization where id = %(id)s::uuid;

-- name: insert
-- One registration, unless its accession number is taken.
insert into service_request (
    submission_id, organization_id, accession_number, patient_id, visit_id, modality, item, body_site, laterality,
    encounter_class, priority, emergency_class, intent, history, purpose, prior_surgery, pregnancy, pregnancy_confirmed,
    requester_id, requester_name, department, technician_name, fee_state, consent_told, card_mismatch, registered_by,
    registered_at)
values (
    %(submission_id)s::uuid, %(organization_id)s::uuid, %(accession_number)s::text, %(patient_id)s::uuid,
    coalesce(%(visit_id)s::uuid, gen_random_uuid()), %(modality)s::text, %(item)s::text, %(body_site)s::text,
    %(laterality)s::text, %(encounter_class)s::text, %(priority)s::text, %(emergency_class)s::text, %(intent)s::text,
    %(history)s::text, %(purpose)s::text, %(prior_surgery)s::text, %(pregnancy)s::text,
    %(pregnancy_confirmed)s::boolean, %(requester_id)s::uuid, %(requester_name)s::text, %(department)s::text,
    %(technician_name)s::text, %(fee_state)s::text, %(consent_told)s::boolean, %(card_mismatch)s::boolean,
    %(registered_by)s::uuid, %(now)s::timestamptz)
on conflict on constraint accession_is_unique_per_organization do nothing
returning id;

-- name: list
-- Registrations of some organisations in a span of time, newest first; one of them by id.
select q.id, q.organization_id, o.name as organization_name, q.accession_number, q.patient_id, q.visit_id, q.modality,
       q.item, q.body_site, q.laterality, q.encounter_class, q.priority, q.emergency_class, q.intent, q.history,
       q.purpose, q.prior_surgery, q.pregnancy, q.pregnancy_confirmed, q.requester_name, q.department,
       q.technician_name, q.fee_state, q.consent_told, q.card_mismatch, q.status, q.registered_at, q.revision,
       p.name as patient_name, p.sex as patient_sex, p.birth_date, p.birth_date_estimated, p.born_at, p.identity,
       p.phone, p.address,
       (select i.value from patient_identifier i where i.patient_id = p.id and i.kind <> 'device'
        order by i.kind = 'temporary', i.since limit 1) as number,
       array(select s.id from imaging_study s where s.service_request_id = q.id order by s.first_received_at) as study_ids,
       (select count(*) from request_paper a where a.service_request_id = q.id) as papers
from service_request q
join patient p on p.id = q.patient_id
join organization o on o.id = q.organization_id
where (%(organizations)s::uuid[] is null or q.organization_id = any(%(organizations)s::uuid[]))
  and (%(request_id)s::uuid is null or q.id = %(request_id)s::uuid)
  and (%(patient_ids)s::uuid[] is null or q.patient_id = any(%(patient_ids)s::uuid[]))
  and (%(since)s::timestamptz is null or q.registered_at >= %(since)s::timestamptz)
  and (%(until)s::timestamptz is null or q.registered_at < %(until)s::timestamptz)
order by q.registered_at desc, q.id
limit %(limit)s::int;

-- name: visit_of
-- The visit that a further registration of the same person joins.
select visit_id as id from service_request
where id = %(request_id)s::uuid and patient_id = %(patient_id)s::uuid and organization_id = %(organization_id)s::uuid
  and registered_at > %(since)s::timestamptz;

-- name: insert_paper
-- A photograph of a paper request; the same picture twice is one.
insert into request_paper (service_request_id, digest, media_type, size, width, height, added_by, added_at)
values (%(request_id)s::uuid, %(digest)s::bytea, %(media_type)s::text, %(size)s::int, %(width)s::int, %(height)s::int,
        %(added_by)s::uuid, %(now)s::timestamptz)
on conflict do nothing;

-- name: papers
-- The photographs of one registration.
select encode(digest, 'hex') as digest, media_type, size, width, height, added_at
from request_paper where service_request_id = %(request_id)s::uuid order by added_at, digest;

-- name: candidates
-- Registrations that a study could answer: by accession number, by a number of the patient, by time, by name.
select q.id, q.organization_id, q.accession_number, p.name, p.sex, p.birth_date, p.birth_date_estimated, p.identity,
       array(select i.value from patient_identifier i where i.patient_id = p.id and i.kind <> 'device') as numbers,
       q.modality, q.item || ' ' || q.body_site as site, q.laterality, q.registered_at, q.card_mismatch,
       exists (select from imaging_study s
               where s.service_request_id = q.id and s.id <> %(study_id)s::uuid) as answered
from service_request q join patient p on p.id = q.patient_id
where q.organization_id = %(organization_id)s::uuid and q.status in ('active', 'completed')
  and ((%(accession_number)s::text <> '' and q.accession_number = %(accession_number)s::text)
       or (%(accession_in_patient_id)s::text <> '' and q.accession_number = %(accession_in_patient_id)s::text)
       or (q.registered_at between %(since)s::timestamptz and %(until)s::timestamptz)
       or exists (select from patient_identifier i
                  where i.patient_id = p.id and i.value = %(number)s::text and %(number)s::text <> ''
                    and q.registered_at > %(since)s::timestamptz - interval '30 days'))
order by q.registered_at desc, q.id
limit 500;

-- name: request_for_update
-- One registration, held while a study is linked to it.
select id, organization_id, patient_id, intent, registered_at, card_mismatch
from service_request where id = %(request_id)s::uuid for update;

-- name: complete
-- The registration has its study.
update service_request set status = 'completed', revision = revision + 1
where id = %(request_id)s::uuid and status = 'active';

-- name: reopen
-- The registration has lost its study.
update service_request q set status = 'active', revision = revision + 1
where q.id = %(request_id)s::uuid and q.status = 'completed'
  and not exists (select from imaging_study s where s.service_request_id = q.id);
