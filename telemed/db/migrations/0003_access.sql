-- Accounts, sessions, one-time links, audit.

create table account (
    id uuid primary key default gen_random_uuid(),
    practitioner_id uuid not null constraint account_one_per_practitioner unique references practitioner,
    username text not null constraint account_username_is_unique unique
        constraint account_username_is_folded check (username = lower(username) and length(username) between 2 and 64),
    password_hash text not null,
    password_changed_at timestamptz not null default now(),
    must_change_password boolean not null default false,
    -- encrypted with a key outside the database
    totp_secret bytea,
    totp_pending bytea,
    -- the last accepted 30 s step: a code is good once
    totp_last_step bigint not null default 0,
    active boolean not null default true,
    created_at timestamptz not null default now()
);

-- By the digest of the account name as typed, so that a name that does not exist locks like one that does.
create table sign_in_attempt (
    username_digest bytea primary key,
    failures integer not null,
    last_at timestamptz not null,
    locked_until timestamptz
);
create index sign_in_attempt_by_age on sign_in_attempt (last_at);

create table session (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null references account,
    token_digest bytea not null constraint session_token_is_unique unique
        constraint session_token_is_a_digest check (length(token_digest) = 32),
    csrf_token text not null,
    organization_id uuid not null references organization,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    second_factor_at timestamptz,
    locked_at timestamptz,
    ended_at timestamptz,
    ended_reason text not null default '' constraint session_end_reason_is_known check (
        ended_reason in ('', 'sign-out', 'switched', 'password', 'disabled')),
    constraint session_end_has_a_reason check ((ended_at is null) = (ended_reason = ''))
);
create index session_open_by_account on session (account_id) where ended_at is null;

create table setup_link (
    token_digest bytea primary key,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

create table audit_event (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    action text not null,
    outcome text not null constraint audit_outcome_is_known check (outcome in ('success', 'refused', 'failed')),
    account_id uuid,
    practitioner_id uuid,
    organization_id uuid,
    session_id uuid,
    peer_address inet,
    request_id uuid,
    entities jsonb not null default '[]',
    purpose text not null default '',
    detail jsonb not null default '{}',
    -- session, entity, purpose and five minutes: looking at a study is one row, not one per frame
    access_window text constraint audit_access_once_per_window unique
);
create index audit_event_by_time on audit_event (at, id);
create index audit_event_by_person on audit_event (practitioner_id, at) where practitioner_id is not null;
create index audit_event_by_entity on audit_event using gin (entities jsonb_path_ops);

-- Rows that have no place in the chain yet; written beside the event, emptied by the sealer.
create table audit_pending (event_id bigint primary key references audit_event);

create table audit_link (
    position bigint primary key,
    event_id bigint not null constraint audit_link_once_per_event unique,
    row_digest bytea not null,
    chain bytea not null,
    sealed_at timestamptz not null
);

create table audit_sealer (
    only_row boolean primary key default true check (only_row),
    holder uuid,
    held_until timestamptz not null default '-infinity',
    position bigint not null default 0,
    chain bytea not null default '\x0000000000000000000000000000000000000000000000000000000000000000'
);
insert into audit_sealer default values;

-- A stretch of the chain whose rows may be dropped: its end stays, signed.
create table audit_retired (
    through bigint primary key,
    chain bytea not null,
    retired_at timestamptz not null,
    signature bytea not null
);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    -- One expression a branch: a row of the one table has no field of the other.
    if tg_op = 'DELETE' and tg_table_name = 'audit_event' then
        if exists (select from audit_link l join audit_retired r on l.position <= r.through where l.event_id = old.id)
        then
            return old;
        end if;
    elsif tg_op = 'DELETE' and tg_table_name = 'audit_link' then
        if exists (select from audit_retired r where old.position <= r.through) then
            return old;
        end if;
    end if;
    raise exception using errcode = '42501', message = 'the audit trail is append-only: ' || tg_op || ' refused';
end $$;
create trigger audit_event_is_append_only before update or delete on audit_event
    for each row execute function refuse_audit_change();
create trigger audit_event_is_not_truncated before truncate on audit_event
    for each statement execute function refuse_audit_change();
create trigger audit_link_is_append_only before update or delete on audit_link
    for each row execute function refuse_audit_change();
create trigger audit_link_is_not_truncated before truncate on audit_link
    for each statement execute function refuse_audit_change();
create trigger audit_retired_is_append_only before update or delete on audit_retired
    for each row execute function refuse_audit_change();
