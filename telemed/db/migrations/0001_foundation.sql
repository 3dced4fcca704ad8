-- Event log, consumers, epoch (docs/explanation/architecture.md).

create table event_epoch (
    only_row boolean primary key default true check (only_row),
    epoch uuid not null default gen_random_uuid(),
    since timestamptz not null default now()
);
insert into event_epoch default values;

create table event (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    kind text not null constraint event_kind_is_words check (kind ~ '^[a-z-]+\.[a-z-]+$'),
    subject uuid not null,
    topics text[] not null,
    ids jsonb not null default '{}',
    at timestamptz not null default clock_timestamp()
);
create index event_by_cursor on event (xid, id);

create table event_consumer (
    name text primary key,
    xid xid8 not null default '0',
    id bigint not null default 0,
    moved_at timestamptz not null default now()
);
