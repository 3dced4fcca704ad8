-- The teaching file: proposed, copied, looked at, released, read.

-- name: consultation
-- What a proposal is made from.
select c.id, c.organization_id, c.requester_id, c.expert_id, c.expert_organization_id, c.patient_id, c.state, c.question,
    c.history, coalesce(o.diagnosis, '') as diagnosis, coalesce(o.advice, '') as advice, coalesce(o.addendum, '') as addendum
from consultation c
left join lateral (select diagnosis, advice, addendum from consultation_opinion w where w.consultation_id = c.id
    order by w.version desc limit 1) o on true
where c.id = %(id)s::uuid;

-- name: series
-- The series of a consultation's studies, the oldest study first; sop_class: of one of its instances.
select e.id, s.id as study_id, dense_rank() over (order by s.acquired_at nulls last, s.id)::int as study_number,
    e.modality, coalesce(e.series_number, 0) as series_number, e.description, e.body_site, count(i.id)::int as images,
    coalesce(sum(i.frames), 0)::int as frames, coalesce(min(i.sop_class_uid), '') as sop_class
from consultation_study t join imaging_study s on s.id = t.study_id join imaging_series e on e.study_id = s.id
left join imaging_instance i on i.series_id = e.id
where t.consultation_id = %(id)s::uuid
group by e.id, s.id, s.acquired_at order by study_number, e.series_number nulls last, e.id limit 500;

-- name: known
-- Names and numbers of a record: of the patient, of who had to do with it, of the institutions.
with case_of as (select * from consultation where id = %(id)s::uuid),
studies as (select s.* from consultation_study t join imaging_study s on s.id = t.study_id
    where t.consultation_id = %(id)s::uuid),
people as (
    select requester_id as id from case_of union select expert_id from case_of
    union select by from consultation_step where consultation_id = %(id)s::uuid
    union select practitioner_id from consultation_member where consultation_id = %(id)s::uuid
    union select signer_id from consultation_opinion where consultation_id = %(id)s::uuid
    union select v.author_id from report_version v join reading r on r.id = v.reading_id
        where r.study_id in (select id from studies)
    union select v.verifier_id from report_version v join reading r on r.id = v.reading_id
        where r.study_id in (select id from studies))
select p.name as text, 'person' as sign from patient p join case_of c on c.patient_id = p.id
union select m.name, 'person' from patient p join case_of c on c.patient_id = p.id join patient m on m.id = p.mother_id
union select p.phone, 'number' from patient p join case_of c on c.patient_id = p.id
union select p.address, 'place' from patient p join case_of c on c.patient_id = p.id
union select n.value, 'number' from patient_identifier n join case_of c on c.patient_id = n.patient_id
union select q.name, 'person' from practitioner q join people on people.id = q.id
union select q.phone, 'number' from practitioner q join people on people.id = q.id
union select g.name, 'person' from guest_invitation g where g.consultation_id = %(id)s::uuid
union select g.institution, 'place' from guest_invitation g where g.consultation_id = %(id)s::uuid
union select k.name, 'person' from consultation_consent k where k.consultation_id = %(id)s::uuid
union select c.number, 'number' from case_of c
union select unnest(array[s.source_patient_id, s.accession_number, s.study_id_text]), 'number' from studies s
union select unnest(array[s.source_patient_name, s.referring_physician, s.operator]), 'person' from studies s
union select s.institution, 'place' from studies s
union select o.name, 'place' from organization o where o.name <> ''
union select o.name_en, 'place' from organization o where o.name_en <> '';

-- name: insert
-- A case whose copies are owed; no row where the id was used before.
insert into teaching_case (id, consultation_id, organization_id, proposer_id, secret, title, teaches, question, opinion,
    keywords, body_part, searched, proposed_at, due_at)
values (%(id)s::uuid, %(consultation_id)s::uuid, %(organization_id)s::uuid, %(by)s::uuid, %(secret)s::bytea,
    %(title)s::text, %(teaches)s::text, %(question)s::text, %(opinion)s::text, %(keywords)s::text[], %(body_part)s::text,
    %(searched)s::text, %(now)s::timestamptz, %(now)s::timestamptz)
on conflict (id) do nothing;

