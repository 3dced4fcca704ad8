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
-- A row of knowledge; never known before the one it follows, whatever the clock did.
insert into recognition_knowledge (kind, thing, subject, content, known_from)
values (%(kind)s::text, %(thing)s::text, %(subject)s::text, %(content)s::text,
        greatest(clock_timestamp(), (select k.known_from from recognition_knowledge k order by k.id desc limit 1)))
returning id;

-- name: head
-- The last row that can be seen, and the moment it is seen at; never before what was known last.
select coalesce(k.id, 0) as id, greatest(clock_timestamp(), k.known_from) as at
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

-- name: of_things
-- What was known last of things by their names.
select k.thing, k.subject, k.content, k.known_from
from (select distinct unnest(%(things)s::text[]) as thing) asked
cross join lateral (
    select n.thing, n.subject, n.content, n.known_from from recognition_knowledge n
    where n.kind = %(kind)s::text and n.thing = asked.thing and n.id <= %(upto)s::bigint
    order by n.id desc limit 1) k
order by k.thing;
