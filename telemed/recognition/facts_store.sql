-- Knowledge of the registry: added under one lock, read up to an id.

-- name: hold
-- One writer at a time, until it has committed: ids are then in the order in which rows become visible.
select pg_advisory_xact_lock(7310002);

-- name: latest
-- What is known last of things of one kind.
select k.thing, k.subject, k.content, k.known_from
from (select distinct unnest(%(things)s::text[]) as thing) asked
cross join lateral (
    select n.thing, n.subject, n.content, n.known_from from recognition_knowledge n
    where n.kind = %(kind)s::text and n.thing = asked.thing
    order by n.id desc limit 1) k
order by k.thing;

-- name: add
-- Rows of knowledge in their order, known from one moment on; never before what they follow, whatever the clock did.
insert into recognition_knowledge (kind, thing, subject, content, known_from)
select n.kind, n.thing, n.subject, n.content, since.at
from rows from (json_to_recordset(%(rows)s::json) as (kind text, thing text, subject text, content text))
    with ordinality n (kind, thing, subject, content, place)
cross join (
    select greatest(clock_timestamp(), max(k.known_from)) as at
    from (select l.known_from from recognition_knowledge l order by l.id desc limit 1) k) since
order by n.place;

-- name: head
-- The last row that can be seen, the moment it is seen at, never before what was known last, and the last row not after
-- it about what stands for everybody; the index is of these rows alone.
select coalesce(k.id, 0) as id, greatest(clock_timestamp(), k.known_from) as at, coalesce(
    (select max(s.id) from recognition_knowledge s where s.kind in ('organization', 'grant') and s.id <= k.id), 0
) as standing
from (select max(id) as id from recognition_knowledge) m left join recognition_knowledge k using (id);

-- name: of_subjects
-- What was known last of every thing that ever stood under one of these subjects; some stand under another now.
-- Thing by thing, so that no plan made while the table was small ever reads the whole of it.
select k.thing, k.subject, k.content, k.known_from
from (select distinct s.thing from recognition_knowledge s
      where s.kind = %(kind)s::text and s.subject = any(%(subjects)s::text[]) and s.id <= %(upto)s::bigint) found
cross join lateral (
    select n.thing, n.subject, n.content, n.known_from from recognition_knowledge n
    where n.kind = %(kind)s::text and n.thing = found.thing and n.id <= %(upto)s::bigint
    order by n.id desc limit 1) k
order by k.thing;

-- name: standing
-- The last row about what stands for everybody that is not after a row.
select max(k.id) as id from recognition_knowledge k
where k.kind in ('organization', 'grant') and k.id <= %(upto)s::bigint
having max(k.id) is not null;

-- name: of_patient
-- What was known last of a patient: whose records are the patient's, what is filed under them, whether it is there.
-- Thing by thing as above; a thing that stands under somebody else now is not the patient's.
with identity as materialized (
    select k.* from (select distinct s.thing from recognition_knowledge s
        where s.kind = 'identity' and s.subject = %(patient)s::text and s.id <= %(upto)s::bigint) found
    cross join lateral (
        select n.thing, n.subject, n.content, n.known_from from recognition_knowledge n
        where n.kind = 'identity' and n.thing = found.thing and n.id <= %(upto)s::bigint
        order by n.id desc limit 1) k
    where k.subject = %(patient)s::text and k.content <> ''),
filed as materialized (
    select %(patient)s::text as id
    union select i.content::jsonb ->> 'filed_patient_id' from identity i
    where i.content::jsonb ->> 'state' <> %(none)s::text),
said as materialized (
    select distinct asked.kind, k.* from filed cross join (values ('candidate'), ('event')) asked (kind)
    cross join lateral (select distinct s.thing from recognition_knowledge s
        where s.kind = asked.kind and s.subject = filed.id and s.id <= %(upto)s::bigint) found
    cross join lateral (
        select n.thing, n.subject, n.content, n.known_from from recognition_knowledge n
        where n.kind = asked.kind and n.thing = found.thing and n.id <= %(upto)s::bigint
        order by n.id desc limit 1) k
    where k.content <> '' and k.subject in (select f.id from filed f)),
probe as (
    select k.* from said cross join lateral (
        select n.thing, n.subject, n.content, n.known_from from recognition_knowledge n
        where n.kind = 'probe' and n.thing = said.thing and n.id <= %(upto)s::bigint
        order by n.id desc limit 1) k
    where said.kind = 'candidate' and k.content <> '')
select 'identity' as kind, i.thing, i.subject, i.content, i.known_from from identity i
union all select s.kind, s.thing, s.subject, s.content, s.known_from from said s
union all select 'probe', p.thing, p.subject, p.content, p.known_from from probe p
order by kind, thing;