-- name: insert_images
-- Every instance of the chosen series, in the order in which it is looked at.
with chosen as (
    select i.id, i.instance_number, e.id as series_id, e.series_number, e.modality, s.acquired_at, s.id as study_id
    from imaging_instance i join imaging_series e on e.id = i.series_id join imaging_study s on s.id = e.study_id
    join consultation_study t on t.study_id = s.id and t.consultation_id = %(consultation_id)s::uuid
    where e.id = any(%(series)s::uuid[])),
numbered as (
    select id, modality, dense_rank() over (order by acquired_at nulls last, study_id) as study_number,
        dense_rank() over (order by acquired_at nulls last, study_id, series_number nulls last, series_id) as series_number,
        row_number() over (order by acquired_at nulls last, study_id, series_number nulls last, series_id,
            instance_number nulls last, id) as number
    from chosen)
insert into teaching_image (case_id, number, study_number, series_number, source_id, modality)
select %(id)s::uuid, number, study_number, series_number, id, modality from numbered;

-- name: count_images
-- How many instances chosen series have.
select count(*)::int as amount, count(distinct e.id)::int as series
from imaging_series e join consultation_study t on t.study_id = e.study_id and t.consultation_id = %(consultation_id)s::uuid
join imaging_instance i on i.series_id = e.id where e.id = any(%(series)s::uuid[]);

-- name: hold
-- One case, locked.
select c.id, c.consultation_id, c.organization_id, c.proposer_id, c.state, c.revision,
    (select count(*)::int from teaching_image i where i.case_id = c.id and i.state = 'copied' and i.grounds <> '{}'
        and i.verdict = '') as undecided,
    (select count(*)::int from teaching_image i where i.case_id = c.id and i.state = 'copied' and i.verdict <> 'out')
        as kept
from teaching_case c where c.id = %(id)s::uuid for update of c;

-- name: move
-- A step: the state and what goes with it.
update teaching_case set state = %(state)s::text, due_at = null, revision = revision + 1,
    released_by = case when %(state)s::text = 'released' then %(by)s::uuid else released_by end,
    released_at = case when %(state)s::text = 'released' then %(now)s::timestamptz else released_at end,
    withdrawn_at = case when %(state)s::text = 'withdrawn' then %(now)s::timestamptz end,
    fault = %(fault)s::text,
    modalities = coalesce((select array_agg(distinct i.modality order by i.modality) from teaching_image i
        where i.case_id = %(id)s::uuid and i.state = 'copied' and i.verdict <> 'out'), '{}')
where id = %(id)s::uuid;

-- name: write
-- The texts as the proposer has them now.
update teaching_case set title = %(title)s::text, teaches = %(teaches)s::text, question = %(question)s::text,
    opinion = %(opinion)s::text, keywords = %(keywords)s::text[], body_part = %(body_part)s::text,
    searched = %(searched)s::text, revision = revision + 1
where id = %(id)s::uuid;

-- name: look
-- Somebody looked at images; those of the case that have a copy.
update teaching_image set verdict = %(verdict)s::text, looked_by = %(by)s::uuid, looked_at = %(now)s::timestamptz
where case_id = %(case_id)s::uuid and id = any(%(images)s::uuid[]) and state = 'copied' returning id;

-- name: touch
-- Its images were judged anew.
update teaching_case set revision = revision + 1 where id = %(id)s::uuid;

-- name: step
-- What was done, by whom and why.
insert into teaching_step (case_id, number, command, from_state, to_state, by, at, reason)
select %(id)s::uuid, coalesce(max(s.number), 0) + 1, %(command)s::text, %(from_state)s::text, %(to_state)s::text,
    %(by)s::uuid, %(now)s::timestamptz, %(reason)s::text
from teaching_step s where s.case_id = %(id)s::uuid;

-- name: due
-- A case whose copies are owed, held until the transaction ends.
select c.id, c.consultation_id, c.secret, c.attempts from teaching_case c
where c.due_at <= %(now)s::timestamptz order by c.due_at, c.id limit 1 for update skip locked;

-- name: next_due
-- When the next copies are due.
select min(due_at) as due_at from teaching_case where due_at is not null;

-- name: lease
-- Nobody else makes its copies meanwhile.
update teaching_case set due_at = %(until)s::timestamptz where id = %(id)s::uuid and state = 'copying' returning id;

-- name: later
-- It is tried again.
update teaching_case set due_at = %(until)s::timestamptz, attempts = attempts + 1, fault = %(fault)s::text
where id = %(id)s::uuid and state = 'copying';

