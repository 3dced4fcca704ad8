-- Messages to other systems (外发通知): who receives, what is owed to whom, and the daily look at who is on duty.

-- Receivers as the configuration has them, with what is known of each; no secret and no path of an address.
create table outgoing_receiver (
    name text primary key,
    id uuid not null unique default gen_random_uuid(),
    origin text not null,
    address_digest bytea not null,
    kinds text[] not null default '{}',
    institutions text[] not null default '{}',
    state text not null default 'on',
    -- failures since the last success; from some on the receiver rests until then
    failures integer not null default 0,
    rests_until timestamptz,
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    last_status integer,
    last_fault text not null default '',
    changed_at timestamptz not null,
    constraint outgoing_receiver_name_is_short check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    -- gone: it answered 410; removed: the configuration names it no more
    constraint outgoing_receiver_state_is_known check (state in ('on', 'gone', 'removed'))
);

-- One row for one fact at one receiver, written with the fact.
create table outgoing_message (
    id uuid primary key,
    receiver text not null references outgoing_receiver,
    kind text not null,
    subject uuid not null,
    -- said once: the same word for the same receiver is the same message
    once text not null,
    told_at timestamptz not null,
    urgency text not null default '',
    department text not null default '',
    organization_id uuid references organization,
    due_at timestamptz,
    starts_at timestamptz,
    path text not null,
    amount integer,
    -- in which states of its subject it still says something; empty: in all
    stands_in text[] not null default '{}',
    recipients jsonb not null,
    state text not null default 'waiting',
    queued_at timestamptz not null,
    next_at timestamptz not null,
    attempts integer not null default 0,
    refusals integer not null default 0,
    lease_id uuid,
    leased_until timestamptz,
    last_status integer,
    last_fault text not null default '',
    ended_at timestamptz,
    -- its subject has moved on: it says nothing any more
    is_over boolean not null default false,
    constraint outgoing_message_state_is_known check (state in ('waiting', 'sent', 'cancelled', 'given-up')),
    constraint outgoing_message_ended_iff_over check ((state = 'waiting') = (ended_at is null)),
    constraint outgoing_message_is_said_once unique (receiver, once),
    constraint outgoing_message_path_is_of_ours check (path ~ '^/[a-z]' and length(path) <= 200)
);
create index outgoing_message_due on outgoing_message (receiver, next_at) where state = 'waiting';
create index outgoing_message_of on outgoing_message (subject) where not is_over;
create index outgoing_message_ended on outgoing_message (ended_at) where state <> 'waiting';

-- The look at who is on duty within a day: one row a day of the county, claimed by whoever looks.
create table duty_check (
    day date primary key,
    checked_at timestamptz not null
);
-- Why somebody on duty cannot be reached or may not answer, as it was when looked at.
create table duty_check_gap (
    day date not null references duty_check on delete cascade,
    shift_id uuid not null references duty_shift,
    reason text not null,
    primary key (day, shift_id, reason),
    constraint duty_check_reason_is_known check (reason in ('no-account', 'account-suspended', 'person-left',
        'not-an-expert', 'not-accepting', 'licence-missing', 'licence-expired', 'licence-category', 'licence-scope',
        'practice-too-short', 'practice-unknown', 'department-not-offered', 'no-telephone'))
);
