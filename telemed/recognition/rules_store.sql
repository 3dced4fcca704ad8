-- name: hold_catalogues
-- One installation at a time; readers go on.
select pg_advisory_xact_lock(hashtext('telemed.catalogue_version'));

-- name: catalogue_standing
-- What stands under a number, or begins on the same day in the same series and scope.
select number, content_hash from catalogue_version
where issuer = %(issuer)s::text
  and (number = %(number)s::text
       or (series = %(series)s::text and scope_kind = %(scope_kind)s::text and scope_key = %(scope_key)s::text
           and first_day = %(first_day)s::date));

-- name: install_catalogue
-- A document that is new here.
insert into catalogue_version (id, issuer, series, number, scope_kind, scope_key, first_day, end_day, source_hash,
                               content_hash, content, installed_at)
values (%(id)s::uuid, %(issuer)s::text, %(series)s::text, %(number)s::text, %(scope_kind)s::text, %(scope_key)s::text,
        %(first_day)s::date, %(end_day)s::date, %(source_hash)s::text, %(content_hash)s::text, %(content)s::text,
        %(now)s::timestamptz);

-- name: catalogues_known
-- The documents installed up to a moment that have begun by a day.
select content, source_hash from catalogue_version
where installed_at <= %(known_at)s::timestamptz and first_day <= %(day)s::date
order by issuer, number;

-- name: hold_member
-- One organisation's quality at a time: its grants follow from everything known of it.
select id from organization where id = %(organization_id)s::uuid for no key update;

-- name: member
-- Whether there is such an organisation.
select id from organization where id = %(organization_id)s::uuid;

-- name: last_known
-- The newest moment at which something was learnt of an organisation's quality.
select max(known_from) as known_from from (
    select max(known_from) as known_from from quality_evaluation where organization_id = %(organization_id)s::uuid
    union all
    select max(known_from) from quality_fact where organization_id = %(organization_id)s::uuid) learnt;

-- name: record_evaluation
-- One outcome of one round; nothing for an id that is there already.
insert into quality_evaluation (id, programme, organization_id, item_keys, basis, scope, round, period_begins,
    period_ends, outcome, score, method_class, device_id, published_at, next_due, retroactive_from, evidence_hash,
    known_from, recorded_by)
values (%(id)s::uuid, %(programme)s::text, %(organization_id)s::uuid, %(item_keys)s::text[], %(basis)s::text,
    %(scope)s::jsonb, %(round)s::text, %(period_begins)s::timestamptz, %(period_ends)s::timestamptz,
    %(outcome)s::text, %(score)s::text, %(method_class)s::text, %(device_id)s::text, %(published_at)s::timestamptz,
    %(next_due)s::timestamptz, %(retroactive_from)s::timestamptz, %(evidence_hash)s::text,
    %(known_from)s::timestamptz, %(recorded_by)s::uuid)
on conflict (id) do nothing;

-- name: record_fact
-- Anything else about quality; nothing for an id that is there already.
insert into quality_fact (id, kind, organization_id, at, known_from, evaluation_id, programme, item_keys, device_id,
    retroactive_from, basis, scope, ends, reader_id, evidence_hash, recorded_by)
values (%(id)s::uuid, %(kind)s::text, %(organization_id)s::uuid, %(at)s::timestamptz, %(known_from)s::timestamptz,
    %(evaluation_id)s::uuid, %(programme)s::text, %(item_keys)s::text[], %(device_id)s::text,
    %(retroactive_from)s::timestamptz, %(basis)s::text, %(scope)s::jsonb, %(ends)s::timestamptz, %(reader_id)s::uuid,
    %(evidence_hash)s::text, %(recorded_by)s::uuid)
on conflict (id) do nothing;

-- name: evaluations_of
-- Every evaluation of an organisation.
select id::text as id, programme, organization_id::text as organization_id, item_keys, basis, scope, round,
    period_begins, period_ends, outcome, published_at, known_from, device_id, method_class, score, next_due,
    retroactive_from, evidence_hash
from quality_evaluation where organization_id = %(organization_id)s::uuid;

-- name: facts_of
-- Everything else known of an organisation's quality.
select id::text as id, kind, organization_id::text as organization_id, at, known_from,
    evaluation_id::text as evaluation_id, programme, item_keys, device_id, retroactive_from, basis, scope, ends,
    reader_id::text as reader_id, evidence_hash
from quality_fact where organization_id = %(organization_id)s::uuid;

-- name: add_grant
-- What is known of a grant from now on.
insert into recognition_grant (id, known_from, organization_id, item_key, programme, scope, basis, state, begins, ends,
    due, withdrawn_from, device_id, reader_id, evidence, struck)
values (%(id)s::uuid, %(known_from)s::timestamptz, %(organization_id)s::uuid, %(item_key)s::text, %(programme)s::text,
    %(scope)s::jsonb, %(basis)s::text, %(state)s::text, %(begins)s::timestamptz, %(ends)s::timestamptz,
    %(due)s::timestamptz, %(withdrawn_from)s::timestamptz, %(device_id)s::text, %(reader_id)s::uuid,
    %(evidence)s::text[], %(struck)s::boolean);

-- name: grants_known
-- The grants of some organisations and items as they were known at a moment (null: all of them).
select id::text as id, organization_id::text as organization_id, item_key, scope, basis, state, begins, ends,
    known_from, known_until, withdrawn_from, device_id, reader_id::text as reader_id, evidence, due, programme
from grant_knowledge
where (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))
  and (%(item_keys)s::text[] is null or item_key = any(%(item_keys)s::text[]))
  and not struck and known_from <= %(known_at)s::timestamptz
  and (known_until is null or %(known_at)s::timestamptz < known_until)
order by organization_id, item_key, begins, id
limit %(limit)s::int;

-- name: grants_held
-- Every row of an organisation's grants that was ever known; known_until is null for what is known now.
select id::text as id, organization_id::text as organization_id, item_key, scope, basis, state, begins, ends,
    known_from, known_until, withdrawn_from, device_id, reader_id::text as reader_id, evidence, due, programme
from grant_knowledge
where organization_id = %(organization_id)s::uuid and not struck
order by item_key, begins, id, known_from;

-- name: open_look_back
-- A period taken back.
insert into look_back (id, grant_id, organization_id, item_key, device_id, begins, ends, cause_id, known_from)
values (%(id)s::uuid, %(grant_id)s::uuid, %(organization_id)s::uuid, %(item_key)s::text, %(device_id)s::text,
    %(begins)s::timestamptz, %(ends)s::timestamptz, %(cause_id)s::uuid, %(known_from)s::timestamptz);
