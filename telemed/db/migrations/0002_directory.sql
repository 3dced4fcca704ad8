-- Organisations, people, devices.

create table organization (
    id uuid primary key default gen_random_uuid(),
    code text not null constraint organization_code_is_unique unique,
    name text not null,
    name_en text not null default '',
    kind text not null constraint organization_kind_is_known check (kind in (
        'lead-hospital', 'county-hospital', 'maternity', 'township-hospital', 'community-health-center',
        'village-clinic', 'laboratory', 'outside-hospital', 'bureau')),
    parent_id uuid references organization,
    phone text not null default '',
    active boolean not null default true
);
create index organization_by_parent on organization (parent_id);

create table community_membership (
    organization_id uuid not null references organization,
    valid_from date not null,
    valid_until date,
    primary key (organization_id, valid_from)
);

create table practitioner (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    name text not null,
    staff_number text not null default '',
    title text not null default '',
    phone text not null default '',
    licence_number text,
    licence_category text,
    licence_scope text,
    licence_expires_on date
);

create table practitioner_role (
    practitioner_id uuid not null references practitioner,
    organization_id uuid not null references organization,
    role text not null,
    primary key (practitioner_id, organization_id, role)
);

create table device (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    ae_title text not null constraint device_ae_title_is_unique unique
        constraint device_ae_title_is_ae check (ae_title ~ '^[\x21-\x5B\x5D-\x7E]([\x20-\x5B\x5D-\x7E]{0,14}[\x21-\x5B\x5D-\x7E])?$'),
    modality text not null default '',
    name text not null default '',
    default_intent text not null default 'request-reading',
    clock_skew_seconds integer,
    state text not null default 'enrolled' constraint device_state_is_known check (state in ('enrolled', 'disabled')),
    enrolled_at timestamptz not null default now(),
    last_seen_at timestamptz
);

create table device_seen (
    ae_title text not null,
    called_ae text not null,
    peer_address inet not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    attempts bigint not null default 1,
    primary key (ae_title, called_ae, peer_address)
);
