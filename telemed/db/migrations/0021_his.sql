-- Hospital systems without FHIR: answers kept for a retry, one popup a visit, cards as they were shown, and the launch of
-- the page inside them.

-- What was answered to a request, for as long as it may be sent again.  asked_hash: SHA-256 of what was asked.
create table his_answer (
    client_id uuid not null references cds_client,
    request_id text not null constraint his_answer_request_is_short check (length(request_id) between 1 and 100),
    asked_hash text not null constraint his_answer_asked_hash_is_digest check (asked_hash ~ '^[0-9a-f]{64}$'),
    answer text not null constraint his_answer_is_json check (answer::jsonb is not null),
    answered_at timestamptz not null,
    constraint his_answer_is_given_once primary key (client_id, request_id)
);
create index his_answer_by_age on his_answer (answered_at);

-- Who has interrupted the doctor in a visit; the first is the only one.
create table his_visit_prompt (
    client_id uuid not null references cds_client,
    patient_id uuid not null references patient,
    visit text not null constraint his_visit_prompt_visit_is_short check (length(visit) between 1 and 100),
    prompted_by text not null constraint his_visit_prompt_is_by_somebody check (prompted_by in ('county', 'province')),
    prompted_at timestamptz not null,
    constraint his_visit_is_prompted_once primary key (client_id, patient_id, visit)
);

-- Leave to open the page once.  code_hash: SHA-256 of the code.  strip: who the patient is, as the system said.
-- asked: the orders and their circumstances.
create table his_launch (
    id uuid primary key,
    code_hash text not null constraint his_launch_code_is_unique unique
        constraint his_launch_code_hash_is_digest check (code_hash ~ '^[0-9a-f]{64}$'),
    client_id uuid not null references cds_client,
    shown_to text not null constraint his_launch_is_for_somebody check (length(shown_to) between 1 and 100),
    patient_id uuid references patient,
    identity text not null constraint his_launch_identity_is_known check (identity in (
        'sure', 'doubtful', 'unknown', 'no-document')),
    strip text not null constraint his_launch_strip_is_json check (strip::jsonb is not null),
    visit text not null constraint his_launch_visit_is_short check (length(visit) between 1 and 100),
    language text not null constraint his_launch_language_is_known check (language in ('zh-CN', 'en')),
    asked text not null constraint his_launch_asked_is_json check (asked::jsonb is not null),
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    constraint his_launch_lasts_a_minute check (
        expires_at > issued_at and expires_at <= issued_at + interval '60 seconds'),
    constraint his_launch_has_a_patient_iff_sure check ((identity = 'sure') = (patient_id is not null))
);

-- The page a launch was exchanged for; a launch has one.  token_hash: SHA-256 of what stands in its forms.  origin: of the
-- page around it, '' where the browser did not say.
create table his_page (
    launch_id uuid primary key references his_launch,
    token_hash text not null constraint his_page_token_is_unique unique
        constraint his_page_token_hash_is_digest check (token_hash ~ '^[0-9a-f]{64}$'),
    origin text not null constraint his_page_origin_is_short check (length(origin) <= 512),
    opened_at timestamptz not null,
    expires_at timestamptz not null,
    constraint his_page_lasts_half_an_hour check (
        expires_at > opened_at and expires_at <= opened_at + interval '30 minutes')
);

-- A decision as a hospital system or its page was given it.  card: null where nothing is to be chosen.  content: what
-- was shown, with the ids of the results behind it.
create table his_card (
    decision_id uuid primary key references recognition_decision,
    card uuid constraint his_card_is_shown_once unique references recognition_exposure,
    page_id uuid references his_page,
    client_id uuid not null references cds_client,
    patient_id uuid not null references patient,
    visit text not null constraint his_card_visit_is_short check (length(visit) between 1 and 100),
    shown_to text not null,
    place integer not null constraint his_card_place_is_counted check (place >= 0),
    order_reference text not null,
    -- why nobody was interrupted
    silent text not null constraint his_card_silence_is_known check (silent in (
        '', 'provincial-prompted', 'reason-given', 'answered-before', 'no-result', 'exempt', 'not-eligible', 'visit')),
    content text not null constraint his_card_content_is_json check (content::jsonb is not null),
    shown_at timestamptz not null
);
create index his_card_by_page on his_card (page_id, place) where page_id is not null;
create index his_card_by_visit on his_card (client_id, visit, shown_at);

create trigger his_visit_prompt_is_kept before update or delete on his_visit_prompt
    for each row execute function refuse_change();
create trigger his_launch_is_kept before update or delete on his_launch
    for each row execute function refuse_change();
create trigger his_page_is_kept before update or delete on his_page
    for each row execute function refuse_change();
create trigger his_card_is_kept before update or delete on his_card
    for each row execute function refuse_change();
create trigger his_visit_prompt_is_never_truncated before truncate on his_visit_prompt
    for each statement execute function refuse_change();
create trigger his_launch_is_never_truncated before truncate on his_launch
    for each statement execute function refuse_change();
create trigger his_page_is_never_truncated before truncate on his_page
    for each statement execute function refuse_change();
create trigger his_card_is_never_truncated before truncate on his_card
    for each statement execute function refuse_change();
