-- What is added to a signed opinion, and what the inviting side makes of it.

-- name: draft
-- What somebody is adding.
select reason, addendum, revision, at from consultation_addendum_draft
where consultation_id = %(id)s::uuid and by = %(by)s::uuid;

-- name: write_draft
-- What is being added, where the same person wrote nothing meanwhile; no row otherwise.
insert into consultation_addendum_draft as d (consultation_id, by, reason, addendum, at)
values (%(id)s::uuid, %(by)s::uuid, %(reason)s::text, %(addendum)s::text, %(now)s::timestamptz)
on conflict (consultation_id, by) do update set reason = excluded.reason, addendum = excluded.addendum,
    at = excluded.at, revision = d.revision + 1
where d.revision = %(revision)s::bigint
returning revision;

-- name: answer
-- What the inviting side makes of one addendum, once.
insert into consultation_addendum_answer (consultation_id, version, verdict, reason, by, at)
values (%(id)s::uuid, %(version)s::smallint, %(verdict)s::text, %(reason)s::text, %(by)s::uuid, %(now)s::timestamptz)
on conflict do nothing;

-- name: answer_all
-- What a decision says of every addendum that stood when it was taken.
insert into consultation_addendum_answer (consultation_id, version, verdict, reason, by, at)
select o.consultation_id, o.version, %(verdict)s::text, %(reason)s::text, %(by)s::uuid, %(now)s::timestamptz
from consultation_opinion o where o.consultation_id = %(id)s::uuid and o.version > 1
on conflict do nothing;

-- name: answers
-- What the inviting side has made of addenda.
select a.version, a.verdict, a.reason, p.name as by_name, a.at
from consultation_addendum_answer a join practitioner p on p.id = a.by
where a.consultation_id = %(id)s::uuid order by a.version;
