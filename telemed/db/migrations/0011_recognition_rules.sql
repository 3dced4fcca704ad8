-- The rules of recognition: issued documents, what is recorded about quality, the grants that follow from it, and what
-- has to be looked at again. Rows are added and never changed: a later row says what became of an earlier one.

create table catalogue_version (
    id uuid primary key,
    issuer text not null constraint catalogue_has_issuer check (issuer <> ''),
    series text not null constraint catalogue_has_series check (series <> ''),
    number text not null constraint catalogue_has_number check (number <> ''),
    scope_kind text not null constraint catalogue_scope_is_known check (
        scope_kind in ('national', 'region', 'group', 'community', 'bilateral')),
    scope_key text not null,
    first_day date not null,
    end_day date,
    -- SHA-256 of the files as they were, and of what they say; content: RFC 8785
    source_hash text not null constraint catalogue_source_is_hashed check (source_hash ~ '^[0-9a-f]{64}$'),
    content_hash text not null constraint catalogue_content_is_hashed check (content_hash ~ '^[0-9a-f]{64}$'),
    content text not null,
    installed_at timestamptz not null,
    constraint catalogue_number_is_its_issuers unique (issuer, number),
    constraint catalogue_begins_alone_in_its_series unique (issuer, series, scope_kind, scope_key, first_day),
    constraint catalogue_ends_after_it_begins check (end_day > first_day)
);
create index catalogue_by_knowledge on catalogue_version (installed_at);

-- 室间质评、影像质控、现场检查: one member's outcome of one round.
create table quality_evaluation (
    id uuid primary key,
    programme text not null constraint evaluation_has_programme check (programme <> ''),
    organization_id uuid not null references organization,
    item_keys text[] not null constraint evaluation_has_items check (cardinality(item_keys) > 0),
    basis text not null constraint evaluation_basis_is_known check (basis in (
        'external-quality-assessment', 'imaging-quality-control', 'county-on-site-check')),
    scope jsonb not null,
    round text not null constraint evaluation_has_round check (round <> ''),
    period_begins timestamptz not null,
    period_ends timestamptz not null,
    outcome text not null constraint evaluation_outcome_is_known check (outcome in ('pass', 'fail', 'absent')),
    score text not null,
    method_class text,
    device_id text,
    published_at timestamptz not null,
    next_due timestamptz,
    retroactive_from timestamptz,
    evidence_hash text not null constraint evaluation_evidence_is_hash check (evidence_hash ~ '^([0-9a-f]{64})?$'),
    known_from timestamptz not null,
    recorded_by uuid not null references practitioner,
    constraint evaluation_period_is_one check (period_begins < period_ends),
    constraint evaluation_is_published_after check (period_ends <= published_at),
    constraint evaluation_next_is_later check (next_due > published_at),
    constraint evaluation_reaches_back_by_failure check (
        retroactive_from is null or (outcome = 'fail' and retroactive_from <= published_at))
);
create index evaluation_by_organization on quality_evaluation (organization_id, published_at);

-- What else is known of quality: an evaluation taken back, what the issuer decides, changes, agreements.
create table quality_fact (
    id uuid primary key,
    kind text not null constraint quality_fact_is_known check (kind in (
        'revocation', 'withdraw', 'reinstate', 'change', 'verification', 'agreement')),
    organization_id uuid not null references organization,
    at timestamptz not null,
    known_from timestamptz not null,
    evaluation_id uuid references quality_evaluation,
    programme text,
    item_keys text[] not null default '{}',
    device_id text,
    retroactive_from timestamptz,
    basis text,
    scope jsonb,
    ends timestamptz,
    reader_id uuid references organization,
    evidence_hash text not null default '' constraint quality_fact_evidence_is_hash
        check (evidence_hash ~ '^([0-9a-f]{64})?$'),
    recorded_by uuid not null references practitioner,
    constraint revocation_is_of_an_evaluation check ((kind = 'revocation') = (evaluation_id is not null)),
    constraint quality_fact_has_items check ((kind = 'revocation') = (cardinality(item_keys) = 0)),
    constraint ruling_is_of_a_programme check ((kind in ('withdraw', 'reinstate')) = (programme is not null)),
    constraint only_a_withdrawal_reaches_back check (
        retroactive_from is null or (kind = 'withdraw' and retroactive_from <= at)),
    constraint agreement_is_whole check (
        (kind = 'agreement') = (basis is not null) and (basis is null) = (scope is null)
        and (basis is null) = (ends is null)),
    constraint agreement_ends_after_it_begins check (ends > at),
    constraint agreement_basis_is_known check (basis in ('community-document', 'county-remote-reading')),
    constraint reader_is_of_a_reading check ((basis is not distinct from 'county-remote-reading') = (reader_id is not null))
);
create index quality_fact_by_organization on quality_fact (organization_id, at);

