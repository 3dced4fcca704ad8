-- name: insert
-- A proposal; nothing is returned if the study has an open one.
insert into study_correction (
    id, study_id, organization_id, kind, state, reason, persons, from_patient_id, from_request_id, to_patient_id,
    to_request_id, proposed_by, proposed_at)
values (
    %(id)s::uuid, %(study_id)s::uuid, %(organization_id)s::uuid, %(kind)s::text, 'proposed', %(reason)s::text,
    %(persons)s::jsonb, %(from_patient_id)s::uuid, %(from_request_id)s::uuid, %(to_patient_id)s::uuid,
    %(to_request_id)s::uuid, %(by)s::uuid, %(at)s::timestamptz)
on conflict (study_id) where state = 'proposed' do nothing
returning id;

-- name: hold
-- One proposal, held until the transaction ends.
select id, study_id, organization_id, kind, state, reason, persons, from_patient_id, from_request_id, to_patient_id,
       to_request_id, proposed_by, proposed_at, decided_by, decided_at
from study_correction where id = %(id)s::uuid for update;

-- name: study
-- The study a proposal is about.
select study_id as id from study_correction where id = %(id)s::uuid;

-- name: settle
-- It has been decided.
update study_correction
set state = %(state)s::text, decided_by = %(by)s::uuid, decided_at = %(at)s::timestamptz, note = %(note)s::text
where id = %(id)s::uuid;

-- name: list
-- Proposals with who made and who decided them: those that wait first, then the newest; of a study, or by id.
select c.id, c.study_id, c.organization_id, o.name as organization_name, c.kind, c.state, c.reason, c.note,
       c.proposed_by, p.name as proposed_by_name, c.proposed_at, d.name as decided_by_name, c.decided_at,
       c.from_patient_id, c.from_request_id, c.to_patient_id, c.to_request_id,
       coalesce(jsonb_array_length(c.persons), 0) as persons, s.modalities,
       coalesce(q.item, nullif(s.description, ''), '') as item,
       coalesce(f.name, s.source_patient_name) as from_name, coalesce(w.name, '') as to_name,
       (select r.current_version_id from reading r
        where r.study_id = c.study_id and r.former_patient_id = c.from_patient_id and r.state = 'void'
        order by r.opened_at desc limit 1) as void_report_id,
       (select count(*) from correction_notice n where n.correction_id = c.id) as notices,
       (select count(*) from correction_notice n where n.correction_id = c.id and n.told_at is null) as untold
from study_correction c
join organization o on o.id = c.organization_id
join practitioner p on p.id = c.proposed_by
join imaging_study s on s.id = c.study_id
left join practitioner d on d.id = c.decided_by
left join service_request q on q.id = coalesce(c.from_request_id, s.service_request_id)
left join patient f on f.id = c.from_patient_id
left join patient w on w.id = c.to_patient_id
where (%(organizations)s::uuid[] is null or c.organization_id = any(%(organizations)s::uuid[]))
  and (%(id)s::uuid is null or c.id = %(id)s::uuid)
  and (%(study_id)s::uuid is null or c.study_id = %(study_id)s::uuid)
  and (%(patient_ids)s::uuid[] is null or (c.state = 'confirmed' and c.kind = 'reassignment'
       and (c.from_patient_id = any(%(patient_ids)s::uuid[]) or c.to_patient_id = any(%(patient_ids)s::uuid[]))))
order by c.state = 'proposed' desc,
         exists (select from correction_notice n where n.correction_id = c.id and n.told_at is null) desc,
         coalesce(c.decided_at, c.proposed_at) desc, c.id
limit %(limit)s::int;

-- name: insert_notice
-- Somebody who has to be told.
insert into correction_notice (id, correction_id, organization_id, practitioner_id, name, means, last_at)
values (%(id)s::uuid, %(correction_id)s::uuid, %(organization_id)s::uuid, %(practitioner_id)s::uuid, %(name)s::text,
        %(means)s::text[], %(last_at)s::timestamptz);

-- name: notices
-- Who has to be told of a correction, and who has been.
select n.id, n.organization_id, o.name as organization_name, o.phone as organization_phone, n.practitioner_id,
       coalesce(p.name, n.name) as name, n.means, n.last_at, t.name as told_by_name, n.told_at, n.channel, n.note
from correction_notice n
join organization o on o.id = n.organization_id
left join practitioner p on p.id = n.practitioner_id
left join practitioner t on t.id = n.told_by
where n.correction_id = %(correction_id)s::uuid
order by n.told_at is not null, n.last_at desc, n.id;

-- name: tell
-- Somebody has been told; nothing is returned for one who had been.
update correction_notice
set told_by = %(by)s::uuid, told_at = %(at)s::timestamptz, channel = %(channel)s::text, note = %(note)s::text
where id = %(id)s::uuid and correction_id = %(correction_id)s::uuid and told_at is null
returning id;
