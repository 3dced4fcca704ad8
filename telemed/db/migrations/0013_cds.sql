-- CDS Hooks: who may call, which tokens were seen; and the ledger: what was decided, shown and answered.

-- A hospital system that may call. keys: its registered public keys (RFC 7517); key_address: where it publishes them.
create table cds_client (
    id uuid primary key default gen_random_uuid(),
    issuer text not null constraint cds_client_issuer_is_text check (length(issuer) between 1 and 512),
    -- '' where the issuer serves one organisation
    tenant text not null default '' constraint cds_client_tenant_is_short check (length(tenant) <= 512),
    name text not null constraint cds_client_has_a_name check (length(name) between 1 and 200),
    organization_id uuid not null references organization,
    keys jsonb not null default '{"keys": []}' constraint cds_client_keys_are_a_set check (
        jsonb_typeof(keys -> 'keys') = 'array'),
    key_address text not null default '' constraint cds_client_key_address_is_https check (
        key_address = '' or key_address ~ '^https://[^ ]+$'),
    allowed_origins text[] not null default '{}',
    active boolean not null default true,
    registered_at timestamptz not null default now(),
    constraint cds_client_is_unique unique (issuer, tenant),
    constraint cds_client_has_keys check (key_address <> '' or jsonb_array_length(keys -> 'keys') > 0)
);
create index cds_client_by_origin on cds_client using gin (allowed_origins) where active;

-- Tokens seen, until they could not be used anyway.
create table cds_jti (
    client_id uuid not null references cds_client,
    jti text not null constraint cds_jti_is_short check (length(jti) between 1 and 256),
    expires_at timestamptz not null,
    constraint cds_jti_is_used_once primary key (client_id, jti)
);
create index cds_jti_by_age on cds_jti (expires_at);

-- What the registry answered, with all it takes to answer again. asked, context, candidates and trace are canonical
-- JSON as it was hashed: text, because jsonb would write it anew.
create table recognition_decision (
    id uuid primary key,
    organization_id uuid not null references organization,
    client_id uuid references cds_client,
    patient_id uuid references patient,
    -- the order as the asking system names it
    order_reference text not null,
    asked text not null constraint decision_asked_is_json check (asked::jsonb is not null),
    context text not null constraint decision_context_is_json check (context::jsonb is not null),
    as_of timestamptz not null,
    known_at timestamptz not null,
    rule_set text not null,
    engine_version text not null,
    inputs_hash text not null constraint decision_inputs_hash_is_digest check (inputs_hash ~ '^[0-9a-f]{64}$'),
    trace_hash text not null constraint decision_trace_hash_is_digest check (trace_hash ~ '^[0-9a-f]{64}$'),
    -- null: no result stands to be shown
    verdict text constraint decision_verdict_is_known check (verdict in (
        'must-offer', 'may-offer', 'exempt', 'not-eligible', 'indeterminate')),
    trace text not null constraint decision_trace_is_json check (trace::jsonb is not null),
    candidates text not null constraint decision_candidates_are_json check (candidates::jsonb is not null),
    decided_at timestamptz not null
);
create index decision_by_time on recognition_decision (decided_at, id);
create index decision_by_patient on recognition_decision (patient_id, decided_at);
create index decision_by_organization on recognition_decision (organization_id, decided_at);

-- One card, popup or line that was shown.
create table recognition_exposure (
    card uuid primary key,
    client_id uuid references cds_client,
    surface text not null constraint exposure_surface_is_known check (surface in (
        'patient-view', 'order-select', 'order-sign', 'page', 'rest')),
    -- the client's user who was shown it, as the client names it
    shown_to text not null default '',
    -- uuid of each suggestion → what accepting it means
    suggestions jsonb not null default '{}',
    shown_at timestamptz not null
);
create index exposure_by_time on recognition_exposure (shown_at);

create table recognition_exposure_decision (
    card uuid not null references recognition_exposure,
    decision_id uuid not null references recognition_decision,
    primary key (card, decision_id)
);
create index exposure_by_decision on recognition_exposure_decision (decision_id);

-- What a person did about a card: everything that was said is kept, the last counts.
create table recognition_response (
    id uuid primary key default gen_random_uuid(),
    card uuid not null references recognition_exposure,
    outcome text not null constraint response_outcome_is_known check (outcome in ('accepted', 'overridden')),
    outcome_at timestamptz not null,
    accepted uuid[] not null default '{}',
    reason_system text not null default '',
    reason_code text not null default '',
    comment text not null default '' constraint response_comment_is_short check (length(comment) <= 2000),
    received_at timestamptz not null,
    constraint response_is_said_once unique (card, outcome, outcome_at),
    constraint accepted_names_a_suggestion check (outcome <> 'accepted' or cardinality(accepted) > 0)
);

create function keep_recognition_ledger() returns trigger language plpgsql as $$
begin
    raise exception using errcode = '42501',
        message = 'the recognition ledger is append-only: ' || tg_op || ' on ' || tg_table_name || ' refused';
end $$;
create trigger recognition_decision_is_kept before update or delete on recognition_decision
    for each row execute function keep_recognition_ledger();
create trigger recognition_exposure_is_kept before update or delete on recognition_exposure
    for each row execute function keep_recognition_ledger();
create trigger recognition_exposure_decision_is_kept before update or delete on recognition_exposure_decision
    for each row execute function keep_recognition_ledger();
create trigger recognition_response_is_kept before update or delete on recognition_response
    for each row execute function keep_recognition_ledger();
create trigger recognition_decision_is_never_truncated before truncate on recognition_decision
    for each statement execute function keep_recognition_ledger();
create trigger recognition_exposure_is_never_truncated before truncate on recognition_exposure
    for each statement execute function keep_recognition_ledger();
create trigger recognition_exposure_decision_is_never_truncated before truncate on recognition_exposure_decision
    for each statement execute function keep_recognition_ledger();
create trigger recognition_response_is_never_truncated before truncate on recognition_response
    for each statement execute function keep_recognition_ledger();
