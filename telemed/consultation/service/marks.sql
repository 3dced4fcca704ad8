-- The marks of a room that go into the studies as DICOM SR.

-- name: drawn
-- What was drawn, changed and taken away in a room up to an event of its log.
select seq, epoch, at, by_person, kind, device, cid, data, hash from room_event
where room_id = %(room)s::uuid and seq <= %(seq)s::bigint and kind in ('anno.add', 'anno.upd', 'anno.del') order by seq;

-- name: before
-- How far the log was when the version before this one was signed; 0 for the first.
select coalesce(max(room_seq), 0) as seq from consultation_opinion
where consultation_id = %(id)s::uuid and version < %(version)s::smallint;

-- name: images
-- Where marked images belong.
select i.sop_instance_uid as sop, i.sop_class_uid as sop_class, coalesce(i.frames, 1) as frames,
    e.series_instance_uid as series, s.id as study_id, s.study_instance_uid as study
from imaging_instance i join imaging_series e on e.id = i.series_id join imaging_study s on s.id = i.study_id
where i.sop_instance_uid = any(%(sops)s::text[]);

-- name: queue
-- The marks of one study are owed from this signature on; the report before it, where there was one, is named.
insert into consultation_marks (consultation_id, version, study_id, series_uid, sop_uid, follows, marks, due_at)
values (%(id)s::uuid, %(version)s::smallint, %(study_id)s::uuid, %(series_uid)s::text, %(sop_uid)s::text,
    coalesce((select m.sop_uid from consultation_marks m where m.consultation_id = %(id)s::uuid
        and m.study_id = %(study_id)s::uuid order by m.version desc limit 1), ''), %(marks)s::int, %(now)s::timestamptz);

-- name: due
-- One report that is due, held until the transaction ends.
select m.consultation_id, m.version, m.study_id, m.series_uid, m.sop_uid, m.attempts, o.room_seq, o.signed_at,
    c.room_id, c.organization_id, c.expert_id, p.name as expert_name, h.name as institution,
    s.organization_id as study_organization_id, s.study_instance_uid as study, s.study_id_text, s.accession_number,
    s.acquired_at, s.referring_physician, s.source_patient_id, s.source_patient_name, s.source_birth_date, s.source_sex,
    coalesce(f.series_uid, '') as follows_series, coalesce(f.sop_uid, '') as follows_sop,
    coalesce(encode(i.digest, 'hex'), '') as digest, coalesce(i.size, 0) as size
from consultation_marks m
join consultation_opinion o on o.consultation_id = m.consultation_id and o.version = m.version
join consultation c on c.id = m.consultation_id
join practitioner p on p.id = o.signer_id
join organization h on h.id = c.expert_organization_id
join imaging_study s on s.id = m.study_id
left join consultation_marks f on f.sop_uid = m.follows and f.state <> 'failed'
left join imaging_instance i on i.sop_instance_uid = m.sop_uid
where m.due_at <= %(now)s::timestamptz
order by m.due_at, m.version, m.sop_uid limit 1 for update of m skip locked;

-- name: next_due
-- When the next report is due.
select min(due_at) as due_at from consultation_marks where due_at is not null;

-- name: hold
-- Nobody else makes it meanwhile.
update consultation_marks set due_at = %(until)s::timestamptz where sop_uid = %(sop_uid)s::text and state = 'pending';

-- name: later
-- It is tried again.
update consultation_marks set due_at = %(due_at)s::timestamptz, attempts = attempts + 1, reason = %(reason)s::text,
    left_out = %(left_out)s::int
where sop_uid = %(sop_uid)s::text and state = 'pending';

-- name: stored
-- It is in the archive and listed with its study.
update consultation_marks set state = 'stored', due_at = null, reason = '', digest = %(digest)s::text,
    size = %(size)s::bigint, stored_at = %(now)s::timestamptz
where sop_uid = %(sop_uid)s::text;

-- name: failed
-- It will never be better.
update consultation_marks set state = 'failed', due_at = null, attempts = attempts + 1, reason = %(reason)s::text
where sop_uid = %(sop_uid)s::text and state = 'pending';

-- name: marks
-- What became of the marks of a consultation.
select m.version, m.study_id, s.study_instance_uid, s.description as study_description, s.modalities, m.sop_uid, m.marks,
    m.left_out, m.state, m.reason, m.digest, m.stored_at
from consultation_marks m join imaging_study s on s.id = m.study_id
where m.consultation_id = %(id)s::uuid order by m.version, s.acquired_at desc nulls last, m.sop_uid;