-- 互认资格, bitemporal: begins and ends are valid time; what was known from known_from on lasts until the next row of
-- the same id. struck: from then on there was no such grant.
create table recognition_grant (
    id uuid not null,
    known_from timestamptz not null,
    organization_id uuid not null references organization,
    item_key text not null,
    programme text not null,
    scope jsonb not null,
    basis text not null constraint grant_basis_is_known check (basis in (
        'external-quality-assessment', 'imaging-quality-control', 'county-on-site-check', 'community-document',
        'county-remote-reading')),
    state text not null constraint grant_state_is_stored check (state in ('active', 'suspended', 'withdrawn')),
    begins timestamptz not null,
    ends timestamptz not null,
    due timestamptz,
    withdrawn_from timestamptz,
    device_id text,
    reader_id uuid references organization,
    evidence text[] not null,
    struck boolean not null,
    primary key (id, known_from),
    constraint grant_holds_something check (begins < ends),
    constraint active_grant_has_a_due_day check ((state = 'active') = (due is not null)),
    constraint other_grant_says_from_when check ((state = 'active') = (withdrawn_from is null)),
    constraint grant_rests_on_evidence check (cardinality(evidence) > 0)
);
create index grant_by_item on recognition_grant (item_key, organization_id);
create index grant_by_organization on recognition_grant (organization_id, known_from);

-- Every row with the end of its knowledge. An id has one organisation and item; they stand in the partition so that who
-- asks for one member's item reads that alone.
create view grant_knowledge as
select g.*, lead(g.known_from) over (
    partition by g.organization_id, g.item_key, g.id order by g.known_from) as known_until
from recognition_grant g;

-- 追溯核查: a period that a withdrawal takes back of a grant that was held to be active.
create table look_back (
    id uuid primary key,
    grant_id uuid not null,
    organization_id uuid not null references organization,
    item_key text not null,
    device_id text,
    begins timestamptz not null,
    ends timestamptz not null,
    cause_id uuid not null,
    known_from timestamptz not null,
    constraint look_back_is_of_a_period check (begins < ends),
    constraint look_back_is_of_the_past check (ends <= known_from),
    constraint look_back_is_made_once unique (grant_id, begins, known_from)
);
create index look_back_by_organization on look_back (organization_id, known_from);

-- One decision that relied on such a grant, and what came of looking at it again.
create table look_back_task (
    id uuid primary key,
    look_back_id uuid not null references look_back,
    decision_id uuid not null,
    opened_at timestamptz not null,
    outcome text not null default '' constraint look_back_outcome_is_known check (outcome in (
        '', 'no-consequence', 'repeated', 'patient-told', 'patient-not-found')),
    note text not null default '',
    closed_by uuid references practitioner,
    closed_at timestamptz,
    constraint look_back_task_is_made_once unique (look_back_id, decision_id),
    constraint look_back_closed_is_whole check (
        (outcome = '') = (closed_by is null) and (outcome = '') = (closed_at is null))
);
create index look_back_open on look_back_task (opened_at) where closed_at is null;

create function keep_look_back_task() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.closed_at is null and (new.id, new.look_back_id, new.decision_id, new.opened_at)
        is not distinct from (old.id, old.look_back_id, old.decision_id, old.opened_at)
    then
        return new;
    end if;
    raise exception 'a look-back task is closed once and never removed: % refused', tg_op
        using errcode = 'restrict_violation';
end $$;
create trigger look_back_task_is_kept before update or delete on look_back_task
    for each row execute function keep_look_back_task();
create trigger look_back_task_is_never_truncated before truncate on look_back_task
    for each statement execute function refuse_change();

create trigger catalogue_version_is_immutable before update or delete on catalogue_version
    for each row execute function refuse_change();
create trigger catalogue_version_is_never_truncated before truncate on catalogue_version
    for each statement execute function refuse_change();
create trigger quality_evaluation_is_immutable before update or delete on quality_evaluation
    for each row execute function refuse_change();
create trigger quality_evaluation_is_never_truncated before truncate on quality_evaluation
    for each statement execute function refuse_change();
create trigger quality_fact_is_immutable before update or delete on quality_fact
    for each row execute function refuse_change();
create trigger quality_fact_is_never_truncated before truncate on quality_fact
    for each statement execute function refuse_change();
create trigger recognition_grant_is_immutable before update or delete on recognition_grant
    for each row execute function refuse_change();
create trigger recognition_grant_is_never_truncated before truncate on recognition_grant
    for each statement execute function refuse_change();
create trigger look_back_is_immutable before update or delete on look_back
    for each row execute function refuse_change();
create trigger look_back_is_never_truncated before truncate on look_back
    for each statement execute function refuse_change();
