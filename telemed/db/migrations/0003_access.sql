-- Accounts, sessions, audit.

create table account (
    id uuid primary key default gen_random_uuid(),
    practitioner_id uuid not null constraint account_one_per_practitioner unique references practitioner,
    username text not null constraint account_username_is_unique unique,
    password_hash text not null,
    totp_secret bytea,
    failed_attempts integer not null default 0,
    locked_until timestamptz,
    must_change_password boolean not null default false,
    active boolean not null default true,
    created_at timestamptz not null default now()
);

create table session (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null references account,
    token_digest bytea not null constraint session_token_is_unique unique,
    csrf_token text not null,
    organization_id uuid not null references organization,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    second_factor_at timestamptz,
    locked_at timestamptz,
    ended_at timestamptz
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
    detail jsonb not null default '{}'
);
