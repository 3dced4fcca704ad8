-- Organisations, people, devices.

create table organization (
    id uuid primary key default gen_random_uuid(),
    code text not null constraint organization_code_is_unique unique
        constraint organization_code_is_short check (length(code) between 1 and 40),
    name text not null constraint organization_has_a_name check (length(name) between 1 and 200),
    name_en text not null default '',
    kind text not null constraint organization_kind_is_known check (kind in (
        'lead-hospital', 'county-hospital', 'maternity', 'township-hospital', 'community-health-center',
        'village-clinic', 'laboratory', 'outside-hospital', 'bureau')),
    parent_id uuid references organization constraint organization_is_not_its_own_parent check (parent_id <> id),
    phone text not null default '',
    active boolean not null default true,
    revision bigint not null default 1
);
create index organization_by_parent on organization (parent_id);

create table community_membership (
    organization_id uuid not null references organization,
    valid_from date not null,
    valid_until date,
    primary key (organization_id, valid_from),
    constraint membership_ends_after_it_begins check (valid_until is null or valid_until > valid_from)
);
create unique index membership_open_once on community_membership (organization_id) where valid_until is null;

create table practitioner (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    name text not null constraint practitioner_has_a_name check (length(name) between 1 and 100),
    staff_number text not null default '',
    title text not null default '',
    phone text not null default '',
    -- as printed on the 医师执业证书: number, 执业类别, 执业范围 (several joined by 、)
    licence_number text constraint practitioner_licence_number_is_text check (licence_number <> ''),
    licence_category text constraint practitioner_licence_category_is_known check (
        licence_category in ('临床', '口腔', '公共卫生', '中医')),
    licence_scope text,
    licence_expires_on date,
    active boolean not null default true,
    revision bigint not null default 1
);
create index practitioner_by_organization on practitioner (organization_id);
create unique index practitioner_staff_number_is_unique on practitioner (organization_id, staff_number)
    where staff_number <> '';

create table practitioner_role (
    practitioner_id uuid not null references practitioner,
    organization_id uuid not null references organization,
    role text not null constraint practitioner_role_is_known check (role in (
        'registrar', 'technician', 'requester', 'village-doctor', 'author', 'verifier', 'center-head', 'coordinator',
        'medical-office', 'quality-officer', 'supervisor', 'system-admin', 'security-admin', 'auditor', 'expert')),
    primary key (practitioner_id, organization_id, role)
);
-- 三员分立: nobody holds two of the three, wherever. One row a person, so that two concurrent grants collide.
create table administrator (
    practitioner_id uuid primary key references practitioner,
    role text not null
);
create function keep_administrators_apart() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        delete from administrator a where a.practitioner_id = old.practitioner_id and not exists (
            select from practitioner_role r where r.practitioner_id = a.practitioner_id and r.role = a.role);
    end if;
    if tg_op <> 'DELETE' and new.role in ('system-admin', 'security-admin', 'auditor') then
        insert into administrator as a values (new.practitioner_id, new.role)
        on conflict (practitioner_id) do update set role = a.role where a.role = excluded.role;
        if not found then
            raise exception using errcode = '23514', constraint = 'administrators_are_separate_people',
                message = 'system, security and audit administrator are three separate people';
        end if;
    end if;
    return null;
end $$;
create trigger administrators_are_separate_people
    after insert or update or delete on practitioner_role
    for each row execute function keep_administrators_apart();

create table device (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organization,
    ae_title text not null constraint device_ae_title_is_unique unique
        constraint device_ae_title_is_ae check (ae_title ~ '^[\x21-\x5B\x5D-\x7E]([\x20-\x5B\x5D-\x7E]{0,14}[\x21-\x5B\x5D-\x7E])?$'),
    modality text not null default '',
    name text not null default '',
    default_intent text not null default 'request-reading' constraint device_intent_is_known check (
        default_intent in ('request-reading', 'archive-only', 'backfill', 'consultation')),
    clock_skew_seconds integer,
    state text not null default 'enrolled' constraint device_state_is_known check (state in ('enrolled', 'disabled')),
    enrolled_at timestamptz not null default now(),
    last_seen_at timestamptz,
    revision bigint not null default 1
);
create index device_by_organization on device (organization_id);

create table device_seen (
    ae_title text not null,
    called_ae text not null,
    peer_address inet not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    attempts bigint not null default 1,
    primary key (ae_title, called_ae, peer_address)
);
