-- What the registry knew at each moment: results, organisations, identities, grants, probes, documents; a row a change.
-- Whoever adds a row holds advisory lock 7310002 until it is committed, so ids are in the order in which the rows became
-- visible: "all rows up to an id" is what a decision looked at, and can be read again exactly.

create table recognition_knowledge (
    id bigint generated always as identity primary key,
    kind text not null constraint knowledge_kind_is_known check (kind in (
        'candidate', 'organization', 'identity', 'event', 'grant', 'probe', 'document')),
    -- what the row is about: a later row of the same thing says what became of it
    thing text not null constraint knowledge_thing_is_named check (length(thing) between 1 and 200),
    -- by what it is looked for: a patient, an item, '' where all are read
    subject text not null,
    -- the fact as JSON; '' where the thing is no more
    content text not null,
    known_from timestamptz not null
);
create index knowledge_by_subject on recognition_knowledge (kind, subject, thing, id desc);
create index knowledge_by_thing on recognition_knowledge (kind, thing, id desc);
create trigger recognition_knowledge_is_append_only before update or delete on recognition_knowledge
    for each row execute function refuse_change();
create trigger recognition_knowledge_is_never_truncated before truncate on recognition_knowledge
    for each statement execute function refuse_change();

-- Up to which row of knowledge a decision looked.
alter table recognition_decision add column known_upto bigint not null default 0;
alter table recognition_decision alter column known_upto drop default;

-- Rules by their hash: the heads of the documents and the county's parameters, as they were hashed.
create table recognition_rule_set (
    hash text primary key constraint rule_set_hash_is_digest check (hash ~ '^[0-9a-f]{64}$'),
    content text not null constraint rule_set_is_json check (content::jsonb is not null)
);
create trigger recognition_rule_set_is_append_only before update or delete on recognition_rule_set
    for each row execute function refuse_change();
create trigger recognition_rule_set_is_never_truncated before truncate on recognition_rule_set
    for each statement execute function refuse_change();
