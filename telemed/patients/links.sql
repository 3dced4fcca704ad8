-- name: hold
-- One change of links at a time in the county: they are rare, and one may reach over any number of records.
select pg_advisory_xact_lock(7310001);

-- name: around
-- What stands about the records that are the same person as the given ones: their links, and who was told apart.
with recursive same (id) as (
    select unnest(%(ids)s::uuid[])
    union
    select case when l.patient_id = same.id then l.other_patient_id else l.patient_id end
    from same cross join lateral (
        select distinct on (k.patient_id, k.other_patient_id) k.patient_id, k.other_patient_id, k.fact
        from identity_link k
        where (k.patient_id = same.id or k.other_patient_id = same.id)
          and (%(known_at)s::timestamptz is null or k.recorded_at <= %(known_at)s::timestamptz)
        order by k.patient_id, k.other_patient_id, k.id desc) l
    where l.fact = 'linked')
select distinct s.patient_id, s.other_patient_id, s.fact, s.ground, s.recorded_at
from same cross join lateral (
    select distinct on (k.patient_id, k.other_patient_id) k.patient_id, k.other_patient_id, k.fact, k.ground,
           k.recorded_at
    from identity_link k
    where (k.patient_id = same.id or k.other_patient_id = same.id)
      and (%(known_at)s::timestamptz is null or k.recorded_at <= %(known_at)s::timestamptz)
    order by k.patient_id, k.other_patient_id, k.id desc) s
order by s.patient_id, s.other_patient_id;

-- name: record
-- A fact about two records, with both as they stand; never before the fact that it follows.
insert into identity_link (patient_id, other_patient_id, fact, ground, findings, note, snapshot, changed, review_id,
                           decided_by, recorded_at)
select %(patient_id)s::uuid, %(other_patient_id)s::uuid, %(fact)s::text, %(ground)s::text, %(findings)s::text[],
       %(note)s::text,
       jsonb_build_object('patient', patient_snapshot(%(patient_id)s::uuid),
                          'other', patient_snapshot(%(other_patient_id)s::uuid)),
       %(changed)s::text[], %(review_id)s::uuid, %(decided_by)s::uuid,
       greatest(%(now)s::timestamptz, (select max(k.recorded_at) from identity_link k
                                       where k.patient_id = %(patient_id)s::uuid
                                         and k.other_patient_id = %(other_patient_id)s::uuid))
returning id;

-- name: last
-- The newest fact of a pair, with both records as they stood before it and as they stand now.
select k.id, k.fact, k.review_id, k.snapshot -> 'patient' as patient_before, k.snapshot -> 'other' as other_before,
       patient_snapshot(k.patient_id) as patient_now, patient_snapshot(k.other_patient_id) as other_now
from identity_link k
where k.patient_id = %(patient_id)s::uuid and k.other_patient_id = %(other_patient_id)s::uuid
order by k.id desc limit 1;

-- name: members
-- What decides which of several records the others point at, and who has to hear of it.
select id, identity = 'source' as source, created_at, organization_id, same_as_id from patient
where id = any(%(ids)s::uuid[]) order by id for no key update;

-- name: point
-- Say which record stands for one, or that it stands for itself (null). Nothing else of it changes.
update patient set same_as_id = %(same_as_id)s::uuid where id = %(patient_id)s::uuid;

-- name: facts
-- Every fact about one record, the newest first.
select k.id, k.patient_id, k.other_patient_id, k.fact, k.ground, k.findings, k.note, k.changed, k.review_id,
       coalesce(d.name, '') as decided_by_name, k.recorded_at
from identity_link k left join practitioner d on d.id = k.decided_by
where (k.patient_id = %(patient_id)s::uuid or k.other_patient_id = %(patient_id)s::uuid)
  and (%(known_at)s::timestamptz is null or k.recorded_at <= %(known_at)s::timestamptz)
order by k.id desc
limit %(limit)s::int;

-- name: spoken_of
-- With whom of the given records a record has a fact, or a review in either order.
select case when k.patient_id = %(patient_id)s::uuid then k.other_patient_id else k.patient_id end as id
from identity_link k
where (k.patient_id = %(patient_id)s::uuid and k.other_patient_id = any(%(others)s::uuid[]))
   or (k.other_patient_id = %(patient_id)s::uuid and k.patient_id = any(%(others)s::uuid[]))
union
select case when r.patient_id = %(patient_id)s::uuid then r.other_patient_id else r.patient_id end
from identity_review r
where (r.patient_id = %(patient_id)s::uuid and r.other_patient_id = any(%(others)s::uuid[]))
   or (r.other_patient_id = %(patient_id)s::uuid and r.patient_id = any(%(others)s::uuid[]));

-- name: matched
-- A link made by the rule alone, on the list of what was decided, where a person can take it back.
insert into identity_review (organization_id, patient_id, other_patient_id, reason, state, opened_at, decided_at)
values (%(organization_id)s::uuid, %(patient_id)s::uuid, %(other_patient_id)s::uuid, 'matched', 'same-person',
        %(now)s::timestamptz, %(now)s::timestamptz)
returning id;