-- name: next_image
-- The first image that has no copy yet.
select i.id, encode(n.digest, 'hex') as digest, n.transfer_syntax_uid, n.size
from teaching_image i join imaging_instance n on n.id = i.source_id
where i.case_id = %(id)s::uuid and i.state = 'due' order by i.number limit 1;

-- name: made
-- Its copy is durable; nothing where the case was taken back, or another worker was quicker.
update teaching_image i set state = 'copied', digest = %(digest)s::text, size = %(size)s::bigint,
    modality = %(modality)s::text, frames = %(frames)s::int, rows = %(rows)s::int, columns = %(columns)s::int,
    grounds = %(grounds)s::text[]
from teaching_case c where i.id = %(id)s::uuid and i.state = 'due' and c.id = i.case_id and c.state = 'copying';

-- name: left_out
-- There will be no copy of it, and why.
update teaching_image i set state = 'left-out', why = %(why)s::text
from teaching_case c where i.id = %(id)s::uuid and i.state = 'due' and c.id = i.case_id and c.state = 'copying';

-- name: proposals
-- Proposals of a person, and those before the second person of some institutions; the newest first.
select c.id, c.title, c.state, c.body_part, c.modalities, c.proposed_at, p.name as proposer_name, c.proposer_id,
    c.organization_id, c.revision,
    (select count(*)::int from teaching_image i where i.case_id = c.id and i.state = 'copied' and i.grounds <> '{}'
        and i.verdict = '') as undecided,
    (select count(*)::int from teaching_image i where i.case_id = c.id) as images,
    (select count(*)::int from teaching_image i where i.case_id = c.id and i.state <> 'due') as done
from teaching_case c join practitioner p on p.id = c.proposer_id
where (c.proposer_id = %(person)s::uuid
       or (c.state in ('submitted', 'released', 'refused') and (%(everywhere)s::boolean
           or c.organization_id = any(%(organizations)s::uuid[]))))
  and (%(before)s::timestamptz is null or (c.proposed_at, c.id) < (%(before)s::timestamptz, %(before_id)s::uuid))
order by c.proposed_at desc, c.id desc limit %(limit)s::int;

-- name: case
-- One case.
select c.id, c.consultation_id, c.organization_id, c.proposer_id, p.name as proposer_name, c.state, c.title, c.teaches,
    c.question, c.opinion, c.keywords, c.body_part, c.modalities, c.proposed_at, c.released_at, c.fault, c.revision
from teaching_case c join practitioner p on p.id = c.proposer_id where c.id = %(id)s::uuid;

-- name: steps
-- What was done with a case.
select s.command, s.from_state, s.to_state, coalesce(p.name, '') as by_name, s.at, s.reason
from teaching_step s left join practitioner p on p.id = s.by where s.case_id = %(id)s::uuid order by s.number;

-- name: images
-- The images of a case in their order.
select i.id, i.number, i.study_number, i.series_number, i.state, i.why, i.digest, i.modality, i.frames, i.rows, i.columns,
    i.grounds, i.verdict, i.looked_at
from teaching_image i where i.case_id = %(id)s::uuid order by i.number;

-- name: image
-- One image of a case that has a copy.
select i.id, i.digest, i.frames, i.grounds, i.verdict from teaching_image i
where i.id = %(image)s::uuid and i.case_id = %(id)s::uuid and i.state = 'copied';

-- name: released
-- What everybody reads, by word, modality and part of the body; the newest first.
select c.id, c.title, c.teaches, c.keywords, c.body_part, c.modalities, c.released_at,
    (select count(*)::int from teaching_image i where i.case_id = c.id and i.state = 'copied' and i.verdict <> 'out')
        as images
from teaching_case c
where c.state = 'released'
  and (%(everywhere)s::boolean or c.organization_id = any(%(organizations)s::uuid[]))
  and (%(search)s::text = '' or position(%(search)s::text in c.searched) > 0)
  and (%(modality)s::text = '' or %(modality)s::text = any(c.modalities))
  and (%(body_part)s::text = '' or c.body_part = %(body_part)s::text)
  and (%(before)s::timestamptz is null or (c.released_at, c.id) < (%(before)s::timestamptz, %(before_id)s::uuid))
order by c.released_at desc, c.id desc limit %(limit)s::int;

-- name: of_consultation
-- What was proposed of a consultation.
select c.id, c.title, c.state, c.proposed_at, p.name as proposer_name from teaching_case c
join practitioner p on p.id = c.proposer_id where c.consultation_id = %(id)s::uuid order by c.proposed_at, c.id;
