CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE FUNCTION public.answers_dates(begins timestamp with time zone, ends timestamp with time zone, prefixes text[], lows timestamp with time zone[], highs timestamp with time zone[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select not exists (
        select from unnest(prefixes, lows, highs) as asked (prefix, low, high)
        where (case prefix
            when 'eq' then begins >= low and ends <= high
            when 'ne' then begins < low or ends > high
            when 'gt' then ends > high
            when 'lt' then begins < low
            when 'ge' then begins >= low or ends > high
            when 'le' then ends <= high or begins < low
            when 'sa' then begins >= high
            when 'eb' then ends <= low
        end) is not true)
$$;

CREATE FUNCTION public.decision_grants(trace text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT (jsonb_path_query((trace)::jsonb, '$."analytes"[*]."candidates"[*]."grant_id"'::jsonpath) #>> '{}'::text[]));

CREATE FUNCTION public.keep_administrators_apart() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.keep_break_glass_use() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'UPDATE' and (new.id, new.practitioner_id, new.organization_id, new.patient_id, new.reason, new.note,
            new.opened_at, new.expires_at) is not distinct from (old.id, old.practitioner_id, old.organization_id,
            old.patient_id, old.reason, old.note, old.opened_at, old.expires_at)
        and (old.ended_at is null or new.ended_at is not distinct from old.ended_at)
        and (old.reviewed_at is null or (new.reviewed_at, new.verdict, new.review_note, new.reviewed_by)
            is not distinct from (old.reviewed_at, old.verdict, old.review_note, old.reviewed_by))
    then
        return new;
    end if;
    raise exception using errcode = '42501', message = 'a use of break-glass is kept as it was: ' || tg_op || ' refused';
end $$;

CREATE FUNCTION public.keep_picture_link() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if (old.id, old.token_digest, old.card, old.study_id, old.patient_id, old.purpose, old.made_at, old.use_before)
        is distinct from
        (new.id, new.token_digest, new.card, new.study_id, new.patient_id, new.purpose, new.made_at, new.use_before)
        or (old.opened_at is not null and (old.opened_at, old.viewer_digest) is distinct from
            (new.opened_at, new.viewer_digest))
        or new.view_until > old.view_until
        or (old.revoked_at is not null and old.revoked_at is distinct from new.revoked_at)
    then
        raise exception using errcode = '42501', message = 'a link to images is opened once and only ever ends earlier';
    end if;
    return new;
end $$;

CREATE FUNCTION public.keep_recognition_ledger() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception using errcode = '42501',
        message = 'the recognition ledger is append-only: ' || tg_op || ' on ' || tg_table_name || ' refused';
end $$;

CREATE FUNCTION public.laboratory_result_name(report_id uuid, code_system text, code text, sub_id text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select replace(report_id::text, '-', '') || '-'
        || left(encode(sha256(convert_to(code_system || '|' || code || '|' || sub_id, 'UTF8')), 'hex'), 16)
$$;

CREATE FUNCTION public.patient_snapshot(one uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    select to_jsonb(p) || jsonb_build_object(
        'identifiers', (select coalesce(jsonb_agg(to_jsonb(i) order by i.issuer, i.value, i.claim), '[]')
                        from patient_identifier i where i.patient_id = p.id),
        'organizations', (select coalesce(jsonb_agg(o.organization_id order by o.organization_id), '[]')
                          from patient_organization o where o.patient_id = p.id))
    from patient p where p.id = one
$$;

CREATE FUNCTION public.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception '% rows are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end $$;

CREATE FUNCTION public.teaching_image_stands() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if old.digest <> '' and (old.digest, old.size, old.source_id, old.case_id, old.grounds)
        is distinct from (new.digest, new.size, new.source_id, new.case_id, new.grounds)
        or exists (select from teaching_case c where c.id = new.case_id and c.state in ('submitted', 'released'))
    then
        raise exception 'teaching image that stands' using errcode = 'check_violation';
    end if;
    return new;
end $$;

CREATE FUNCTION public.teaching_images_are_decided() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from teaching_image i where i.case_id = new.id
            and (i.state = 'due' or (i.state = 'copied' and i.grounds <> '{}' and i.verdict = '')))
        or not exists (select from teaching_image i where i.case_id = new.id and i.state = 'copied' and i.verdict <> 'out')
    then
        raise exception 'teaching case with undecided images' using errcode = 'check_violation';
    end if;
    return new;
end $$;

CREATE TABLE public.account (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    username text NOT NULL,
    password_hash text NOT NULL,
    password_changed_at timestamp with time zone DEFAULT now() NOT NULL,
    must_change_password boolean DEFAULT false NOT NULL,
    totp_secret bytea,
    totp_pending bytea,
    totp_last_step bigint DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_username_is_folded CHECK (((username = lower(username)) AND ((length(username) >= 2) AND (length(username) <= 64))))
);

CREATE TABLE public.administrator (
    practitioner_id uuid NOT NULL,
    role text NOT NULL
);

CREATE TABLE public.announced_study (
    organization_id uuid NOT NULL,
    study_instance_uid text NOT NULL,
    intent text NOT NULL,
    announced_by uuid NOT NULL,
    announced_at timestamp with time zone NOT NULL,
    CONSTRAINT announced_study_intent_is_known CHECK ((intent = ANY (ARRAY['request-reading'::text, 'archive-only'::text, 'backfill'::text, 'consultation'::text]))),
    CONSTRAINT announced_study_uid_is_uid CHECK ((study_instance_uid ~ '^[0-9.]{1,64}$'::text))
);

CREATE TABLE public.audit_event (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    account_id uuid,
    practitioner_id uuid,
    organization_id uuid,
    session_id uuid,
    peer_address inet,
    request_id uuid,
    entities jsonb DEFAULT '[]'::jsonb NOT NULL,
    purpose text DEFAULT ''::text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    access_window text,
    CONSTRAINT audit_outcome_is_known CHECK ((outcome = ANY (ARRAY['success'::text, 'refused'::text, 'failed'::text])))
);

ALTER TABLE public.audit_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_link (
    "position" bigint NOT NULL,
    event_id bigint NOT NULL,
    row_digest bytea NOT NULL,
    chain bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.audit_pending (
    event_id bigint NOT NULL
);

CREATE TABLE public.audit_retired (
    through bigint NOT NULL,
    chain bytea NOT NULL,
    retired_at timestamp with time zone NOT NULL,
    signature bytea NOT NULL
);

CREATE TABLE public.audit_sealer (
    only_row boolean DEFAULT true NOT NULL,
    holder uuid,
    held_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    chain bytea DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea NOT NULL,
    CONSTRAINT audit_sealer_only_row_check CHECK (only_row)
);

CREATE TABLE public.break_glass_use (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    reason text NOT NULL,
    note text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_by uuid,
    verdict text DEFAULT ''::text NOT NULL,
    reviewed_at timestamp with time zone,
    reviewed_by uuid,
    review_note text DEFAULT ''::text NOT NULL,
    CONSTRAINT break_glass_ends_by_somebody CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
    CONSTRAINT break_glass_is_bounded CHECK (((expires_at > opened_at) AND (expires_at <= (opened_at + '01:00:00'::interval)))),
    CONSTRAINT break_glass_reason_is_known CHECK ((reason = ANY (ARRAY['life-threatening'::text, 'cannot-tell'::text, 'transfer'::text, 'consultation'::text, 'other'::text]))),
    CONSTRAINT break_glass_says_why CHECK (((length(TRIM(BOTH FROM note)) >= 1) AND (length(TRIM(BOTH FROM note)) <= 500))),
    CONSTRAINT break_glass_verdict_is_known CHECK ((verdict = ANY (ARRAY[''::text, 'justified'::text, 'not-justified'::text]))),
    CONSTRAINT nobody_reviews_the_own_use CHECK ((reviewed_by <> practitioner_id)),
    CONSTRAINT not_justified_says_why CHECK (((verdict <> 'not-justified'::text) OR (TRIM(BOTH FROM review_note) <> ''::text))),
    CONSTRAINT reviewed_iff_judged CHECK ((((verdict = ''::text) = (reviewed_at IS NULL)) AND ((verdict = ''::text) = (reviewed_by IS NULL))))
);

CREATE TABLE public.catalogue_version (
    id uuid NOT NULL,
    issuer text NOT NULL,
    series text NOT NULL,
    number text NOT NULL,
    scope_kind text NOT NULL,
    scope_key text NOT NULL,
    first_day date NOT NULL,
    end_day date,
    source_hash text NOT NULL,
    content_hash text NOT NULL,
    content text NOT NULL,
    installed_at timestamp with time zone NOT NULL,
    CONSTRAINT catalogue_content_is_hashed CHECK ((content_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT catalogue_ends_after_it_begins CHECK ((end_day > first_day)),
    CONSTRAINT catalogue_has_issuer CHECK ((issuer <> ''::text)),
    CONSTRAINT catalogue_has_number CHECK ((number <> ''::text)),
    CONSTRAINT catalogue_has_series CHECK ((series <> ''::text)),
    CONSTRAINT catalogue_scope_is_known CHECK ((scope_kind = ANY (ARRAY['national'::text, 'region'::text, 'group'::text, 'community'::text, 'bilateral'::text]))),
    CONSTRAINT catalogue_source_is_hashed CHECK ((source_hash ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE public.cds_client (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    issuer text NOT NULL,
    tenant text DEFAULT ''::text NOT NULL,
    name text NOT NULL,
    organization_id uuid NOT NULL,
    keys jsonb DEFAULT '{"keys": []}'::jsonb NOT NULL,
    key_address text DEFAULT ''::text NOT NULL,
    allowed_origins text[] DEFAULT '{}'::text[] NOT NULL,
    active boolean DEFAULT true NOT NULL,
    registered_at timestamp with time zone DEFAULT now() NOT NULL,
    specification text DEFAULT '2.0.1'::text NOT NULL,
    CONSTRAINT cds_client_has_a_name CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT cds_client_has_keys CHECK (((key_address <> ''::text) OR (jsonb_array_length((keys -> 'keys'::text)) > 0))),
    CONSTRAINT cds_client_issuer_is_text CHECK (((length(issuer) >= 1) AND (length(issuer) <= 512))),
    CONSTRAINT cds_client_key_address_is_https CHECK (((key_address = ''::text) OR (key_address ~ '^https://[^ ]+$'::text))),
    CONSTRAINT cds_client_keys_are_a_set CHECK ((jsonb_typeof((keys -> 'keys'::text)) = 'array'::text)),
    CONSTRAINT cds_client_specification_is_known CHECK ((specification = ANY (ARRAY['2.0.1'::text, '3.0'::text]))),
    CONSTRAINT cds_client_tenant_is_short CHECK ((length(tenant) <= 512))
);

CREATE TABLE public.cds_jti (
    client_id uuid NOT NULL,
    jti text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT cds_jti_is_short CHECK (((length(jti) >= 1) AND (length(jti) <= 256)))
);

CREATE TABLE public.community_membership (
    organization_id uuid NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    CONSTRAINT membership_ends_after_it_begins CHECK (((valid_until IS NULL) OR (valid_until > valid_from)))
);

CREATE TABLE public.consultation (
    id uuid NOT NULL,
    number text NOT NULL,
    organization_id uuid NOT NULL,
    requester_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    kind text NOT NULL,
    urgency text NOT NULL,
    purpose text NOT NULL,
    department text NOT NULL,
    inviting_department text DEFAULT ''::text NOT NULL,
    history text DEFAULT ''::text NOT NULL,
    question text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    expert_id uuid,
    expert_organization_id uuid,
    line smallint,
    due_at timestamp with time zone,
    starts_at timestamp with time zone,
    minutes smallint,
    verdict text DEFAULT ''::text NOT NULL,
    verdict_reason text DEFAULT ''::text NOT NULL,
    converted_into text DEFAULT ''::text NOT NULL,
    consent_due_at timestamp with time zone,
    reminded_at timestamp with time zone,
    room_id uuid,
    created_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone,
    accepted_at timestamp with time zone,
    began_at timestamp with time zone,
    returned_at timestamp with time zone,
    decided_at timestamp with time zone,
    ended_at timestamp with time zone,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT consultation_appointment_iff_scheduled CHECK ((((state = 'scheduled'::text) = (starts_at IS NOT NULL)) AND ((starts_at IS NULL) = (minutes IS NULL)))),
    CONSTRAINT consultation_asks_something CHECK (((state = ANY (ARRAY['draft'::text, 'withdrawn'::text])) OR ((question <> ''::text) AND (history <> ''::text)))),
    CONSTRAINT consultation_clock_iff_offered CHECK ((((state = 'offered'::text) = (due_at IS NOT NULL)) AND ((state = 'offered'::text) = (line IS NOT NULL)))),
    CONSTRAINT consultation_converted_iff_into CHECK (((state = 'converted'::text) = (converted_into <> ''::text))),
    CONSTRAINT consultation_ended_iff_over CHECK (((state = ANY (ARRAY['archived'::text, 'declined'::text, 'withdrawn'::text, 'converted'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT consultation_expert_iff_asked CHECK (
CASE
    WHEN (state = ANY (ARRAY['draft'::text, 'submitted'::text, 'declined'::text])) THEN (expert_id IS NULL)
    WHEN (state = ANY (ARRAY['offered'::text, 'accepted'::text, 'scheduled'::text, 'in-session'::text, 'missed'::text, 'failed'::text, 'returned'::text, 'decided'::text, 'archived'::text])) THEN (expert_id IS NOT NULL)
    ELSE true
END),
    CONSTRAINT consultation_expert_works_somewhere CHECK (((expert_id IS NULL) = (expert_organization_id IS NULL))),
    CONSTRAINT consultation_into_is_known CHECK ((converted_into = ANY (ARRAY[''::text, 'referral'::text, 'remote-reading'::text]))),
    CONSTRAINT consultation_is_decided_once CHECK ((((state = ANY (ARRAY['decided'::text, 'archived'::text])) = (verdict <> ''::text)) AND ((verdict <> ''::text) = (decided_at IS NOT NULL)))),
    CONSTRAINT consultation_kind_is_known CHECK ((kind = ANY (ARRAY['image-text'::text, 'video'::text]))),
    CONSTRAINT consultation_purpose_is_known CHECK ((purpose = ANY (ARRAY['diagnosis'::text, 'treatment'::text, 'referral'::text, 'surgery'::text]))),
    CONSTRAINT consultation_state_is_known CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'incomplete'::text, 'offered'::text, 'accepted'::text, 'scheduled'::text, 'in-session'::text, 'missed'::text, 'failed'::text, 'returned'::text, 'decided'::text, 'archived'::text, 'declined'::text, 'withdrawn'::text, 'converted'::text]))),
    CONSTRAINT consultation_texts_are_bounded CHECK (((length(history) <= 8000) AND (length(question) <= 4000) AND (length(inviting_department) <= 100) AND (length(verdict_reason) <= 2000))),
    CONSTRAINT consultation_urgency_is_known CHECK ((urgency = ANY (ARRAY['immediate'::text, 'urgent'::text, 'routine'::text]))),
    CONSTRAINT consultation_verdict_is_known CHECK ((verdict = ANY (ARRAY[''::text, 'adopted'::text, 'partly'::text, 'not-adopted'::text]))),
    CONSTRAINT consultation_verdict_says_why CHECK (((verdict = ANY (ARRAY[''::text, 'adopted'::text])) OR (verdict_reason <> ''::text)))
);

CREATE TABLE public.consultation_addendum_answer (
    consultation_id uuid NOT NULL,
    version smallint NOT NULL,
    verdict text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    by uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT addendum_answer_is_of_an_addendum CHECK ((version > 1)),
    CONSTRAINT addendum_reason_is_short CHECK ((length(reason) <= 2000)),
    CONSTRAINT addendum_verdict_is_known CHECK ((verdict = ANY (ARRAY['adopted'::text, 'partly'::text, 'not-adopted'::text]))),
    CONSTRAINT addendum_verdict_says_why CHECK (((verdict = 'adopted'::text) OR (reason <> ''::text)))
);

CREATE TABLE public.consultation_addendum_draft (
    consultation_id uuid NOT NULL,
    by uuid NOT NULL,
    reason text NOT NULL,
    addendum text NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT addendum_draft_is_bounded CHECK (((length(reason) <= 500) AND (length(addendum) <= 4000)))
);

CREATE TABLE public.consultation_agreement (
    id uuid NOT NULL,
    inviting_id uuid NOT NULL,
    invited_id uuid NOT NULL,
    number text NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    entered_by uuid NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    CONSTRAINT agreement_ends_after_it_begins CHECK (((valid_until IS NULL) OR (valid_until >= valid_from))),
    CONSTRAINT agreement_has_a_number CHECK (((length(number) >= 1) AND (length(number) <= 100))),
    CONSTRAINT agreement_is_between_two CHECK ((inviting_id <> invited_id))
);

CREATE TABLE public.consultation_consent (
    id uuid NOT NULL,
    consultation_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    relation text DEFAULT ''::text NOT NULL,
    manner text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    paper text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT consent_kind_is_known CHECK ((kind = ANY (ARRAY['paper'::text, 'approval'::text, 'exemption'::text]))),
    CONSTRAINT consent_manner_is_known CHECK ((manner = ANY (ARRAY[''::text, 'signature'::text, 'fingerprint'::text]))),
    CONSTRAINT consent_names_somebody CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT consent_on_paper_is_a_picture CHECK ((((kind = 'paper'::text) = (paper <> ''::text)) AND ((kind = 'paper'::text) = (relation <> ''::text)) AND ((kind = 'paper'::text) = (manner <> ''::text)))),
    CONSTRAINT consent_relation_is_known CHECK ((relation = ANY (ARRAY[''::text, 'self'::text, 'guardian'::text, 'spouse'::text, 'child'::text, 'parent'::text, 'other-relative'::text, 'agent'::text]))),
    CONSTRAINT consent_without_paper_says_why CHECK (((kind = 'paper'::text) = (reason = ''::text)))
);

CREATE TABLE public.consultation_draft (
    consultation_id uuid NOT NULL,
    diagnosis text NOT NULL,
    advice text NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    by uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT consultation_draft_is_bounded CHECK (((length(diagnosis) <= 8000) AND (length(advice) <= 8000)))
);

CREATE TABLE public.consultation_marks (
    consultation_id uuid NOT NULL,
    version smallint NOT NULL,
    study_id uuid NOT NULL,
    series_uid text NOT NULL,
    sop_uid text NOT NULL,
    follows text DEFAULT ''::text NOT NULL,
    marks integer NOT NULL,
    left_out integer DEFAULT 0 NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    digest text DEFAULT ''::text NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    stored_at timestamp with time zone,
    CONSTRAINT marks_are_due_iff_pending CHECK (((state = 'pending'::text) = (due_at IS NOT NULL))),
    CONSTRAINT marks_are_known_iff_stored CHECK ((((state = 'stored'::text) = (stored_at IS NOT NULL)) AND ((state = 'stored'::text) = (digest <> ''::text)))),
    CONSTRAINT marks_are_some CHECK (((marks > 0) AND ((left_out >= 0) AND (left_out <= marks)))),
    CONSTRAINT marks_reason_is_a_word CHECK ((reason ~ '^[a-z-]{0,64}$'::text)),
    CONSTRAINT marks_state_is_known CHECK ((state = ANY (ARRAY['pending'::text, 'stored'::text, 'failed'::text]))),
    CONSTRAINT marks_that_failed_say_why CHECK (((state <> 'failed'::text) OR (reason <> ''::text)))
);

CREATE TABLE public.consultation_member (
    id uuid NOT NULL,
    consultation_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    role text NOT NULL,
    reason text NOT NULL,
    concerns text[] DEFAULT '{}'::text[] NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    consent text DEFAULT ''::text NOT NULL,
    CONSTRAINT consultation_member_consent_is_short CHECK ((length(consent) <= 500)),
    CONSTRAINT consultation_member_is_added_for_a_reason CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
    CONSTRAINT consultation_member_role_is_known CHECK ((role = ANY (ARRAY['participant'::text, 'audience'::text])))
);

CREATE TABLE public.consultation_member_removal (
    member_id uuid NOT NULL,
    reason text NOT NULL,
    removed_by uuid NOT NULL,
    removed_at timestamp with time zone NOT NULL,
    CONSTRAINT consultation_member_removal_says_why CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);

CREATE TABLE public.consultation_offer (
    consultation_id uuid NOT NULL,
    number integer NOT NULL,
    expert_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    line smallint NOT NULL,
    offered_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    outcome text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT consultation_offer_ends_iff_out CHECK (((outcome = ''::text) = (ended_at IS NULL))),
    CONSTRAINT consultation_offer_outcome_is_known CHECK ((outcome = ANY (ARRAY[''::text, 'accepted'::text, 'refused'::text, 'lapsed'::text, 'superseded'::text])))
);

CREATE TABLE public.consultation_opinion (
    consultation_id uuid NOT NULL,
    version smallint NOT NULL,
    diagnosis text NOT NULL,
    advice text NOT NULL,
    signer_id uuid NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    room_seq bigint NOT NULL,
    room_head text NOT NULL,
    evidence text NOT NULL,
    document text NOT NULL,
    size bigint NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    addendum text DEFAULT ''::text NOT NULL,
    CONSTRAINT consultation_addendum_says_what_and_why CHECK ((((version = 1) = (reason = ''::text)) AND ((version = 1) = (addendum = ''::text)))),
    CONSTRAINT consultation_opinion_document_is_a_digest CHECK ((document ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT consultation_opinion_says_something CHECK ((diagnosis <> ''::text))
);

CREATE TABLE public.consultation_phone_answer (
    id uuid NOT NULL,
    consultation_id uuid NOT NULL,
    speaker text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    said text NOT NULL,
    at timestamp with time zone NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT phone_answer_is_by_somebody CHECK ((((length(speaker) >= 1) AND (length(speaker) <= 100)) AND (length(phone) <= 40))),
    CONSTRAINT phone_answer_says_something CHECK (((length(said) >= 1) AND (length(said) <= 4000)))
);

CREATE TABLE public.consultation_rating (
    consultation_id uuid NOT NULL,
    stars smallint NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    by uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT rating_is_of_five CHECK (((stars >= 1) AND (stars <= 5))),
    CONSTRAINT rating_note_is_short CHECK ((length(note) <= 1000))
);

CREATE TABLE public.consultation_result (
    consultation_id uuid NOT NULL,
    result text NOT NULL,
    verdict text NOT NULL,
    decision_hash text DEFAULT ''::text NOT NULL,
    attached_by uuid NOT NULL,
    attached_at timestamp with time zone NOT NULL,
    CONSTRAINT consultation_result_is_named CHECK ((((length(result) >= 1) AND (length(result) <= 300)) AND (length(verdict) <= 40)))
);

CREATE TABLE public.consultation_step (
    consultation_id uuid NOT NULL,
    number integer NOT NULL,
    command text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    by uuid,
    at timestamp with time zone NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    concerns text[] DEFAULT '{}'::text[] NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT consultation_step_reason_is_short CHECK ((length(reason) <= 2000))
);

CREATE TABLE public.consultation_study (
    consultation_id uuid NOT NULL,
    study_id uuid NOT NULL,
    attached_by uuid NOT NULL,
    attached_at timestamp with time zone NOT NULL
);

CREATE TABLE public.correction_notice (
    id uuid NOT NULL,
    correction_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    practitioner_id uuid,
    name text DEFAULT ''::text NOT NULL,
    means text[] NOT NULL,
    last_at timestamp with time zone NOT NULL,
    told_by uuid,
    told_at timestamp with time zone,
    channel text,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT notice_channel_is_known CHECK ((channel = ANY (ARRAY['phone'::text, 'in-person'::text, 'message'::text]))),
    CONSTRAINT notice_is_of_somebody CHECK (((practitioner_id IS NULL) = (name <> ''::text))),
    CONSTRAINT notice_says_by_what_means CHECK (((cardinality(means) > 0) AND (means <@ '{opened,viewed,printed,acknowledged,used,called}'::text[]))),
    CONSTRAINT notice_told_is_whole CHECK ((num_nonnulls(told_by, told_at, channel) = ANY (ARRAY[0, 3])))
);

CREATE TABLE public.device (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    ae_title text NOT NULL,
    modality text DEFAULT ''::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    default_intent text DEFAULT 'request-reading'::text NOT NULL,
    clock_skew_seconds integer,
    state text DEFAULT 'enrolled'::text NOT NULL,
    enrolled_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT device_ae_title_is_ae CHECK ((ae_title ~ '^[\x21-\x5B\x5D-\x7E]([\x20-\x5B\x5D-\x7E]{0,14}[\x21-\x5B\x5D-\x7E])?$'::text)),
    CONSTRAINT device_intent_is_known CHECK ((default_intent = ANY (ARRAY['request-reading'::text, 'archive-only'::text, 'backfill'::text, 'consultation'::text]))),
    CONSTRAINT device_state_is_known CHECK ((state = ANY (ARRAY['enrolled'::text, 'disabled'::text])))
);

CREATE TABLE public.device_clock_sample (
    device_id uuid NOT NULL,
    study_id uuid NOT NULL,
    low_seconds bigint,
    high_seconds bigint,
    sampled_at timestamp with time zone NOT NULL
);

CREATE TABLE public.device_seen (
    ae_title text NOT NULL,
    called_ae text NOT NULL,
    peer_address inet NOT NULL,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts bigint DEFAULT 1 NOT NULL
);

CREATE TABLE public.draft (
    work_item_id uuid NOT NULL,
    author_id uuid NOT NULL,
    technique text DEFAULT ''::text NOT NULL,
    findings text DEFAULT ''::text NOT NULL,
    impression text DEFAULT ''::text NOT NULL,
    significance text DEFAULT 'none'::text NOT NULL,
    template_id uuid,
    revision bigint DEFAULT 1 NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    CONSTRAINT draft_significance_is_known CHECK ((significance = ANY (ARRAY['none'::text, 'significant'::text, 'critical'::text])))
);

CREATE TABLE public.duty_check (
    day date NOT NULL,
    checked_at timestamp with time zone NOT NULL
);

CREATE TABLE public.duty_check_gap (
    day date NOT NULL,
    shift_id uuid NOT NULL,
    reason text NOT NULL,
    CONSTRAINT duty_check_reason_is_known CHECK ((reason = ANY (ARRAY['no-account'::text, 'account-suspended'::text, 'person-left'::text, 'not-an-expert'::text, 'not-accepting'::text, 'licence-missing'::text, 'licence-expired'::text, 'licence-category'::text, 'licence-scope'::text, 'practice-too-short'::text, 'practice-unknown'::text, 'department-not-offered'::text, 'no-telephone'::text])))
);

CREATE TABLE public.duty_shift (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    department text NOT NULL,
    line smallint NOT NULL,
    practitioner_id uuid NOT NULL,
    begins timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    backup_phone text DEFAULT ''::text NOT NULL,
    entered_by uuid NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    cancelled_by uuid,
    cancelled_at timestamp with time zone,
    signed_in_at timestamp with time zone,
    CONSTRAINT duty_is_bounded CHECK (((ends > begins) AND (ends <= (begins + '7 days'::interval)))),
    CONSTRAINT duty_is_cancelled_by_somebody CHECK (((cancelled_at IS NULL) = (cancelled_by IS NULL))),
    CONSTRAINT duty_line_is_known CHECK (((line >= 1) AND (line <= 3))),
    CONSTRAINT duty_phones_are_short CHECK (((length(phone) <= 40) AND (length(backup_phone) <= 40)))
);

CREATE TABLE public.encounter (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    number_system text NOT NULL,
    number text NOT NULL,
    CONSTRAINT encounter_has_a_number CHECK ((number <> ''::text))
);

CREATE TABLE public.encounter_version (
    id uuid NOT NULL,
    encounter_id uuid NOT NULL,
    message_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    linked boolean NOT NULL,
    act text NOT NULL,
    act_rank smallint NOT NULL,
    class text,
    class_written text NOT NULL,
    began_at timestamp with time zone,
    began_day date,
    began_written text NOT NULL,
    began_zone_stated boolean NOT NULL,
    ended_at timestamp with time zone,
    ended_written text NOT NULL,
    told_at timestamp with time zone NOT NULL,
    known_from timestamp with time zone NOT NULL,
    CONSTRAINT encounter_act_is_known CHECK ((act = ANY (ARRAY['admitted'::text, 'registered'::text, 'updated'::text, 'discharged'::text, 'discharge-cancelled'::text, 'admission-cancelled'::text]))),
    CONSTRAINT encounter_begins_where_it_is_opened CHECK (((began_day IS NOT NULL) OR (act <> ALL (ARRAY['admitted'::text, 'registered'::text])))),
    CONSTRAINT encounter_class_is_known CHECK ((class = ANY (ARRAY['outpatient'::text, 'inpatient'::text, 'emergency'::text, 'observation'::text, 'checkup'::text]))),
    CONSTRAINT encounter_moment_is_of_a_day CHECK (((began_at IS NULL) OR (began_day IS NOT NULL)))
);

CREATE TABLE public.event (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind text NOT NULL,
    subject uuid NOT NULL,
    topics text[] NOT NULL,
    ids jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT event_kind_is_words CHECK ((kind ~ '^[a-z-]+\.[a-z-]+$'::text))
);

CREATE TABLE public.event_consumer (
    name text NOT NULL,
    xid xid8 DEFAULT '0'::xid8 NOT NULL,
    id bigint DEFAULT 0 NOT NULL,
    moved_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.event_epoch (
    only_row boolean DEFAULT true NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT event_epoch_only_row_check CHECK (only_row)
);

ALTER TABLE public.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.expert (
    practitioner_id uuid NOT NULL,
    departments text[] NOT NULL,
    since date,
    accepts boolean DEFAULT true NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT expert_has_departments CHECK (((cardinality(departments) >= 1) AND (cardinality(departments) <= 20)))
);

CREATE TABLE public.external_result (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    patient_id uuid NOT NULL,
    name text NOT NULL,
    value text DEFAULT ''::text NOT NULL,
    institution text NOT NULL,
    mark text DEFAULT ''::text NOT NULL,
    performed_on date,
    source text NOT NULL,
    recorded_by uuid,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT external_result_has_a_name CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT external_result_has_an_institution CHECK (((length(institution) >= 1) AND (length(institution) <= 200))),
    CONSTRAINT external_result_is_of_the_past CHECK ((performed_on <= ((recorded_at)::date + 1))),
    CONSTRAINT external_result_mark_is_short CHECK ((length(mark) <= 40)),
    CONSTRAINT external_result_source_is_named CHECK ((source ~ '^[a-z][a-z-]{1,39}$'::text)),
    CONSTRAINT external_result_value_is_short CHECK ((length(value) <= 500))
);

CREATE TABLE public.external_result_withdrawal (
    external_result_id uuid NOT NULL,
    reason text NOT NULL,
    withdrawn_by uuid NOT NULL,
    withdrawn_at timestamp with time zone NOT NULL,
    CONSTRAINT external_result_withdrawal_has_a_reason CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);

CREATE TABLE public.recognition_grant (
    id uuid NOT NULL,
    known_from timestamp with time zone NOT NULL,
    organization_id uuid NOT NULL,
    item_key text NOT NULL,
    programme text NOT NULL,
    scope jsonb NOT NULL,
    basis text NOT NULL,
    state text NOT NULL,
    begins timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    due timestamp with time zone,
    withdrawn_from timestamp with time zone,
    device_id text,
    reader_id uuid,
    evidence text[] NOT NULL,
    struck boolean NOT NULL,
    CONSTRAINT active_grant_has_a_due_day CHECK (((state = 'active'::text) = (due IS NOT NULL))),
    CONSTRAINT grant_basis_is_known CHECK ((basis = ANY (ARRAY['external-quality-assessment'::text, 'imaging-quality-control'::text, 'county-on-site-check'::text, 'community-document'::text, 'county-remote-reading'::text]))),
    CONSTRAINT grant_holds_something CHECK ((begins < ends)),
    CONSTRAINT grant_rests_on_evidence CHECK ((cardinality(evidence) > 0)),
    CONSTRAINT grant_state_is_stored CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text, 'withdrawn'::text]))),
    CONSTRAINT other_grant_says_from_when CHECK (((state = 'active'::text) = (withdrawn_from IS NULL)))
);

CREATE VIEW public.grant_knowledge AS
 SELECT id,
    known_from,
    organization_id,
    item_key,
    programme,
    scope,
    basis,
    state,
    begins,
    ends,
    due,
    withdrawn_from,
    device_id,
    reader_id,
    evidence,
    struck,
    lead(known_from) OVER (PARTITION BY organization_id, item_key, id ORDER BY known_from) AS known_until
   FROM public.recognition_grant g;

CREATE TABLE public.guest_invitation (
    id uuid NOT NULL,
    consultation_id uuid NOT NULL,
    room_id uuid NOT NULL,
    name text NOT NULL,
    institution text NOT NULL,
    title text NOT NULL,
    licence_number text DEFAULT ''::text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    purpose text NOT NULL,
    token_digest bytea NOT NULL,
    invited_by uuid NOT NULL,
    invited_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    session_id uuid,
    session_digest bytea,
    csrf_token text,
    withdrawn_at timestamp with time zone,
    withdrawn_by uuid,
    CONSTRAINT guest_is_named CHECK ((((length(name) >= 1) AND (length(name) <= 100)) AND ((length(institution) >= 1) AND (length(institution) <= 200)) AND ((length(title) >= 1) AND (length(title) <= 100)) AND ((length(purpose) >= 1) AND (length(purpose) <= 500)))),
    CONSTRAINT guest_is_withdrawn_by_somebody CHECK (((withdrawn_at IS NULL) = (withdrawn_by IS NULL))),
    CONSTRAINT guest_link_is_bounded CHECK (((expires_at > invited_at) AND (expires_at <= (invited_at + '7 days'::interval)))),
    CONSTRAINT guest_link_is_used_in_time CHECK ((used_at < expires_at)),
    CONSTRAINT guest_numbers_are_short CHECK (((length(licence_number) <= 40) AND (length(phone) <= 40))),
    CONSTRAINT guest_session_iff_used CHECK ((((used_at IS NULL) = (session_id IS NULL)) AND ((used_at IS NULL) = (session_digest IS NULL)) AND ((used_at IS NULL) = (csrf_token IS NULL)))),
    CONSTRAINT guest_session_is_sha256 CHECK ((length(session_digest) = 32)),
    CONSTRAINT guest_token_is_sha256 CHECK ((length(token_digest) = 32))
);

CREATE TABLE public.his_answer (
    client_id uuid NOT NULL,
    request_id text NOT NULL,
    asked_hash text NOT NULL,
    answer text NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    CONSTRAINT his_answer_asked_hash_is_digest CHECK ((asked_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT his_answer_is_json CHECK (((answer)::jsonb IS NOT NULL)),
    CONSTRAINT his_answer_request_is_short CHECK (((length(request_id) >= 1) AND (length(request_id) <= 100)))
);

CREATE TABLE public.his_card (
    decision_id uuid NOT NULL,
    card uuid,
    page_id uuid,
    client_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    visit text NOT NULL,
    shown_to text NOT NULL,
    place integer NOT NULL,
    order_reference text NOT NULL,
    silent text NOT NULL,
    content text NOT NULL,
    shown_at timestamp with time zone NOT NULL,
    CONSTRAINT his_card_content_is_json CHECK (((content)::jsonb IS NOT NULL)),
    CONSTRAINT his_card_place_is_counted CHECK ((place >= 0)),
    CONSTRAINT his_card_silence_is_known CHECK ((silent = ANY (ARRAY[''::text, 'provincial-prompted'::text, 'reason-given'::text, 'answered-before'::text, 'no-result'::text, 'exempt'::text, 'not-eligible'::text, 'visit'::text]))),
    CONSTRAINT his_card_visit_is_short CHECK (((length(visit) >= 1) AND (length(visit) <= 100)))
);

CREATE TABLE public.his_launch (
    id uuid NOT NULL,
    code_hash text NOT NULL,
    client_id uuid NOT NULL,
    shown_to text NOT NULL,
    patient_id uuid,
    identity text NOT NULL,
    strip text NOT NULL,
    visit text NOT NULL,
    language text NOT NULL,
    asked text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT his_launch_asked_is_json CHECK (((asked)::jsonb IS NOT NULL)),
    CONSTRAINT his_launch_code_hash_is_digest CHECK ((code_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT his_launch_has_a_patient_iff_sure CHECK (((identity = 'sure'::text) = (patient_id IS NOT NULL))),
    CONSTRAINT his_launch_identity_is_known CHECK ((identity = ANY (ARRAY['sure'::text, 'doubtful'::text, 'unknown'::text, 'no-document'::text]))),
    CONSTRAINT his_launch_is_for_somebody CHECK (((length(shown_to) >= 1) AND (length(shown_to) <= 100))),
    CONSTRAINT his_launch_language_is_known CHECK ((language = ANY (ARRAY['zh-CN'::text, 'en'::text]))),
    CONSTRAINT his_launch_lasts_a_minute CHECK (((expires_at > issued_at) AND (expires_at <= (issued_at + '00:01:00'::interval)))),
    CONSTRAINT his_launch_strip_is_json CHECK (((strip)::jsonb IS NOT NULL)),
    CONSTRAINT his_launch_visit_is_short CHECK (((length(visit) >= 1) AND (length(visit) <= 100)))
);

CREATE TABLE public.his_page (
    launch_id uuid NOT NULL,
    token_hash text NOT NULL,
    origin text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT his_page_lasts_half_an_hour CHECK (((expires_at > opened_at) AND (expires_at <= (opened_at + '00:30:00'::interval)))),
    CONSTRAINT his_page_origin_is_short CHECK ((length(origin) <= 512)),
    CONSTRAINT his_page_token_hash_is_digest CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE public.his_visit_prompt (
    client_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    visit text NOT NULL,
    prompted_by text NOT NULL,
    prompted_at timestamp with time zone NOT NULL,
    CONSTRAINT his_visit_prompt_is_by_somebody CHECK ((prompted_by = ANY (ARRAY['county'::text, 'province'::text]))),
    CONSTRAINT his_visit_prompt_visit_is_short CHECK (((length(visit) >= 1) AND (length(visit) <= 100)))
);

CREATE TABLE public.identity_link (
    id bigint NOT NULL,
    patient_id uuid NOT NULL,
    other_patient_id uuid NOT NULL,
    fact text NOT NULL,
    ground text NOT NULL,
    findings text[] DEFAULT '{}'::text[] NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    snapshot jsonb NOT NULL,
    changed text[] DEFAULT '{}'::text[] NOT NULL,
    review_id uuid,
    decided_by uuid,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT link_fact_is_known CHECK ((fact = ANY (ARRAY['linked'::text, 'unlinked'::text, 'never-link'::text]))),
    CONSTRAINT link_ground_is_known CHECK ((ground = ANY (ARRAY['matched'::text, 'reviewed'::text, 'taken-back'::text]))),
    CONSTRAINT link_is_decided_or_matched CHECK (((ground = 'matched'::text) = (decided_by IS NULL))),
    CONSTRAINT link_is_of_two_in_order CHECK ((patient_id < other_patient_id)),
    CONSTRAINT only_a_link_is_matched CHECK (((ground <> 'matched'::text) OR (fact = 'linked'::text))),
    CONSTRAINT unlinked_iff_taken_back CHECK (((fact = 'unlinked'::text) = (ground = 'taken-back'::text)))
);

ALTER TABLE public.identity_link ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.identity_link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.identity_review (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    other_patient_id uuid NOT NULL,
    reason text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    CONSTRAINT decided_iff_not_open CHECK (((state = 'open'::text) = (decided_at IS NULL))),
    CONSTRAINT review_is_of_two CHECK ((patient_id <> other_patient_id)),
    CONSTRAINT review_reason_is_known CHECK ((reason = ANY (ARRAY['number-contradicts'::text, 'card-mismatch'::text, 'same-name'::text, 'possible-match'::text, 'matched'::text]))),
    CONSTRAINT review_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'same-person'::text, 'different-persons'::text])))
);

CREATE TABLE public.identity_review_doubt (
    id bigint NOT NULL,
    review_id uuid NOT NULL,
    note text NOT NULL,
    doubted_by uuid NOT NULL,
    doubted_at timestamp with time zone NOT NULL,
    CONSTRAINT doubt_says_why CHECK ((note <> ''::text))
);

ALTER TABLE public.identity_review_doubt ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.identity_review_doubt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.image_grade (
    id bigint NOT NULL,
    reading_id uuid NOT NULL,
    study_id uuid NOT NULL,
    grade text NOT NULL,
    reasons text[] DEFAULT '{}'::text[] NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    graded_by uuid NOT NULL,
    graded_at timestamp with time zone NOT NULL,
    CONSTRAINT image_grade_is_known CHECK ((grade = ANY (ARRAY['A'::text, 'B'::text, 'C'::text, 'reject'::text]))),
    CONSTRAINT image_grade_poor_says_why CHECK (((grade = ANY (ARRAY['A'::text, 'B'::text])) OR (cardinality(reasons) > 0)))
);

ALTER TABLE public.image_grade ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.image_grade_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.image_seen (
    reading_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    series_instance_uid text NOT NULL,
    sop_instance_uid text NOT NULL,
    painted int4multirange DEFAULT '{}'::int4multirange NOT NULL,
    previewed int4multirange DEFAULT '{}'::int4multirange NOT NULL,
    CONSTRAINT image_seen_shows_something CHECK (((NOT isempty(painted)) OR (NOT isempty(previewed))))
);

CREATE TABLE public.imaging_association (
    association_id text NOT NULL,
    study_id uuid NOT NULL,
    calling_ae text NOT NULL,
    instances integer DEFAULT 0 NOT NULL,
    last_received_at timestamp with time zone NOT NULL,
    ended text DEFAULT 'open'::text NOT NULL,
    CONSTRAINT association_end_is_known CHECK ((ended = ANY (ARRAY['open'::text, 'released'::text, 'lost'::text])))
);

CREATE TABLE public.imaging_encoding (
    instance_id uuid NOT NULL,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    transfer_syntax_uid text NOT NULL,
    calling_ae text DEFAULT ''::text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT encoding_digest_is_sha256 CHECK ((length(digest) = 32))
);

CREATE TABLE public.imaging_instance (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    series_id uuid NOT NULL,
    study_id uuid NOT NULL,
    sop_instance_uid text NOT NULL,
    sop_class_uid text NOT NULL,
    transfer_syntax_uid text NOT NULL,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    instance_number integer,
    rows integer,
    columns integer,
    frames integer DEFAULT 1 NOT NULL,
    bits_allocated integer,
    samples integer DEFAULT 1 NOT NULL,
    photometric text DEFAULT ''::text NOT NULL,
    image_type text DEFAULT ''::text NOT NULL,
    calling_ae text DEFAULT ''::text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT instance_digest_is_sha256 CHECK ((length(digest) = 32))
);

CREATE TABLE public.imaging_series (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    study_id uuid NOT NULL,
    series_instance_uid text NOT NULL,
    modality text DEFAULT ''::text NOT NULL,
    series_number integer,
    description text DEFAULT ''::text NOT NULL,
    protocol text DEFAULT ''::text NOT NULL,
    body_site text DEFAULT ''::text NOT NULL,
    laterality text DEFAULT ''::text NOT NULL,
    view_position text DEFAULT ''::text NOT NULL,
    instance_count integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.imaging_statement (
    study_id uuid NOT NULL,
    statement_key bytea NOT NULL,
    patient_id text DEFAULT ''::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    sex text DEFAULT 'U'::text NOT NULL,
    birth_date date,
    accepted boolean DEFAULT false NOT NULL,
    contradicts boolean DEFAULT false NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    CONSTRAINT statement_sex_is_known CHECK ((sex = ANY (ARRAY['M'::text, 'F'::text, 'O'::text, 'U'::text])))
);

CREATE TABLE public.imaging_study (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    study_instance_uid text NOT NULL,
    organization_id uuid NOT NULL,
    device_id uuid,
    source_patient_id text DEFAULT ''::text NOT NULL,
    source_issuer text DEFAULT ''::text NOT NULL,
    source_patient_name text DEFAULT ''::text NOT NULL,
    source_name_search text DEFAULT ''::text NOT NULL,
    source_name_pinyin text DEFAULT ''::text NOT NULL,
    source_birth_date date,
    source_sex text DEFAULT ''::text NOT NULL,
    source_age text DEFAULT ''::text NOT NULL,
    accession_number text DEFAULT ''::text NOT NULL,
    study_id_text text DEFAULT ''::text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    modalities text[] DEFAULT '{}'::text[] NOT NULL,
    body_site text DEFAULT ''::text NOT NULL,
    laterality text DEFAULT ''::text NOT NULL,
    referring_physician text DEFAULT ''::text NOT NULL,
    institution text DEFAULT ''::text NOT NULL,
    station text DEFAULT ''::text NOT NULL,
    operator text DEFAULT ''::text NOT NULL,
    acquired_at timestamp with time zone,
    charset_declared text DEFAULT ''::text NOT NULL,
    charset_used text DEFAULT ''::text NOT NULL,
    charset_confidence text DEFAULT 'declared'::text NOT NULL,
    patient_id uuid,
    service_request_id uuid,
    match_state text DEFAULT 'none'::text NOT NULL,
    intent text DEFAULT 'request-reading'::text NOT NULL,
    completeness text DEFAULT 'receiving'::text NOT NULL,
    completeness_evidence text DEFAULT ''::text NOT NULL,
    expected_instances integer,
    settle_at timestamp with time zone DEFAULT (now() + '00:10:00'::interval),
    series_count integer DEFAULT 0 NOT NULL,
    instance_count integer DEFAULT 0 NOT NULL,
    total_bytes bigint DEFAULT 0 NOT NULL,
    first_received_at timestamp with time zone NOT NULL,
    last_received_at timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    match_revision bigint DEFAULT 1 NOT NULL,
    intent_confirmed boolean DEFAULT false NOT NULL,
    hold text DEFAULT ''::text NOT NULL,
    split_from_id uuid,
    split_at timestamp with time zone,
    documents integer DEFAULT 0 NOT NULL,
    CONSTRAINT study_charset_confidence_is_known CHECK ((charset_confidence = ANY (ARRAY['declared'::text, 'sure'::text, 'likely'::text, 'doubtful'::text]))),
    CONSTRAINT study_completeness_is_known CHECK ((completeness = ANY (ARRAY['receiving'::text, 'complete'::text, 'quiet'::text]))),
    CONSTRAINT study_evidence_is_known CHECK ((completeness_evidence = ANY (ARRAY[''::text, 'announced'::text, 'procedure-step'::text, 'released'::text]))),
    CONSTRAINT study_evidence_is_of_complete CHECK (((completeness_evidence = ''::text) OR (completeness = 'complete'::text))),
    CONSTRAINT study_expects_some CHECK ((expected_instances > 0)),
    CONSTRAINT study_hold_is_known CHECK ((hold = ANY (ARRAY[''::text, 'mixed'::text]))),
    CONSTRAINT study_intent_is_known CHECK ((intent = ANY (ARRAY['request-reading'::text, 'archive-only'::text, 'backfill'::text, 'consultation'::text]))),
    CONSTRAINT study_is_not_split_from_itself CHECK ((split_from_id <> id)),
    CONSTRAINT study_match_state_is_known CHECK ((match_state = ANY (ARRAY['none'::text, 'sure'::text, 'doubtful'::text, 'confirmed'::text]))),
    CONSTRAINT study_receiving_is_due CHECK (((completeness <> 'receiving'::text) OR (settle_at IS NOT NULL))),
    CONSTRAINT study_split_says_when CHECK (((split_from_id IS NULL) = (split_at IS NULL)))
);

CREATE TABLE public.intervening_event (
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    organization_id uuid NOT NULL,
    recorded_by uuid,
    client_id uuid,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT intervening_event_is_told_by_one CHECK ((num_nonnulls(recorded_by, client_id) = 1)),
    CONSTRAINT intervening_event_kind_is_known CHECK ((kind = ANY (ARRAY['surgery'::text, 'transfusion'::text, 'thrombolysis'::text, 'chemotherapy'::text, 'dialysis'::text, 'trauma'::text, 'condition-change'::text]))),
    CONSTRAINT intervening_event_note_is_short CHECK ((length(note) <= 500))
);

CREATE TABLE public.intervening_event_withdrawal (
    event_id uuid NOT NULL,
    reason text NOT NULL,
    withdrawn_by uuid,
    client_id uuid,
    withdrawn_at timestamp with time zone NOT NULL,
    CONSTRAINT intervening_event_is_withdrawn_by_one CHECK ((num_nonnulls(withdrawn_by, client_id) = 1)),
    CONSTRAINT intervening_event_withdrawal_has_a_reason CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);

CREATE TABLE public.laboratory_mapping (
    id bigint NOT NULL,
    observation_id uuid NOT NULL,
    item_key text,
    map_version text NOT NULL,
    unit_ucum text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);

ALTER TABLE public.laboratory_mapping ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.laboratory_mapping_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.laboratory_observation (
    id uuid NOT NULL,
    report_id uuid NOT NULL,
    report_version_id uuid NOT NULL,
    line integer NOT NULL,
    code_system text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    sub_id text NOT NULL,
    codes jsonb NOT NULL,
    item_key text,
    map_version text,
    value_type text NOT NULL,
    value_kind text NOT NULL,
    value_text text NOT NULL,
    comparator text NOT NULL,
    number text NOT NULL,
    high text NOT NULL,
    denominator text NOT NULL,
    value_codes jsonb NOT NULL,
    unit_written text NOT NULL,
    unit_ucum text NOT NULL,
    reference_range text NOT NULL,
    flags text[] NOT NULL,
    status text NOT NULL,
    status_written text NOT NULL,
    status_rank smallint NOT NULL,
    collected_at timestamp with time zone,
    collected_day date,
    collected_written text NOT NULL,
    collected_source text NOT NULL,
    collected_doubt text NOT NULL,
    collected_zone_stated boolean NOT NULL,
    collected_passed_over text[] NOT NULL,
    analysed_at timestamp with time zone,
    analysed_written text NOT NULL,
    method_code text NOT NULL,
    method_text text NOT NULL,
    device text NOT NULL,
    producer text NOT NULL,
    performer text NOT NULL,
    notes text[] NOT NULL,
    ordered_at timestamp with time zone NOT NULL,
    known_from timestamp with time zone NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT a_missing_collection_is_said CHECK (((collected_doubt = 'absent'::text) = (collected_written = ''::text))),
    CONSTRAINT a_quantity_is_a_number CHECK (((value_kind = 'quantity'::text) = (number <> ''::text))),
    CONSTRAINT an_item_has_its_map CHECK (((item_key IS NULL) = (map_version IS NULL))),
    CONSTRAINT laboratory_observation_status_is_known CHECK ((status = ANY (ARRAY['registered'::text, 'preliminary'::text, 'final'::text, 'corrected'::text, 'cancelled'::text, 'entered-in-error'::text]))),
    CONSTRAINT observation_collected_doubt_is_known CHECK ((collected_doubt = ANY (ARRAY[''::text, 'absent'::text, 'future'::text, 'implausible'::text, 'unreadable'::text, 'too-coarse'::text]))),
    CONSTRAINT observation_comparator_is_known CHECK ((comparator = ANY (ARRAY[''::text, '<'::text, '<='::text, '>'::text, '>='::text]))),
    CONSTRAINT observation_value_kind_is_known CHECK ((value_kind = ANY (ARRAY['quantity'::text, 'coded'::text, 'text'::text, 'none'::text])))
);

CREATE TABLE public.laboratory_remapping (
    id bigint NOT NULL,
    maps text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    after uuid,
    reports bigint DEFAULT 0 NOT NULL,
    changed bigint DEFAULT 0 NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT remapping_maps_is_digest CHECK ((maps ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE public.laboratory_remapping ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.laboratory_remapping_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.laboratory_report (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    number_system text NOT NULL,
    number text NOT NULL,
    CONSTRAINT laboratory_report_has_a_number CHECK ((number <> ''::text))
);

CREATE TABLE public.laboratory_report_version (
    id uuid NOT NULL,
    report_id uuid NOT NULL,
    message_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    linked boolean NOT NULL,
    status text NOT NULL,
    status_rank smallint NOT NULL,
    ordered_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    known_from timestamp with time zone NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    placer_number text NOT NULL,
    service jsonb NOT NULL,
    requested_written text NOT NULL,
    changed_written text NOT NULL,
    specimen_id text NOT NULL,
    specimen_code text NOT NULL,
    specimen_text text NOT NULL,
    specimen_system text NOT NULL,
    specimen_flags jsonb NOT NULL,
    specimen_ambiguous boolean NOT NULL,
    specimen_received_at timestamp with time zone,
    specimen_received_written text NOT NULL,
    notes text[] NOT NULL,
    CONSTRAINT laboratory_report_status_is_known CHECK ((status = ANY (ARRAY['registered'::text, 'preliminary'::text, 'final'::text, 'corrected'::text, 'cancelled'::text, 'entered-in-error'::text, 'unknown'::text])))
);

CREATE TABLE public.laboratory_sender (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    application text NOT NULL,
    facility text NOT NULL,
    organization_id uuid NOT NULL,
    state text DEFAULT 'enrolled'::text NOT NULL,
    enrolled_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT laboratory_sender_application_is_short CHECK ((length(application) <= 230)),
    CONSTRAINT laboratory_sender_facility_is_short CHECK ((length(facility) <= 230)),
    CONSTRAINT laboratory_sender_has_a_name CHECK (((application <> ''::text) OR (facility <> ''::text))),
    CONSTRAINT laboratory_sender_state_is_known CHECK ((state = ANY (ARRAY['enrolled'::text, 'disabled'::text])))
);

CREATE TABLE public.laboratory_sender_seen (
    application text NOT NULL,
    facility text NOT NULL,
    peer_address inet NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    attempts bigint DEFAULT 1 NOT NULL
);

CREATE TABLE public.look_back (
    id uuid NOT NULL,
    grant_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    item_key text NOT NULL,
    device_id text,
    begins timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    cause_id uuid NOT NULL,
    known_from timestamp with time zone NOT NULL,
    CONSTRAINT look_back_is_of_a_period CHECK ((begins < ends)),
    CONSTRAINT look_back_is_of_the_past CHECK ((ends <= known_from))
);

CREATE TABLE public.look_back_act (
    task_id uuid NOT NULL,
    number integer NOT NULL,
    act text NOT NULL,
    outcome text NOT NULL,
    note text NOT NULL,
    acted_by uuid NOT NULL,
    acted_at timestamp with time zone NOT NULL,
    CONSTRAINT done_says_what_came_of_it CHECK (((act = 'done'::text) = (outcome <> ''::text))),
    CONSTRAINT look_back_act_is_known CHECK ((act = ANY (ARRAY['done'::text, 'reopened'::text]))),
    CONSTRAINT look_back_act_is_numbered CHECK ((number >= 1)),
    CONSTRAINT look_back_finding_is_known CHECK ((outcome = ANY (ARRAY[''::text, 'no-consequence'::text, 'repeated'::text, 'patient-told'::text, 'patient-not-found'::text]))),
    CONSTRAINT look_back_note_is_short CHECK ((length(note) <= 1000)),
    CONSTRAINT reopened_says_why CHECK (((act = 'done'::text) OR (note <> ''::text)))
);

CREATE TABLE public.look_back_task (
    id uuid NOT NULL,
    look_back_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL
);

CREATE TABLE public.match_decision (
    id bigint NOT NULL,
    study_id uuid NOT NULL,
    service_request_id uuid,
    decision text NOT NULL,
    verdict text NOT NULL,
    findings jsonb DEFAULT '[]'::jsonb NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT match_decision_is_known CHECK ((decision = ANY (ARRAY['linked'::text, 'linked-same-visit'::text, 'no-request'::text, 'one-person'::text, 'kept-apart'::text, 'split'::text, 'reassigned'::text])))
);

ALTER TABLE public.match_decision ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.match_decision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.number_counter (
    organization_id uuid NOT NULL,
    kind text NOT NULL,
    day date NOT NULL,
    last integer NOT NULL
);

CREATE TABLE public.organization (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    name_en text DEFAULT ''::text NOT NULL,
    kind text NOT NULL,
    parent_id uuid,
    phone text DEFAULT ''::text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    level smallint,
    region text DEFAULT ''::text NOT NULL,
    groups text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT organization_code_is_short CHECK (((length(code) >= 1) AND (length(code) <= 40))),
    CONSTRAINT organization_groups_are_few CHECK ((cardinality(groups) <= 20)),
    CONSTRAINT organization_has_a_name CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT organization_is_not_its_own_parent CHECK ((parent_id <> id)),
    CONSTRAINT organization_kind_is_known CHECK ((kind = ANY (ARRAY['lead-hospital'::text, 'county-hospital'::text, 'maternity'::text, 'township-hospital'::text, 'community-health-center'::text, 'village-clinic'::text, 'laboratory'::text, 'outside-hospital'::text, 'bureau'::text]))),
    CONSTRAINT organization_level_is_known CHECK ((((level >= 10) AND (level <= 34)) AND (((level)::integer % 10) <= 4))),
    CONSTRAINT organization_region_is_gbt_2260 CHECK ((region ~ '^([0-9]{2}){0,3}$'::text))
);

CREATE TABLE public.outgoing_message (
    id uuid NOT NULL,
    receiver text NOT NULL,
    kind text NOT NULL,
    subject uuid NOT NULL,
    once text NOT NULL,
    told_at timestamp with time zone NOT NULL,
    urgency text DEFAULT ''::text NOT NULL,
    department text DEFAULT ''::text NOT NULL,
    organization_id uuid,
    due_at timestamp with time zone,
    starts_at timestamp with time zone,
    path text NOT NULL,
    amount integer,
    stands_in text[] DEFAULT '{}'::text[] NOT NULL,
    recipients jsonb NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    queued_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    refusals integer DEFAULT 0 NOT NULL,
    lease_id uuid,
    leased_until timestamp with time zone,
    last_status integer,
    last_fault text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone,
    is_over boolean DEFAULT false NOT NULL,
    CONSTRAINT outgoing_message_ended_iff_over CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT outgoing_message_path_is_of_ours CHECK (((path ~ '^/[a-z]'::text) AND (length(path) <= 200))),
    CONSTRAINT outgoing_message_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'cancelled'::text, 'given-up'::text])))
);

CREATE TABLE public.outgoing_receiver (
    name text NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    origin text NOT NULL,
    address_digest bytea NOT NULL,
    kinds text[] DEFAULT '{}'::text[] NOT NULL,
    institutions text[] DEFAULT '{}'::text[] NOT NULL,
    state text DEFAULT 'on'::text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    rests_until timestamp with time zone,
    last_attempt_at timestamp with time zone,
    last_success_at timestamp with time zone,
    last_status integer,
    last_fault text DEFAULT ''::text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT outgoing_receiver_name_is_short CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text)),
    CONSTRAINT outgoing_receiver_state_is_known CHECK ((state = ANY (ARRAY['on'::text, 'gone'::text, 'removed'::text])))
);

CREATE TABLE public.patient (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    name text NOT NULL,
    name_search text NOT NULL,
    name_pinyin text NOT NULL,
    sex text NOT NULL,
    birth_date date,
    birth_date_estimated boolean DEFAULT false NOT NULL,
    born_at timestamp with time zone,
    identity text DEFAULT 'known'::text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    mother_id uuid,
    same_as_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT an_estimate_has_a_date CHECK (((birth_date IS NOT NULL) OR (NOT birth_date_estimated))),
    CONSTRAINT patient_has_a_name CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT patient_identity_is_known CHECK ((identity = ANY (ARRAY['known'::text, 'temporary'::text, 'source'::text]))),
    CONSTRAINT patient_is_not_the_own_mother CHECK ((mother_id <> id)),
    CONSTRAINT patient_is_not_the_same_as_itself CHECK ((same_as_id <> id)),
    CONSTRAINT patient_sex_is_known CHECK ((sex = ANY (ARRAY['M'::text, 'F'::text, 'O'::text, 'U'::text])))
);

CREATE TABLE public.patient_identifier (
    issuer text NOT NULL,
    value text NOT NULL,
    claim text DEFAULT ''::text NOT NULL,
    kind text NOT NULL,
    patient_id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT a_device_number_is_only_a_claim CHECK (((kind <> 'device'::text) OR (claim <> ''::text))),
    CONSTRAINT identifier_kind_is_known CHECK ((kind = ANY (ARRAY['national-id'::text, 'hmt-residence'::text, 'hk-macau-pass'::text, 'taiwan-pass'::text, 'permanent-residence'::text, 'passport'::text, 'birth-certificate'::text, 'other'::text, 'temporary'::text, 'device'::text])))
);

CREATE TABLE public.patient_organization (
    organization_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.picture_link (
    id uuid NOT NULL,
    token_digest bytea NOT NULL,
    card uuid NOT NULL,
    study_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    purpose text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    use_before timestamp with time zone NOT NULL,
    opened_at timestamp with time zone,
    viewer_digest bytea,
    view_until timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT picture_link_ends_after_it_began CHECK (((made_at < use_before) AND (opened_at <= view_until))),
    CONSTRAINT picture_link_is_opened_in_time CHECK ((opened_at < use_before)),
    CONSTRAINT picture_link_opened_is_whole CHECK ((((opened_at IS NULL) = (viewer_digest IS NULL)) AND ((opened_at IS NULL) = (view_until IS NULL)))),
    CONSTRAINT picture_link_purpose_is_known CHECK ((purpose = 'order-check'::text)),
    CONSTRAINT picture_link_token_is_sha256 CHECK ((octet_length(token_digest) = 32)),
    CONSTRAINT picture_link_viewer_is_sha256 CHECK ((octet_length(viewer_digest) = 32))
);

CREATE TABLE public.practitioner (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid NOT NULL,
    name text NOT NULL,
    staff_number text DEFAULT ''::text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    licence_number text,
    licence_category text,
    licence_scope text,
    licence_expires_on date,
    active boolean DEFAULT true NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT practitioner_has_a_name CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT practitioner_licence_category_is_known CHECK ((licence_category = ANY (ARRAY['临床'::text, '口腔'::text, '公共卫生'::text, '中医'::text]))),
    CONSTRAINT practitioner_licence_number_is_text CHECK ((licence_number <> ''::text))
);

CREATE TABLE public.practitioner_role (
    practitioner_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    role text NOT NULL,
    CONSTRAINT practitioner_role_is_known CHECK ((role = ANY (ARRAY['registrar'::text, 'technician'::text, 'requester'::text, 'village-doctor'::text, 'author'::text, 'verifier'::text, 'center-head'::text, 'coordinator'::text, 'medical-office'::text, 'quality-officer'::text, 'supervisor'::text, 'system-admin'::text, 'security-admin'::text, 'auditor'::text, 'expert'::text])))
);

CREATE TABLE public.quality_evaluation (
    id uuid NOT NULL,
    programme text NOT NULL,
    organization_id uuid NOT NULL,
    item_keys text[] NOT NULL,
    basis text NOT NULL,
    scope jsonb NOT NULL,
    round text NOT NULL,
    period_begins timestamp with time zone NOT NULL,
    period_ends timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    score text NOT NULL,
    method_class text,
    device_id text,
    published_at timestamp with time zone NOT NULL,
    next_due timestamp with time zone,
    retroactive_from timestamp with time zone,
    evidence_hash text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    recorded_by uuid NOT NULL,
    CONSTRAINT evaluation_basis_is_known CHECK ((basis = ANY (ARRAY['external-quality-assessment'::text, 'imaging-quality-control'::text, 'county-on-site-check'::text]))),
    CONSTRAINT evaluation_evidence_is_hash CHECK ((evidence_hash ~ '^([0-9a-f]{64})?$'::text)),
    CONSTRAINT evaluation_has_items CHECK ((cardinality(item_keys) > 0)),
    CONSTRAINT evaluation_has_programme CHECK ((programme <> ''::text)),
    CONSTRAINT evaluation_has_round CHECK ((round <> ''::text)),
    CONSTRAINT evaluation_is_published_after CHECK ((period_ends <= published_at)),
    CONSTRAINT evaluation_next_is_later CHECK ((next_due > published_at)),
    CONSTRAINT evaluation_outcome_is_known CHECK ((outcome = ANY (ARRAY['pass'::text, 'fail'::text, 'absent'::text]))),
    CONSTRAINT evaluation_period_is_one CHECK ((period_begins < period_ends)),
    CONSTRAINT evaluation_reaches_back_by_failure CHECK (((retroactive_from IS NULL) OR ((outcome = 'fail'::text) AND (retroactive_from <= published_at))))
);

CREATE TABLE public.quality_fact (
    id uuid NOT NULL,
    kind text NOT NULL,
    organization_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    known_from timestamp with time zone NOT NULL,
    evaluation_id uuid,
    programme text,
    item_keys text[] DEFAULT '{}'::text[] NOT NULL,
    device_id text,
    retroactive_from timestamp with time zone,
    basis text,
    scope jsonb,
    ends timestamp with time zone,
    reader_id uuid,
    evidence_hash text DEFAULT ''::text NOT NULL,
    recorded_by uuid NOT NULL,
    CONSTRAINT agreement_basis_is_known CHECK ((basis = ANY (ARRAY['community-document'::text, 'county-remote-reading'::text]))),
    CONSTRAINT agreement_ends_after_it_begins CHECK ((ends > at)),
    CONSTRAINT agreement_is_whole CHECK ((((kind = 'agreement'::text) = (basis IS NOT NULL)) AND ((basis IS NULL) = (scope IS NULL)) AND ((basis IS NULL) = (ends IS NULL)))),
    CONSTRAINT only_a_withdrawal_reaches_back CHECK (((retroactive_from IS NULL) OR ((kind = 'withdraw'::text) AND (retroactive_from <= at)))),
    CONSTRAINT quality_fact_evidence_is_hash CHECK ((evidence_hash ~ '^([0-9a-f]{64})?$'::text)),
    CONSTRAINT quality_fact_has_items CHECK (((kind = 'revocation'::text) = (cardinality(item_keys) = 0))),
    CONSTRAINT quality_fact_is_known CHECK ((kind = ANY (ARRAY['revocation'::text, 'withdraw'::text, 'reinstate'::text, 'change'::text, 'verification'::text, 'agreement'::text]))),
    CONSTRAINT reader_is_of_a_reading CHECK (((NOT (basis IS DISTINCT FROM 'county-remote-reading'::text)) = (reader_id IS NOT NULL))),
    CONSTRAINT revocation_is_of_an_evaluation CHECK (((kind = 'revocation'::text) = (evaluation_id IS NOT NULL))),
    CONSTRAINT ruling_is_of_a_programme CHECK (((kind = ANY (ARRAY['withdraw'::text, 'reinstate'::text])) = (programme IS NOT NULL)))
);

CREATE TABLE public.quality_ticket (
    id uuid NOT NULL,
    card uuid NOT NULL,
    decision_id uuid NOT NULL,
    result text NOT NULL,
    item_key text NOT NULL,
    organization_id uuid NOT NULL,
    asking_id uuid NOT NULL,
    reason_code text NOT NULL,
    comment text NOT NULL,
    said_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    CONSTRAINT ticket_comment_is_short CHECK ((length(comment) <= 2000)),
    CONSTRAINT ticket_names_a_result CHECK (((length(result) >= 1) AND (length(result) <= 200))),
    CONSTRAINT ticket_reason_is_technical CHECK ((reason_code ~ '^T[1-9]$'::text))
);

CREATE TABLE public.quality_ticket_act (
    ticket_id uuid NOT NULL,
    number integer NOT NULL,
    command text NOT NULL,
    state text NOT NULL,
    note text NOT NULL,
    acted_by uuid,
    acted_at timestamp with time zone NOT NULL,
    CONSTRAINT ticket_act_is_numbered CHECK ((number >= 1)),
    CONSTRAINT ticket_act_says_why CHECK (((note <> ''::text) OR (command = ANY (ARRAY['confirm'::text, 'retract'::text])))),
    CONSTRAINT ticket_command_leads_to_its_state CHECK ((((((((command = 'confirm'::text) AND (state = 'confirmed'::text)) OR ((command = 'dismiss'::text) AND (state = 'dismissed'::text))) OR ((command = 'retract'::text) AND (state = 'retracted'::text))) OR ((command = 'handle'::text) AND (state = 'handled'::text))) OR ((command = 'contest'::text) AND (state = 'contested'::text))) OR ((command = 'uphold'::text) AND (state = 'confirmed'::text)))),
    CONSTRAINT ticket_note_is_short CHECK ((length(note) <= 1000)),
    CONSTRAINT ticket_retracted_by_nobody CHECK (((command = 'retract'::text) = (acted_by IS NULL)))
);

CREATE TABLE public.quarantine (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    reason text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    organization_id uuid,
    calling_ae text DEFAULT ''::text NOT NULL,
    sop_class_uid text DEFAULT ''::text NOT NULL,
    sop_instance_uid text DEFAULT ''::text NOT NULL,
    study_instance_uid text DEFAULT ''::text NOT NULL,
    transfer_syntax_uid text DEFAULT ''::text NOT NULL,
    study_id uuid,
    times integer DEFAULT 1 NOT NULL,
    received_at timestamp with time zone NOT NULL,
    last_received_at timestamp with time zone DEFAULT now() NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    decision_note text DEFAULT ''::text NOT NULL,
    CONSTRAINT quarantine_decided_by_somebody CHECK (((state = 'open'::text) = (decided_at IS NULL))),
    CONSTRAINT quarantine_digest_is_sha256 CHECK ((length(digest) = 32)),
    CONSTRAINT quarantine_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'released'::text, 'discarded'::text])))
);

CREATE TABLE public.reading (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    study_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    mode text NOT NULL,
    state text NOT NULL,
    priority text NOT NULL,
    priority_rank smallint GENERATED ALWAYS AS (
CASE priority
    WHEN 'stat'::text THEN 0
    WHEN 'urgent'::text THEN 1
    ELSE 2
END) STORED NOT NULL,
    checkup boolean DEFAULT false NOT NULL,
    priority_reason text DEFAULT ''::text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    clock_started_at timestamp with time zone,
    allowed_minutes integer,
    working_time boolean DEFAULT false NOT NULL,
    due_at timestamp with time zone,
    clock_stopped_at timestamp with time zone,
    clock_ended_at timestamp with time zone,
    reading_seconds integer,
    author_id uuid,
    hold_reason text,
    hold_note text DEFAULT ''::text NOT NULL,
    limited boolean DEFAULT false NOT NULL,
    round smallint DEFAULT 1 NOT NULL,
    current_version_id uuid,
    preliminary_version_id uuid,
    instances_signed integer,
    late_instances integer DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    former_patient_id uuid,
    former_request_id uuid,
    priority_set_by uuid,
    CONSTRAINT reading_author_iff_submitted CHECK (((state <> ALL (ARRAY['awaiting-verification'::text, 'awaiting-formal-review'::text, 'verifying'::text])) OR (author_id IS NOT NULL))),
    CONSTRAINT reading_clock_is_whole CHECK ((((clock_started_at IS NULL) = (due_at IS NULL)) AND ((due_at IS NULL) = (allowed_minutes IS NULL)))),
    CONSTRAINT reading_clock_stops_only_for_material CHECK (((clock_stopped_at IS NULL) OR (hold_reason = 'waiting-for-material'::text))),
    CONSTRAINT reading_formal_review_has_preliminary CHECK (((state <> 'awaiting-formal-review'::text) OR (preliminary_version_id IS NOT NULL))),
    CONSTRAINT reading_hold_has_reason CHECK (((state = 'on-hold'::text) = (hold_reason IS NOT NULL))),
    CONSTRAINT reading_hold_reason_is_known CHECK ((hold_reason = ANY (ARRAY['joint-reading'::text, 'upper-hospital'::text, 'waiting-for-material'::text]))),
    CONSTRAINT reading_issued_has_version CHECK (((state <> ALL (ARRAY['signed'::text, 'delivered'::text, 'viewed'::text, 'needs-recheck'::text, 'void'::text])) OR (current_version_id IS NOT NULL))),
    CONSTRAINT reading_mode_of_row_is_known CHECK ((mode = ANY (ARRAY['county-read'::text, 'township-drafted'::text, 'self-reported'::text]))),
    CONSTRAINT reading_of_a_former_patient_is_over CHECK ((((former_patient_id IS NULL) AND (former_request_id IS NULL)) OR (state = ANY (ARRAY['void'::text, 'canceled'::text])))),
    CONSTRAINT reading_priority_is_known CHECK ((priority = ANY (ARRAY['stat'::text, 'urgent'::text, 'routine'::text]))),
    CONSTRAINT reading_recheck_has_images CHECK (((state <> 'needs-recheck'::text) OR (late_instances > 0))),
    CONSTRAINT reading_state_is_known CHECK ((state = ANY (ARRAY['receiving'::text, 'awaiting-match'::text, 'awaiting-reading'::text, 'reading'::text, 'returned'::text, 'on-hold'::text, 'returned-to-site'::text, 'awaiting-verification'::text, 'awaiting-formal-review'::text, 'verifying'::text, 'signed'::text, 'delivered'::text, 'viewed'::text, 'needs-recheck'::text, 'void'::text, 'canceled'::text])))
);

CREATE TABLE public.reading_mode (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organization_id uuid,
    modality text DEFAULT ''::text NOT NULL,
    from_hour smallint DEFAULT 0 NOT NULL,
    until_hour smallint DEFAULT 24 NOT NULL,
    mode text NOT NULL,
    CONSTRAINT reading_mode_hours_are_a_day CHECK (((0 <= from_hour) AND (from_hour < until_hour) AND (until_hour <= 24))),
    CONSTRAINT reading_mode_is_known CHECK ((mode = ANY (ARRAY['county-read'::text, 'township-drafted'::text, 'self-reported'::text])))
);

CREATE TABLE public.report_version (
    id uuid NOT NULL,
    reading_id uuid NOT NULL,
    number integer NOT NULL,
    round smallint NOT NULL,
    status text NOT NULL,
    technique text NOT NULL,
    findings text NOT NULL,
    impression text NOT NULL,
    significance text NOT NULL,
    limited boolean DEFAULT false NOT NULL,
    content_sha256 bytea NOT NULL,
    author_id uuid NOT NULL,
    author_name text NOT NULL,
    author_signed_at timestamp with time zone NOT NULL,
    verifier_id uuid,
    verifier_name text,
    signed_at timestamp with time zone NOT NULL,
    performer_name text NOT NULL,
    single_reader_reason text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    agreement text,
    replaces_id uuid,
    work_item_id uuid,
    instance_count integer NOT NULL,
    CONSTRAINT report_agreement_is_known CHECK ((agreement = ANY (ARRAY['agree'::text, 'minor'::text, 'major'::text]))),
    CONSTRAINT report_correction_has_reason CHECK (((status <> ALL (ARRAY['amended'::text, 'appended'::text, 'entered-in-error'::text])) OR ((reason <> ''::text) AND (replaces_id IS NOT NULL)))),
    CONSTRAINT report_digest_is_sha256 CHECK ((length(content_sha256) = 32)),
    CONSTRAINT report_status_is_fhir CHECK ((status = ANY (ARRAY['preliminary'::text, 'final'::text, 'amended'::text, 'appended'::text, 'entered-in-error'::text]))),
    CONSTRAINT report_verifier_has_name CHECK (((verifier_id IS NULL) = (verifier_name IS NULL))),
    CONSTRAINT report_verifier_is_another CHECK (((verifier_id IS NULL) OR (verifier_id <> author_id) OR (single_reader_reason <> ''::text)))
);

CREATE TABLE public.service_request (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    submission_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    accession_number text NOT NULL,
    patient_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    modality text NOT NULL,
    item text NOT NULL,
    body_site text NOT NULL,
    laterality text NOT NULL,
    encounter_class text NOT NULL,
    priority text NOT NULL,
    emergency_class text,
    intent text DEFAULT 'request-reading'::text NOT NULL,
    history text DEFAULT ''::text NOT NULL,
    purpose text DEFAULT ''::text NOT NULL,
    prior_surgery text DEFAULT ''::text NOT NULL,
    pregnancy text DEFAULT 'not-applicable'::text NOT NULL,
    pregnancy_confirmed boolean DEFAULT false NOT NULL,
    requester_id uuid,
    requester_name text DEFAULT ''::text NOT NULL,
    department text DEFAULT ''::text NOT NULL,
    technician_name text DEFAULT ''::text NOT NULL,
    fee_state text DEFAULT ''::text NOT NULL,
    consent_told boolean DEFAULT false NOT NULL,
    card_mismatch boolean DEFAULT false NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    registered_by uuid,
    registered_at timestamp with time zone NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT accession_fits_dicom CHECK (((length(accession_number) >= 1) AND (length(accession_number) <= 16))),
    CONSTRAINT emergency_iff_classed CHECK (((encounter_class = 'emergency'::text) = (emergency_class IS NOT NULL))),
    CONSTRAINT request_emergency_class_is_known CHECK ((emergency_class = ANY (ARRAY['chest-pain'::text, 'stroke'::text, 'trauma'::text, 'obstetric'::text, 'child-newborn'::text, 'acute-abdomen'::text, 'other'::text]))),
    CONSTRAINT request_encounter_class_is_known CHECK ((encounter_class = ANY (ARRAY['outpatient'::text, 'inpatient'::text, 'emergency'::text, 'observation'::text, 'transfer'::text, 'checkup'::text]))),
    CONSTRAINT request_fee_state_is_known CHECK ((fee_state = ANY (ARRAY[''::text, 'paid'::text, 'unpaid'::text, 'exempt'::text]))),
    CONSTRAINT request_intent_is_known CHECK ((intent = ANY (ARRAY['request-reading'::text, 'archive-only'::text, 'backfill'::text, 'consultation'::text]))),
    CONSTRAINT request_laterality_is_known CHECK ((laterality = ANY (ARRAY['L'::text, 'R'::text, 'B'::text, 'U'::text]))),
    CONSTRAINT request_modality_is_code CHECK ((modality ~ '^[A-Z]{2,4}$'::text)),
    CONSTRAINT request_pregnancy_is_known CHECK ((pregnancy = ANY (ARRAY['no'::text, 'yes'::text, 'unknown'::text, 'not-applicable'::text]))),
    CONSTRAINT request_priority_is_known CHECK ((priority = ANY (ARRAY['stat'::text, 'urgent'::text, 'routine'::text]))),
    CONSTRAINT request_status_is_known CHECK ((status = ANY (ARRAY['active'::text, 'completed'::text, 'revoked'::text, 'entered-in-error'::text])))
);

CREATE TABLE public.site_return (
    id uuid NOT NULL,
    reading_id uuid NOT NULL,
    kind text NOT NULL,
    note text NOT NULL,
    state text NOT NULL,
    returned_by uuid NOT NULL,
    returned_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    escalated_at timestamp with time zone,
    outcome text,
    answer text DEFAULT ''::text NOT NULL,
    answered_by uuid,
    answered_at timestamp with time zone,
    CONSTRAINT site_return_closed_iff_outcome CHECK (((state = 'closed'::text) = (outcome IS NOT NULL))),
    CONSTRAINT site_return_has_note CHECK ((note <> ''::text)),
    CONSTRAINT site_return_kind_is_known CHECK ((kind = ANY (ARRAY['information'::text, 'images'::text, 'retake'::text, 'limited-report'::text]))),
    CONSTRAINT site_return_outcome_is_known CHECK ((outcome = ANY (ARRAY['answered'::text, 'images-sent'::text, 'retaken'::text, 'patient-absent'::text, 'unreachable'::text, 'limited-report'::text, 'reassigned'::text]))),
    CONSTRAINT site_return_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'recall-pending'::text, 'closed'::text])))
);

CREATE TABLE public.work_item (
    id uuid NOT NULL,
    number bigint NOT NULL,
    reading_id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    purpose text NOT NULL,
    side text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    scheduled_at timestamp with time zone NOT NULL,
    assigned_to uuid,
    transaction_uid text,
    claimed_by uuid,
    claimed_at timestamp with time zone,
    lease_until timestamp with time zone,
    ended_at timestamp with time zone,
    outcome text,
    outcome_reason text DEFAULT ''::text NOT NULL,
    submission jsonb,
    CONSTRAINT canceled_says_why CHECK (((state <> 'CANCELED'::text) OR ((ended_at IS NOT NULL) AND (outcome = ANY (ARRAY['released'::text, 'expired'::text, 'taken-over'::text, 'recalled'::text, 'on-hold'::text, 'returned-to-site'::text, 'abandoned'::text, 'intent-changed'::text, 'reassigned'::text]))))),
    CONSTRAINT completed_was_claimed CHECK (((state <> 'COMPLETED'::text) OR ((num_nonnulls(claimed_by, ended_at) = 2) AND (outcome = ANY (ARRAY['submitted'::text, 'preliminary'::text, 'self-signed'::text, 'signed'::text, 'returned'::text]))))),
    CONSTRAINT in_progress_is_claimed CHECK (((state <> 'IN PROGRESS'::text) OR ((num_nonnulls(transaction_uid, claimed_by, claimed_at, lease_until) = 4) AND (num_nonnulls(ended_at, outcome) = 0)))),
    CONSTRAINT scheduled_is_unclaimed CHECK (((state <> 'SCHEDULED'::text) OR (num_nonnulls(transaction_uid, claimed_by, claimed_at, lease_until, ended_at, outcome) = 0))),
    CONSTRAINT work_item_kind_is_known CHECK ((kind = ANY (ARRAY['interpretation'::text, 'verification'::text]))),
    CONSTRAINT work_item_purpose_is_known CHECK ((purpose = ANY (ARRAY['final'::text, 'amended'::text, 'appended'::text]))),
    CONSTRAINT work_item_side_is_known CHECK ((side = ANY (ARRAY['county'::text, 'site'::text]))),
    CONSTRAINT work_item_state_is_ups CHECK ((state = ANY (ARRAY['SCHEDULED'::text, 'IN PROGRESS'::text, 'COMPLETED'::text, 'CANCELED'::text])))
);

CREATE VIEW public.reading_overview AS
 SELECT r.id,
    r.study_id,
    r.organization_id,
    r.mode,
    r.state,
    r.priority,
    r.priority_rank,
    r.checkup,
    r.limited,
    r.late_instances,
    r.opened_at,
    r.clock_started_at,
    r.allowed_minutes,
    r.working_time,
    r.due_at,
    r.clock_stopped_at,
    r.clock_ended_at,
    r.reading_seconds,
    r.hold_reason,
    r.author_id,
    r.current_version_id,
    r.preliminary_version_id,
    r.revision,
    w.id AS item_id,
    w.kind AS item_kind,
    w.purpose,
    w.side,
    w.assigned_to,
    w.claimed_by,
    w.lease_until,
    holder.name AS claimed_name,
    author.name AS author_name,
    s.study_instance_uid,
    s.modalities,
    s.description,
    s.completeness,
    s.completeness_evidence,
    s.expected_instances,
    s.instance_count,
    s.acquired_at,
    s.first_received_at,
    s.match_state,
    s.hold AS study_hold,
    s.intent,
    s.laterality AS image_laterality,
    COALESCE(r.former_patient_id, s.patient_id) AS patient_id,
    COALESCE(p.name, s.source_patient_name) AS patient_name,
    COALESCE(p.name_pinyin, s.source_name_pinyin) AS patient_pinyin,
    COALESCE(p.sex, s.source_sex) AS patient_sex,
    COALESCE(p.birth_date, s.source_birth_date) AS birth_date,
    COALESCE(p.identity, 'source'::text) AS identity,
    q.id AS service_request_id,
    COALESCE(q.accession_number, s.accession_number) AS accession_number,
    COALESCE(q.item, s.description) AS item,
    COALESCE(q.body_site, s.body_site) AS body_site,
    COALESCE(q.laterality, s.laterality) AS laterality,
    q.encounter_class,
    q.emergency_class,
    COALESCE(q.purpose, ''::text) AS purpose_text,
    COALESCE(q.history, ''::text) AS history,
    o.name AS organization_name,
    o.name_en AS organization_name_en,
    o.phone AS organization_phone,
    b.kind AS return_kind,
    b.state AS return_state,
    COALESCE(b.note, ''::text) AS return_note,
    b.due_at AS return_due_at,
    b.escalated_at AS return_escalated_at,
    v.status AS report_status,
    v.signed_at,
    v.significance
   FROM (((((((((public.reading r
     JOIN public.imaging_study s ON ((s.id = r.study_id)))
     JOIN public.organization o ON ((o.id = r.organization_id)))
     LEFT JOIN public.patient p ON ((p.id = COALESCE(r.former_patient_id, s.patient_id))))
     LEFT JOIN public.service_request q ON ((q.id =
        CASE
            WHEN (r.former_patient_id IS NULL) THEN s.service_request_id
            ELSE r.former_request_id
        END)))
     LEFT JOIN public.work_item w ON (((w.reading_id = r.id) AND (w.state = ANY (ARRAY['SCHEDULED'::text, 'IN PROGRESS'::text])))))
     LEFT JOIN public.practitioner holder ON ((holder.id = COALESCE(w.claimed_by, w.assigned_to))))
     LEFT JOIN public.practitioner author ON ((author.id = r.author_id)))
     LEFT JOIN public.site_return b ON (((b.reading_id = r.id) AND (b.state <> 'closed'::text))))
     LEFT JOIN public.report_version v ON ((v.id = r.current_version_id)));

CREATE TABLE public.recognition_decision (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    client_id uuid,
    patient_id uuid,
    order_reference text NOT NULL,
    asked text NOT NULL,
    context text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    known_at timestamp with time zone NOT NULL,
    rule_set text NOT NULL,
    engine_version text NOT NULL,
    inputs_hash text NOT NULL,
    trace_hash text NOT NULL,
    verdict text,
    trace text NOT NULL,
    candidates text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    known_upto bigint NOT NULL,
    CONSTRAINT decision_asked_is_json CHECK (((asked)::jsonb IS NOT NULL)),
    CONSTRAINT decision_candidates_are_json CHECK (((candidates)::jsonb IS NOT NULL)),
    CONSTRAINT decision_context_is_json CHECK (((context)::jsonb IS NOT NULL)),
    CONSTRAINT decision_inputs_hash_is_digest CHECK ((inputs_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT decision_trace_hash_is_digest CHECK ((trace_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT decision_trace_is_json CHECK (((trace)::jsonb IS NOT NULL)),
    CONSTRAINT decision_verdict_is_known CHECK ((verdict = ANY (ARRAY['must-offer'::text, 'may-offer'::text, 'exempt'::text, 'not-eligible'::text, 'indeterminate'::text])))
);

CREATE TABLE public.recognition_exposure (
    card uuid NOT NULL,
    client_id uuid,
    surface text NOT NULL,
    shown_to text DEFAULT ''::text NOT NULL,
    suggestions jsonb DEFAULT '{}'::jsonb NOT NULL,
    shown_at timestamp with time zone NOT NULL,
    CONSTRAINT exposure_surface_is_known CHECK ((surface = ANY (ARRAY['patient-view'::text, 'order-start'::text, 'order-select'::text, 'order-sign'::text, 'page'::text, 'embedded'::text, 'rest'::text, 'timeline'::text])))
);

CREATE TABLE public.recognition_exposure_decision (
    card uuid NOT NULL,
    decision_id uuid NOT NULL
);

CREATE TABLE public.recognition_knowledge (
    id bigint NOT NULL,
    kind text NOT NULL,
    thing text NOT NULL,
    subject text NOT NULL,
    content text NOT NULL,
    known_from timestamp with time zone NOT NULL,
    CONSTRAINT knowledge_kind_is_known CHECK ((kind = ANY (ARRAY['candidate'::text, 'organization'::text, 'identity'::text, 'event'::text, 'grant'::text, 'probe'::text, 'document'::text]))),
    CONSTRAINT knowledge_thing_is_named CHECK (((length(thing) >= 1) AND (length(thing) <= 200)))
);

ALTER TABLE public.recognition_knowledge ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.recognition_knowledge_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.recognition_response (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    card uuid NOT NULL,
    outcome text NOT NULL,
    outcome_at timestamp with time zone NOT NULL,
    accepted uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    reason_system text DEFAULT ''::text NOT NULL,
    reason_code text DEFAULT ''::text NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT accepted_names_a_suggestion CHECK (((outcome <> 'accepted'::text) OR (cardinality(accepted) > 0))),
    CONSTRAINT response_comment_is_short CHECK ((length(comment) <= 2000)),
    CONSTRAINT response_outcome_is_known CHECK ((outcome = ANY (ARRAY['accepted'::text, 'overridden'::text, 'withdrawn'::text])))
);

CREATE TABLE public.recognition_rule_set (
    hash text NOT NULL,
    content text NOT NULL,
    CONSTRAINT rule_set_hash_is_digest CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT rule_set_is_json CHECK (((content)::jsonb IS NOT NULL))
);

CREATE TABLE public.report_code (
    code text NOT NULL,
    report_version_id uuid NOT NULL,
    CONSTRAINT report_code_is_long CHECK ((length(code) >= 16))
);

CREATE TABLE public.report_discrepancy (
    id uuid NOT NULL,
    reading_id uuid NOT NULL,
    kind text NOT NULL,
    first_version_id uuid NOT NULL,
    second_version_id uuid,
    second_text text DEFAULT ''::text NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    opened_by uuid,
    told_name text,
    told_staff_number text,
    told_at timestamp with time zone,
    read_back text,
    recorded_by uuid,
    closed_at timestamp with time zone,
    CONSTRAINT discrepancy_closed_iff_told CHECK ((((closed_at IS NULL) = (told_name IS NULL)) AND ((closed_at IS NULL) = (read_back IS NULL)) AND ((closed_at IS NULL) = (recorded_by IS NULL)))),
    CONSTRAINT discrepancy_kind_is_known CHECK ((kind = ANY (ARRAY['preliminary-final'::text, 'second-final'::text])))
);

CREATE TABLE public.report_receipt (
    id bigint NOT NULL,
    report_version_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    organization_id uuid NOT NULL,
    practitioner_id uuid,
    copies smallint DEFAULT 0 NOT NULL,
    paper text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT receipt_kind_is_known CHECK ((kind = ANY (ARRAY['delivered'::text, 'viewed'::text, 'printed'::text, 'acknowledged'::text, 'used'::text])))
);

ALTER TABLE public.report_receipt ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.report_receipt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.report_template (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    code text NOT NULL,
    organization_id uuid,
    modality text NOT NULL,
    body_site text DEFAULT ''::text NOT NULL,
    sex text DEFAULT ''::text NOT NULL,
    name text NOT NULL,
    name_en text DEFAULT ''::text NOT NULL,
    technique text DEFAULT ''::text NOT NULL,
    findings text NOT NULL,
    impression text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    from_file boolean DEFAULT false NOT NULL,
    revision bigint DEFAULT 1 NOT NULL
);

CREATE TABLE public.report_upload (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    report_version_id uuid NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    queued_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_id uuid,
    leased_until timestamp with time zone,
    last_status integer,
    last_fault text DEFAULT ''::text NOT NULL,
    ended_at timestamp with time zone,
    given_up_by uuid,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT report_upload_attempts_are_counted CHECK ((attempts >= 0)),
    CONSTRAINT report_upload_ended_is_free CHECK (((state = 'waiting'::text) OR (lease_id IS NULL))),
    CONSTRAINT report_upload_ends_once CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT report_upload_fault_is_short CHECK ((length(last_fault) <= 200)),
    CONSTRAINT report_upload_given_up_has_reason CHECK (((state = 'given-up'::text) = ((given_up_by IS NOT NULL) AND (reason <> ''::text)))),
    CONSTRAINT report_upload_lease_is_whole CHECK (((lease_id IS NULL) = (leased_until IS NULL))),
    CONSTRAINT report_upload_reason_is_short CHECK ((length(reason) <= 500)),
    CONSTRAINT report_upload_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'dead'::text, 'given-up'::text])))
);

CREATE TABLE public.report_withdrawal (
    report_version_id uuid NOT NULL,
    withdrawn_by uuid NOT NULL,
    withdrawn_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    CONSTRAINT withdrawal_has_reason CHECK ((reason <> ''::text))
);

CREATE TABLE public.request_paper (
    service_request_id uuid NOT NULL,
    digest bytea NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    added_by uuid,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT paper_digest_is_sha256 CHECK ((length(digest) = 32)),
    CONSTRAINT paper_is_picture CHECK ((media_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'image/webp'::text])))
);

CREATE TABLE public.result_message (
    id uuid NOT NULL,
    format text NOT NULL,
    sender_id uuid,
    organization_id uuid,
    bytes bytea NOT NULL,
    digest bytea NOT NULL,
    content_digest bytea NOT NULL,
    control_id text NOT NULL,
    charset_declared text NOT NULL,
    charset_used text NOT NULL,
    charset_confidence text NOT NULL,
    peer_address inet,
    brought_by uuid,
    received_at timestamp with time zone NOT NULL,
    disposition text NOT NULL,
    answer text NOT NULL,
    faults jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT answered_as_disposed CHECK ((((disposition = 'stored'::text) = (answer = 'AA'::text)) AND ((disposition = 'refused'::text) = (answer = 'AR'::text)))),
    CONSTRAINT result_message_answer_is_known CHECK ((answer = ANY (ARRAY['AA'::text, 'AE'::text, 'AR'::text]))),
    CONSTRAINT result_message_charset_confidence_is_known CHECK ((charset_confidence = ANY (ARRAY[''::text, 'declared'::text, 'sure'::text, 'likely'::text, 'doubtful'::text]))),
    CONSTRAINT result_message_content_digest_is_sha256 CHECK ((length(content_digest) = 32)),
    CONSTRAINT result_message_digest_is_sha256 CHECK ((length(digest) = 32)),
    CONSTRAINT result_message_disposition_is_known CHECK ((disposition = ANY (ARRAY['stored'::text, 'partly'::text, 'quarantined'::text, 'refused'::text, 'failed'::text]))),
    CONSTRAINT result_message_format_is_known CHECK ((format = ANY (ARRAY['hl7-v2'::text, 'fhir-r4'::text, 'table'::text])))
);

CREATE TABLE public.result_message_again (
    message_id uuid NOT NULL,
    peer_address inet,
    received_at timestamp with time zone NOT NULL
);

CREATE TABLE public.result_quarantine (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    message_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    line integer NOT NULL,
    report_number text NOT NULL,
    reason text NOT NULL,
    place text NOT NULL,
    written text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    CONSTRAINT quarantined_result_decided_iff_not_open CHECK (((state = 'open'::text) = (decided_at IS NULL))),
    CONSTRAINT quarantined_result_reason_is_words CHECK ((reason ~ '^[a-z-]+$'::text)),
    CONSTRAINT quarantined_result_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'released'::text, 'discarded'::text])))
);

CREATE TABLE public.result_quarantine_act (
    id bigint NOT NULL,
    case_id uuid NOT NULL,
    act text NOT NULL,
    note text NOT NULL,
    acted_by uuid NOT NULL,
    acted_at timestamp with time zone NOT NULL,
    CONSTRAINT quarantine_act_is_known CHECK ((act = ANY (ARRAY['released'::text, 'assigned'::text, 'discarded'::text, 'reopened'::text])))
);

ALTER TABLE public.result_quarantine_act ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.result_quarantine_act_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.room (
    id uuid NOT NULL,
    kind text NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint NOT NULL,
    head bytea NOT NULL,
    state text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT room_closes_after_it_opened CHECK (((closed_at IS NULL) OR (closed_at >= opened_at))),
    CONSTRAINT room_head_is_sha256 CHECK ((length(head) = 32)),
    CONSTRAINT room_kind_is_known CHECK ((kind = ANY (ARRAY['consultation'::text, 'conference'::text, 'teaching'::text]))),
    CONSTRAINT room_seq_counts CHECK ((seq >= 0)),
    CONSTRAINT room_state_is_json CHECK (((state)::jsonb IS NOT NULL))
);

CREATE TABLE public.room_device (
    room_id uuid NOT NULL,
    person text NOT NULL,
    device text NOT NULL,
    generation bigint NOT NULL,
    session uuid NOT NULL,
    process uuid NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    lost_at timestamp with time zone,
    due_at timestamp with time zone,
    due text,
    CONSTRAINT room_device_due_has_a_time CHECK (((due_at IS NULL) = (due IS NULL))),
    CONSTRAINT room_device_due_is_known CHECK ((due = ANY (ARRAY['reconnecting'::text, 'release'::text, 'left'::text]))),
    CONSTRAINT room_device_generation_counts CHECK ((generation > 0)),
    CONSTRAINT room_device_is_lost_before_it_leaves CHECK (((due IS NULL) OR ((due = 'reconnecting'::text) = (lost_at IS NULL)))),
    CONSTRAINT room_device_is_short CHECK (((length(device) >= 1) AND (length(device) <= 64)))
);

CREATE TABLE public.room_event (
    room_id uuid NOT NULL,
    seq bigint NOT NULL,
    epoch uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    by_person text NOT NULL,
    kind text NOT NULL,
    device text,
    cid text,
    data text NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT room_event_cid_is_short CHECK (((length(cid) >= 1) AND (length(cid) <= 64))),
    CONSTRAINT room_event_command_is_whole CHECK (((device IS NULL) = (cid IS NULL))),
    CONSTRAINT room_event_data_is_json CHECK (((data)::jsonb IS NOT NULL)),
    CONSTRAINT room_event_device_is_short CHECK (((length(device) >= 1) AND (length(device) <= 64))),
    CONSTRAINT room_event_hash_is_sha256 CHECK ((length(hash) = 32)),
    CONSTRAINT room_event_is_by_somebody CHECK (((length(by_person) >= 1) AND (length(by_person) <= 64))),
    CONSTRAINT room_event_kind_is_words CHECK ((kind ~ '^[a-z]+\.[a-z]+$'::text)),
    CONSTRAINT room_event_seq_counts CHECK ((seq > 0))
);

CREATE TABLE public.room_member (
    room_id uuid NOT NULL,
    person text NOT NULL,
    role text NOT NULL,
    by_person text NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT room_member_is_a_person CHECK ((person ~ '^(guest/)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'::text)),
    CONSTRAINT room_role_is_known CHECK ((role = ANY (ARRAY['moderator'::text, 'expert'::text, 'participant'::text, 'audience'::text, 'guest'::text])))
);

CREATE TABLE public.room_seen (
    room_id uuid NOT NULL,
    person text NOT NULL,
    sop text NOT NULL,
    frame integer NOT NULL,
    first_at timestamp with time zone NOT NULL,
    CONSTRAINT room_seen_frame_counts CHECK ((frame > 0)),
    CONSTRAINT room_seen_sop_is_a_uid CHECK ((sop ~ '^[0-9.]{1,64}$'::text))
);

CREATE UNLOGGED TABLE public.room_signal (
    id bigint NOT NULL,
    room_id uuid NOT NULL,
    to_person text NOT NULL,
    by_person text NOT NULL,
    kind text NOT NULL,
    data text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT room_signal_is_short CHECK ((length(data) <= 65536)),
    CONSTRAINT room_signal_kind_is_known CHECK ((kind = ANY (ARRAY['rtc.offer'::text, 'rtc.answer'::text, 'rtc.ice'::text])))
);

ALTER TABLE public.room_signal ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.room_signal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schema_migration (
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.session (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    account_id uuid NOT NULL,
    token_digest bytea NOT NULL,
    csrf_token text NOT NULL,
    organization_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    second_factor_at timestamp with time zone,
    locked_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT session_end_has_a_reason CHECK (((ended_at IS NULL) = (ended_reason = ''::text))),
    CONSTRAINT session_end_reason_is_known CHECK ((ended_reason = ANY (ARRAY[''::text, 'sign-out'::text, 'switched'::text, 'password'::text, 'disabled'::text]))),
    CONSTRAINT session_token_is_a_digest CHECK ((length(token_digest) = 32))
);

CREATE TABLE public.setup_link (
    token_digest bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.sign_in_attempt (
    username_digest bytea NOT NULL,
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    locked_until timestamp with time zone
);

CREATE VIEW public.statistics_card AS
 SELECT e.card,
    d.organization_id,
    d.patient_id,
    d.decision_id,
    e.client_id,
    e.surface,
    e.shown_to,
    e.shown_at,
    (e.suggestions <> '{}'::jsonb) AS asks,
    r.outcome,
    r.outcome_at,
    r.reason_system,
    r.reason_code,
    COALESCE((m.meanings && ARRAY['recognise-and-cancel'::text, 'recognise-and-trim'::text]), false) AS gives_up,
    COALESCE((m.meanings && ARRAY['recognise-and-trim'::text]), false) AS trims
   FROM (((public.recognition_exposure e
     JOIN LATERAL ( SELECT one.organization_id,
            one.patient_id,
            one.id AS decision_id
           FROM (public.recognition_exposure_decision x
             JOIN public.recognition_decision one ON ((one.id = x.decision_id)))
          WHERE (x.card = e.card)
          ORDER BY one.id
         LIMIT 1) d ON (true))
     LEFT JOIN LATERAL ( SELECT a.outcome,
            a.outcome_at,
            a.reason_system,
            a.reason_code,
            a.accepted
           FROM public.recognition_response a
          WHERE (a.card = e.card)
          ORDER BY a.outcome_at DESC, a.received_at DESC, a.id DESC
         LIMIT 1) r ON (true))
     LEFT JOIN LATERAL ( SELECT array_agg((e.suggestions ->> (one.one)::text)) AS meanings
           FROM unnest(r.accepted) one(one)) m ON (true));

CREATE TABLE public.statistics_decision (
    decision_id uuid NOT NULL,
    written_at timestamp with time zone NOT NULL
);

CREATE TABLE public.statistics_result (
    decision_id uuid NOT NULL,
    item_key text NOT NULL,
    result text NOT NULL,
    piece text NOT NULL,
    organization_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    as_of timestamp with time zone NOT NULL,
    acquiring_id uuid,
    anchor timestamp with time zone,
    verdict text NOT NULL,
    exempt boolean NOT NULL,
    certain boolean NOT NULL,
    offered boolean NOT NULL,
    covered boolean NOT NULL,
    prints_hr boolean NOT NULL,
    grant_id text,
    price bigint,
    modality text NOT NULL,
    body_site text NOT NULL,
    codes text[] NOT NULL
);

CREATE TABLE public.statistics_seal (
    month date NOT NULL,
    version integer NOT NULL,
    content text NOT NULL,
    content_hash text NOT NULL,
    previous_hash text DEFAULT ''::text NOT NULL,
    changes text DEFAULT '[]'::text NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    CONSTRAINT seal_changes_are_json CHECK ((jsonb_typeof((changes)::jsonb) = 'array'::text)),
    CONSTRAINT seal_content_is_json CHECK (((content)::jsonb IS NOT NULL)),
    CONSTRAINT seal_first_has_no_previous CHECK (((version = 1) = (previous_hash = ''::text))),
    CONSTRAINT seal_hash_is_of_its_content CHECK ((content_hash = encode(sha256(convert_to(content, 'UTF8'::name)), 'hex'::text))),
    CONSTRAINT seal_is_of_a_month CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT seal_versions_count_from_one CHECK ((version >= 1))
);

CREATE TABLE public.study_correction (
    id uuid NOT NULL,
    study_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    persons jsonb,
    from_patient_id uuid,
    from_request_id uuid,
    to_patient_id uuid,
    to_request_id uuid,
    proposed_by uuid NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT correction_decided_iff_not_proposed CHECK ((((state = 'proposed'::text) = (decided_at IS NULL)) AND ((decided_at IS NULL) = (decided_by IS NULL)))),
    CONSTRAINT correction_has_four_eyes CHECK (((state <> ALL (ARRAY['confirmed'::text, 'rejected'::text])) OR (decided_by <> proposed_by))),
    CONSTRAINT correction_has_reason CHECK ((reason <> ''::text)),
    CONSTRAINT correction_is_of_its_kind CHECK ((((kind = 'split'::text) = (persons IS NOT NULL)) AND ((kind = 'reassignment'::text) = (to_patient_id IS NOT NULL)))),
    CONSTRAINT correction_is_withdrawn_by_its_proposer CHECK (((state <> 'withdrawn'::text) OR (decided_by = proposed_by))),
    CONSTRAINT correction_kind_is_known CHECK ((kind = ANY (ARRAY['split'::text, 'reassignment'::text]))),
    CONSTRAINT correction_state_is_known CHECK ((state = ANY (ARRAY['proposed'::text, 'confirmed'::text, 'withdrawn'::text, 'rejected'::text])))
);

CREATE TABLE public.teaching_case (
    id uuid NOT NULL,
    consultation_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    proposer_id uuid NOT NULL,
    secret bytea NOT NULL,
    state text DEFAULT 'copying'::text NOT NULL,
    title text NOT NULL,
    teaches text NOT NULL,
    question text NOT NULL,
    opinion text NOT NULL,
    keywords text[] NOT NULL,
    body_part text NOT NULL,
    modalities text[] DEFAULT '{}'::text[] NOT NULL,
    searched text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    fault text DEFAULT ''::text NOT NULL,
    released_by uuid,
    released_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    revision bigint DEFAULT 1 NOT NULL,
    CONSTRAINT teaching_body_part_is_known CHECK ((body_part = ANY (ARRAY['head'::text, 'neck'::text, 'chest'::text, 'heart'::text, 'breast'::text, 'abdomen'::text, 'pelvis'::text, 'spine'::text, 'upper-limb'::text, 'lower-limb'::text, 'vessels'::text, 'whole-body'::text, 'other'::text]))),
    CONSTRAINT teaching_copies_are_due_iff_copying CHECK (((state = 'copying'::text) = (due_at IS NOT NULL))),
    CONSTRAINT teaching_failed_says_why CHECK (((state <> 'failed'::text) OR (fault <> ''::text))),
    CONSTRAINT teaching_fault_is_a_word CHECK ((fault ~ '^[a-z-]{0,64}$'::text)),
    CONSTRAINT teaching_is_released_by_a_second_person CHECK ((released_by <> proposer_id)),
    CONSTRAINT teaching_is_released_by_somebody CHECK (((released_at IS NULL) = (released_by IS NULL))),
    CONSTRAINT teaching_keywords_are_few CHECK (((cardinality(keywords) <= 10) AND (length(searched) <= 20000))),
    CONSTRAINT teaching_released_iff_it_was CHECK (
CASE
    WHEN (state = 'released'::text) THEN (released_at IS NOT NULL)
    WHEN (state = 'withdrawn'::text) THEN true
    ELSE (released_at IS NULL)
END),
    CONSTRAINT teaching_secret_is_long CHECK ((length(secret) = 32)),
    CONSTRAINT teaching_state_is_known CHECK ((state = ANY (ARRAY['copying'::text, 'prepared'::text, 'submitted'::text, 'released'::text, 'refused'::text, 'withdrawn'::text, 'failed'::text]))),
    CONSTRAINT teaching_texts_are_bounded CHECK ((((length(title) >= 1) AND (length(title) <= 100)) AND ((length(teaches) >= 1) AND (length(teaches) <= 2000)) AND ((length(question) >= 1) AND (length(question) <= 4000)) AND ((length(opinion) >= 1) AND (length(opinion) <= 4000)))),
    CONSTRAINT teaching_withdrawn_iff_it_was CHECK (((state = 'withdrawn'::text) = (withdrawn_at IS NOT NULL)))
);

CREATE TABLE public.teaching_image (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    case_id uuid NOT NULL,
    number integer NOT NULL,
    study_number smallint NOT NULL,
    series_number smallint NOT NULL,
    source_id uuid NOT NULL,
    state text DEFAULT 'due'::text NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    digest text DEFAULT ''::text NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    modality text DEFAULT ''::text NOT NULL,
    frames integer DEFAULT 1 NOT NULL,
    rows integer DEFAULT 0 NOT NULL,
    columns integer DEFAULT 0 NOT NULL,
    grounds text[] DEFAULT '{}'::text[] NOT NULL,
    verdict text DEFAULT ''::text NOT NULL,
    looked_by uuid,
    looked_at timestamp with time zone,
    CONSTRAINT teaching_image_copied_iff_there CHECK ((((state = 'copied'::text) = (digest ~ '^[0-9a-f]{64}$'::text)) AND ((state = 'copied'::text) = (size > 0)))),
    CONSTRAINT teaching_image_is_numbered CHECK (((number > 0) AND (study_number > 0) AND (series_number > 0) AND (frames > 0))),
    CONSTRAINT teaching_image_left_out_iff_says_why CHECK (((state = 'left-out'::text) = (why <> ''::text))),
    CONSTRAINT teaching_image_state_is_known CHECK ((state = ANY (ARRAY['due'::text, 'copied'::text, 'left-out'::text]))),
    CONSTRAINT teaching_image_words_are_words CHECK (((why ~ '^[a-z-]{0,64}$'::text) AND (grounds <@ ARRAY['declared'::text, 'device'::text, 'capture'::text, 'unstated'::text, 'text-like'::text]))),
    CONSTRAINT teaching_verdict_is_known CHECK ((verdict = ANY (ARRAY[''::text, 'clear'::text, 'out'::text]))),
    CONSTRAINT teaching_verdict_is_of_a_copy CHECK (((verdict = ''::text) OR (state = 'copied'::text))),
    CONSTRAINT teaching_verdict_is_somebodys CHECK ((((verdict = ''::text) = (looked_by IS NULL)) AND ((looked_by IS NULL) = (looked_at IS NULL))))
);

CREATE TABLE public.teaching_step (
    case_id uuid NOT NULL,
    number integer NOT NULL,
    command text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    by uuid,
    at timestamp with time zone NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT teaching_step_reason_is_short CHECK ((length(reason) <= 500)),
    CONSTRAINT teaching_step_says_why CHECK (((command <> ALL (ARRAY['refuse'::text, 'withdraw'::text])) OR (reason <> ''::text)))
);

ALTER TABLE public.work_item ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.work_item_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT accession_is_unique_per_organization UNIQUE (organization_id, accession_number);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_one_per_practitioner UNIQUE (practitioner_id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_username_is_unique UNIQUE (username);

ALTER TABLE ONLY public.administrator
    ADD CONSTRAINT administrator_pkey PRIMARY KEY (practitioner_id);

ALTER TABLE ONLY public.announced_study
    ADD CONSTRAINT announced_study_pkey PRIMARY KEY (organization_id, study_instance_uid);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_access_once_per_window UNIQUE (access_window);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_link
    ADD CONSTRAINT audit_link_once_per_event UNIQUE (event_id);

ALTER TABLE ONLY public.audit_link
    ADD CONSTRAINT audit_link_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.audit_pending
    ADD CONSTRAINT audit_pending_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.audit_retired
    ADD CONSTRAINT audit_retired_pkey PRIMARY KEY (through);

ALTER TABLE ONLY public.audit_sealer
    ADD CONSTRAINT audit_sealer_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.break_glass_use
    ADD CONSTRAINT break_glass_use_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalogue_version
    ADD CONSTRAINT catalogue_begins_alone_in_its_series UNIQUE (issuer, series, scope_kind, scope_key, first_day);

ALTER TABLE ONLY public.catalogue_version
    ADD CONSTRAINT catalogue_number_is_its_issuers UNIQUE (issuer, number);

ALTER TABLE ONLY public.catalogue_version
    ADD CONSTRAINT catalogue_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.cds_client
    ADD CONSTRAINT cds_client_is_unique UNIQUE (issuer, tenant);

ALTER TABLE ONLY public.cds_client
    ADD CONSTRAINT cds_client_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.cds_jti
    ADD CONSTRAINT cds_jti_is_used_once PRIMARY KEY (client_id, jti);

ALTER TABLE ONLY public.community_membership
    ADD CONSTRAINT community_membership_pkey PRIMARY KEY (organization_id, valid_from);

ALTER TABLE ONLY public.consultation_addendum_answer
    ADD CONSTRAINT consultation_addendum_answer_pkey PRIMARY KEY (consultation_id, version);

ALTER TABLE ONLY public.consultation_addendum_draft
    ADD CONSTRAINT consultation_addendum_draft_pkey PRIMARY KEY (consultation_id, by);

ALTER TABLE ONLY public.consultation_agreement
    ADD CONSTRAINT consultation_agreement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.consultation_consent
    ADD CONSTRAINT consultation_consent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.consultation_draft
    ADD CONSTRAINT consultation_draft_pkey PRIMARY KEY (consultation_id);

ALTER TABLE ONLY public.consultation_marks
    ADD CONSTRAINT consultation_marks_pkey PRIMARY KEY (consultation_id, version, study_id);

ALTER TABLE ONLY public.consultation_marks
    ADD CONSTRAINT consultation_marks_series_uid_key UNIQUE (series_uid);

ALTER TABLE ONLY public.consultation_marks
    ADD CONSTRAINT consultation_marks_sop_uid_key UNIQUE (sop_uid);

ALTER TABLE public.consultation_member
    ADD CONSTRAINT consultation_member_audience_is_agreed_to CHECK (((role <> 'audience'::text) OR (length(consent) > 0))) NOT VALID;

ALTER TABLE ONLY public.consultation_member
    ADD CONSTRAINT consultation_member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.consultation_member_removal
    ADD CONSTRAINT consultation_member_removal_pkey PRIMARY KEY (member_id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_number_key UNIQUE (number);

ALTER TABLE ONLY public.consultation_offer
    ADD CONSTRAINT consultation_offer_pkey PRIMARY KEY (consultation_id, number);

ALTER TABLE ONLY public.consultation_opinion
    ADD CONSTRAINT consultation_opinion_pkey PRIMARY KEY (consultation_id, version);

ALTER TABLE ONLY public.consultation_phone_answer
    ADD CONSTRAINT consultation_phone_answer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.consultation_rating
    ADD CONSTRAINT consultation_rating_pkey PRIMARY KEY (consultation_id);

ALTER TABLE ONLY public.consultation_result
    ADD CONSTRAINT consultation_result_pkey PRIMARY KEY (consultation_id, result);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_room_id_key UNIQUE (room_id);

ALTER TABLE ONLY public.consultation_step
    ADD CONSTRAINT consultation_step_pkey PRIMARY KEY (consultation_id, number);

ALTER TABLE ONLY public.consultation_study
    ADD CONSTRAINT consultation_study_pkey PRIMARY KEY (consultation_id, study_id);

ALTER TABLE ONLY public.correction_notice
    ADD CONSTRAINT correction_notice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_ae_title_is_unique UNIQUE (ae_title);

ALTER TABLE ONLY public.device_clock_sample
    ADD CONSTRAINT device_clock_sample_pkey PRIMARY KEY (device_id, study_id);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.device_seen
    ADD CONSTRAINT device_seen_pkey PRIMARY KEY (ae_title, called_ae, peer_address);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_pkey PRIMARY KEY (work_item_id);

ALTER TABLE ONLY public.duty_check_gap
    ADD CONSTRAINT duty_check_gap_pkey PRIMARY KEY (day, shift_id, reason);

ALTER TABLE ONLY public.duty_check
    ADD CONSTRAINT duty_check_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.duty_shift
    ADD CONSTRAINT duty_shift_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.encounter
    ADD CONSTRAINT encounter_number_is_unique UNIQUE (organization_id, number_system, number);

ALTER TABLE ONLY public.encounter
    ADD CONSTRAINT encounter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.encounter_version
    ADD CONSTRAINT encounter_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.event_consumer
    ADD CONSTRAINT event_consumer_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.event_epoch
    ADD CONSTRAINT event_epoch_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.expert
    ADD CONSTRAINT expert_pkey PRIMARY KEY (practitioner_id);

ALTER TABLE ONLY public.external_result
    ADD CONSTRAINT external_result_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.external_result_withdrawal
    ADD CONSTRAINT external_result_withdrawal_pkey PRIMARY KEY (external_result_id);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_session_digest_key UNIQUE (session_digest);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_session_id_key UNIQUE (session_id);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_token_digest_key UNIQUE (token_digest);

ALTER TABLE ONLY public.his_answer
    ADD CONSTRAINT his_answer_is_given_once PRIMARY KEY (client_id, request_id);

ALTER TABLE ONLY public.his_card
    ADD CONSTRAINT his_card_is_shown_once UNIQUE (card);

ALTER TABLE ONLY public.his_card
    ADD CONSTRAINT his_card_pkey PRIMARY KEY (decision_id);

ALTER TABLE ONLY public.his_launch
    ADD CONSTRAINT his_launch_code_is_unique UNIQUE (code_hash);

ALTER TABLE ONLY public.his_launch
    ADD CONSTRAINT his_launch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.his_page
    ADD CONSTRAINT his_page_pkey PRIMARY KEY (launch_id);

ALTER TABLE ONLY public.his_page
    ADD CONSTRAINT his_page_token_is_unique UNIQUE (token_hash);

ALTER TABLE ONLY public.his_visit_prompt
    ADD CONSTRAINT his_visit_is_prompted_once PRIMARY KEY (client_id, patient_id, visit);

ALTER TABLE ONLY public.patient_identifier
    ADD CONSTRAINT identifier_belongs_to_one_person PRIMARY KEY (issuer, value, claim);

ALTER TABLE ONLY public.identity_link
    ADD CONSTRAINT identity_link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.identity_review_doubt
    ADD CONSTRAINT identity_review_doubt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.identity_review
    ADD CONSTRAINT identity_review_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.image_grade
    ADD CONSTRAINT image_grade_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.image_seen
    ADD CONSTRAINT image_seen_pkey PRIMARY KEY (reading_id, practitioner_id, sop_instance_uid);

ALTER TABLE ONLY public.imaging_association
    ADD CONSTRAINT imaging_association_pkey PRIMARY KEY (association_id, study_id);

ALTER TABLE ONLY public.imaging_encoding
    ADD CONSTRAINT imaging_encoding_pkey PRIMARY KEY (instance_id, digest);

ALTER TABLE ONLY public.imaging_instance
    ADD CONSTRAINT imaging_instance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.imaging_series
    ADD CONSTRAINT imaging_series_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.imaging_statement
    ADD CONSTRAINT imaging_statement_pkey PRIMARY KEY (study_id, statement_key);

ALTER TABLE ONLY public.imaging_study
    ADD CONSTRAINT imaging_study_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.imaging_instance
    ADD CONSTRAINT instance_uid_is_unique UNIQUE (sop_instance_uid);

ALTER TABLE ONLY public.intervening_event
    ADD CONSTRAINT intervening_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.intervening_event_withdrawal
    ADD CONSTRAINT intervening_event_withdrawal_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.laboratory_mapping
    ADD CONSTRAINT laboratory_mapping_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.laboratory_observation
    ADD CONSTRAINT laboratory_observation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.laboratory_remapping
    ADD CONSTRAINT laboratory_remapping_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.laboratory_report
    ADD CONSTRAINT laboratory_report_number_is_unique UNIQUE (organization_id, number_system, number);

ALTER TABLE ONLY public.laboratory_report
    ADD CONSTRAINT laboratory_report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.laboratory_report_version
    ADD CONSTRAINT laboratory_report_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.laboratory_sender
    ADD CONSTRAINT laboratory_sender_is_unique UNIQUE (application, facility);

ALTER TABLE ONLY public.laboratory_sender
    ADD CONSTRAINT laboratory_sender_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.laboratory_sender_seen
    ADD CONSTRAINT laboratory_sender_seen_pkey PRIMARY KEY (application, facility, peer_address);

ALTER TABLE ONLY public.look_back_act
    ADD CONSTRAINT look_back_act_pkey PRIMARY KEY (task_id, number);

ALTER TABLE ONLY public.look_back
    ADD CONSTRAINT look_back_is_made_once UNIQUE (grant_id, begins, known_from);

ALTER TABLE ONLY public.look_back
    ADD CONSTRAINT look_back_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.look_back_task
    ADD CONSTRAINT look_back_task_is_made_once UNIQUE (look_back_id, decision_id);

ALTER TABLE ONLY public.look_back_task
    ADD CONSTRAINT look_back_task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.match_decision
    ADD CONSTRAINT match_decision_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.number_counter
    ADD CONSTRAINT number_counter_pkey PRIMARY KEY (organization_id, kind, day);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_code_is_unique UNIQUE (code);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outgoing_message
    ADD CONSTRAINT outgoing_message_is_said_once UNIQUE (receiver, once);

ALTER TABLE ONLY public.outgoing_message
    ADD CONSTRAINT outgoing_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outgoing_receiver
    ADD CONSTRAINT outgoing_receiver_id_key UNIQUE (id);

ALTER TABLE ONLY public.outgoing_receiver
    ADD CONSTRAINT outgoing_receiver_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.patient_organization
    ADD CONSTRAINT patient_organization_pkey PRIMARY KEY (organization_id, patient_id);

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.picture_link
    ADD CONSTRAINT picture_link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.picture_link
    ADD CONSTRAINT picture_link_token_is_unique UNIQUE (token_digest);

ALTER TABLE ONLY public.practitioner
    ADD CONSTRAINT practitioner_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.practitioner_role
    ADD CONSTRAINT practitioner_role_pkey PRIMARY KEY (practitioner_id, organization_id, role);

ALTER TABLE ONLY public.quality_evaluation
    ADD CONSTRAINT quality_evaluation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quality_fact
    ADD CONSTRAINT quality_fact_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quality_ticket_act
    ADD CONSTRAINT quality_ticket_act_pkey PRIMARY KEY (ticket_id, number);

ALTER TABLE ONLY public.quality_ticket
    ADD CONSTRAINT quality_ticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reading_mode
    ADD CONSTRAINT reading_mode_is_unique UNIQUE NULLS NOT DISTINCT (organization_id, modality, from_hour);

ALTER TABLE ONLY public.reading_mode
    ADD CONSTRAINT reading_mode_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recognition_decision
    ADD CONSTRAINT recognition_decision_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recognition_exposure_decision
    ADD CONSTRAINT recognition_exposure_decision_pkey PRIMARY KEY (card, decision_id);

ALTER TABLE ONLY public.recognition_exposure
    ADD CONSTRAINT recognition_exposure_pkey PRIMARY KEY (card);

ALTER TABLE ONLY public.recognition_grant
    ADD CONSTRAINT recognition_grant_pkey PRIMARY KEY (id, known_from);

ALTER TABLE ONLY public.recognition_knowledge
    ADD CONSTRAINT recognition_knowledge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recognition_response
    ADD CONSTRAINT recognition_response_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recognition_rule_set
    ADD CONSTRAINT recognition_rule_set_pkey PRIMARY KEY (hash);

ALTER TABLE public.quarantine
    ADD CONSTRAINT released_says_why CHECK (((state <> 'released'::text) OR (TRIM(BOTH FROM decision_note) <> ''::text))) NOT VALID;

ALTER TABLE ONLY public.report_code
    ADD CONSTRAINT report_code_one_a_version UNIQUE (report_version_id);

ALTER TABLE ONLY public.report_code
    ADD CONSTRAINT report_code_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.report_discrepancy
    ADD CONSTRAINT report_discrepancy_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_number_is_unique UNIQUE (reading_id, number);

ALTER TABLE ONLY public.report_receipt
    ADD CONSTRAINT report_receipt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_template
    ADD CONSTRAINT report_template_code_is_unique UNIQUE (code);

ALTER TABLE ONLY public.report_template
    ADD CONSTRAINT report_template_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_upload
    ADD CONSTRAINT report_upload_is_queued_once UNIQUE (report_version_id);

ALTER TABLE ONLY public.report_upload
    ADD CONSTRAINT report_upload_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_withdrawal
    ADD CONSTRAINT report_withdrawal_pkey PRIMARY KEY (report_version_id);

ALTER TABLE ONLY public.request_paper
    ADD CONSTRAINT request_paper_pkey PRIMARY KEY (service_request_id, digest);

ALTER TABLE ONLY public.recognition_response
    ADD CONSTRAINT response_is_said_once UNIQUE (card, outcome, outcome_at);

ALTER TABLE ONLY public.result_message
    ADD CONSTRAINT result_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.result_quarantine_act
    ADD CONSTRAINT result_quarantine_act_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.result_quarantine
    ADD CONSTRAINT result_quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.room_device
    ADD CONSTRAINT room_device_pkey PRIMARY KEY (room_id, person);

ALTER TABLE ONLY public.room_event
    ADD CONSTRAINT room_event_command_is_once UNIQUE (room_id, device, cid);

ALTER TABLE ONLY public.room_event
    ADD CONSTRAINT room_event_pkey PRIMARY KEY (room_id, seq);

ALTER TABLE ONLY public.room_member
    ADD CONSTRAINT room_member_pkey PRIMARY KEY (room_id, person);

ALTER TABLE ONLY public.room
    ADD CONSTRAINT room_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.room_seen
    ADD CONSTRAINT room_seen_pkey PRIMARY KEY (room_id, person, sop, frame);

ALTER TABLE ONLY public.room_signal
    ADD CONSTRAINT room_signal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.imaging_series
    ADD CONSTRAINT series_uid_is_unique UNIQUE (series_instance_uid);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_is_unique UNIQUE (token_digest);

ALTER TABLE ONLY public.setup_link
    ADD CONSTRAINT setup_link_pkey PRIMARY KEY (token_digest);

ALTER TABLE ONLY public.sign_in_attempt
    ADD CONSTRAINT sign_in_attempt_pkey PRIMARY KEY (username_digest);

ALTER TABLE ONLY public.site_return
    ADD CONSTRAINT site_return_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.statistics_decision
    ADD CONSTRAINT statistics_decision_pkey PRIMARY KEY (decision_id);

ALTER TABLE ONLY public.statistics_result
    ADD CONSTRAINT statistics_result_pkey PRIMARY KEY (decision_id, item_key, result);

ALTER TABLE ONLY public.statistics_seal
    ADD CONSTRAINT statistics_seal_pkey PRIMARY KEY (month, version);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.imaging_study
    ADD CONSTRAINT study_uid_is_unique UNIQUE (study_instance_uid);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT submission_is_unique UNIQUE (submission_id);

ALTER TABLE ONLY public.teaching_case
    ADD CONSTRAINT teaching_case_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.teaching_case
    ADD CONSTRAINT teaching_case_secret_key UNIQUE (secret);

ALTER TABLE ONLY public.teaching_image
    ADD CONSTRAINT teaching_image_case_id_number_key UNIQUE (case_id, number);

ALTER TABLE ONLY public.teaching_image
    ADD CONSTRAINT teaching_image_case_id_source_id_key UNIQUE (case_id, source_id);

ALTER TABLE ONLY public.teaching_image
    ADD CONSTRAINT teaching_image_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.teaching_step
    ADD CONSTRAINT teaching_step_pkey PRIMARY KEY (case_id, number);

ALTER TABLE ONLY public.quality_ticket
    ADD CONSTRAINT ticket_is_opened_once UNIQUE (card, result, reason_code, said_at);

ALTER TABLE ONLY public.work_item
    ADD CONSTRAINT work_item_pkey PRIMARY KEY (id);

CREATE INDEX announced_study_by_time ON public.announced_study USING btree (announced_at);

CREATE INDEX association_by_study ON public.imaging_association USING btree (study_id);

CREATE INDEX audit_event_by_entity ON public.audit_event USING gin (entities jsonb_path_ops);

CREATE INDEX audit_event_by_person ON public.audit_event USING btree (practitioner_id, at) WHERE (practitioner_id IS NOT NULL);

CREATE INDEX audit_event_by_time ON public.audit_event USING btree (at, id);

CREATE INDEX break_glass_by_person ON public.break_glass_use USING btree (practitioner_id, expires_at) WHERE (ended_at IS NULL);

CREATE INDEX break_glass_by_time ON public.break_glass_use USING btree (opened_at, id);

CREATE INDEX break_glass_to_review ON public.break_glass_use USING btree (opened_at) WHERE (reviewed_at IS NULL);

CREATE INDEX catalogue_by_knowledge ON public.catalogue_version USING btree (installed_at);

CREATE INDEX cds_client_by_origin ON public.cds_client USING gin (allowed_origins) WHERE active;

CREATE INDEX cds_jti_by_age ON public.cds_jti USING btree (expires_at);

CREATE INDEX clock_sample_by_time ON public.device_clock_sample USING btree (device_id, sampled_at);

CREATE INDEX consultation_agreement_of ON public.consultation_agreement USING btree (invited_id, inviting_id);

CREATE INDEX consultation_appointments ON public.consultation USING btree (expert_id, starts_at) WHERE (starts_at IS NOT NULL);

CREATE INDEX consultation_consent_of ON public.consultation_consent USING btree (consultation_id);

CREATE INDEX consultation_due ON public.consultation USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX consultation_marks_due ON public.consultation_marks USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX consultation_member_is ON public.consultation_member USING btree (practitioner_id);

CREATE INDEX consultation_member_of ON public.consultation_member USING btree (consultation_id, added_at);

CREATE INDEX consultation_of_expert ON public.consultation USING btree (expert_id, created_at DESC) WHERE (expert_id IS NOT NULL);

CREATE INDEX consultation_of_inviting ON public.consultation USING btree (organization_id, created_at DESC);

CREATE INDEX consultation_of_patient ON public.consultation USING btree (patient_id);

CREATE UNIQUE INDEX consultation_offer_open ON public.consultation_offer USING btree (consultation_id) WHERE (outcome = ''::text);

CREATE INDEX consultation_open ON public.consultation USING btree (submitted_at) WHERE (state <> ALL (ARRAY['draft'::text, 'archived'::text, 'declined'::text, 'withdrawn'::text, 'converted'::text]));

CREATE INDEX consultation_phone_answer_of ON public.consultation_phone_answer USING btree (consultation_id);

CREATE INDEX correction_by_former_patient ON public.study_correction USING btree (from_patient_id) WHERE (from_patient_id IS NOT NULL);

CREATE INDEX correction_by_organization ON public.study_correction USING btree (organization_id, proposed_at DESC);

CREATE INDEX decision_by_client ON public.recognition_decision USING btree (client_id, decided_at DESC) WHERE (client_id IS NOT NULL);

CREATE INDEX decision_by_grant ON public.recognition_decision USING gin (public.decision_grants(trace));

CREATE INDEX decision_by_organization ON public.recognition_decision USING btree (organization_id, decided_at);

CREATE INDEX decision_by_patient ON public.recognition_decision USING btree (patient_id, decided_at);

CREATE INDEX decision_by_time ON public.recognition_decision USING btree (decided_at, id);

CREATE INDEX device_by_organization ON public.device USING btree (organization_id);

CREATE INDEX discrepancy_by_reading ON public.report_discrepancy USING btree (reading_id);

CREATE INDEX duty_shift_by_time ON public.duty_shift USING btree (department, begins, ends) WHERE (cancelled_at IS NULL);

CREATE INDEX duty_shift_of ON public.duty_shift USING btree (practitioner_id, begins) WHERE (cancelled_at IS NULL);

CREATE INDEX encounter_version_by_day ON public.encounter_version USING btree (began_day, encounter_id) WHERE (began_day IS NOT NULL);

CREATE INDEX encounter_version_by_encounter ON public.encounter_version USING btree (encounter_id, told_at DESC, act_rank DESC, known_from DESC);

CREATE INDEX encounter_version_by_message ON public.encounter_version USING btree (message_id);

CREATE INDEX evaluation_by_organization ON public.quality_evaluation USING btree (organization_id, published_at);

CREATE INDEX event_by_cursor ON public.event USING btree (xid, id);

CREATE INDEX event_result_of_patient ON public.event USING btree (((ids ->> 'patient'::text))) WHERE (kind = ANY (ARRAY['result.received'::text, 'result.remapped'::text]));

CREATE INDEX exposure_by_decision ON public.recognition_exposure_decision USING btree (decision_id);

CREATE INDEX exposure_by_time ON public.recognition_exposure USING btree (shown_at);

CREATE INDEX external_result_by_patient ON public.external_result USING btree (patient_id, recorded_at DESC);

CREATE INDEX grant_by_item ON public.recognition_grant USING btree (item_key, organization_id);

CREATE INDEX grant_by_organization ON public.recognition_grant USING btree (organization_id, known_from);

CREATE INDEX guest_invitation_of ON public.guest_invitation USING btree (consultation_id, invited_at);

CREATE INDEX his_answer_by_age ON public.his_answer USING btree (answered_at);

CREATE INDEX his_card_by_page ON public.his_card USING btree (page_id, place) WHERE (page_id IS NOT NULL);

CREATE INDEX his_card_by_visit ON public.his_card USING btree (client_id, visit, shown_at);

CREATE INDEX identifier_by_patient ON public.patient_identifier USING btree (patient_id);

CREATE INDEX identifier_by_value ON public.patient_identifier USING btree (value);

CREATE INDEX identity_link_by_other ON public.identity_link USING btree (other_patient_id, patient_id, id DESC);

CREATE INDEX identity_link_by_patient ON public.identity_link USING btree (patient_id, other_patient_id, id DESC);

CREATE INDEX identity_review_doubt_by_review ON public.identity_review_doubt USING btree (review_id, id DESC);

CREATE INDEX image_grade_by_study ON public.image_grade USING btree (study_id, id DESC);

CREATE INDEX instance_by_digest ON public.imaging_instance USING btree (digest);

CREATE INDEX instance_by_series ON public.imaging_instance USING btree (series_id);

CREATE INDEX instance_by_study ON public.imaging_instance USING btree (study_id);

CREATE INDEX intervening_event_by_patient ON public.intervening_event USING btree (patient_id, at DESC);

CREATE INDEX knowledge_by_subject ON public.recognition_knowledge USING btree (kind, subject, thing, id DESC);

CREATE INDEX knowledge_by_thing ON public.recognition_knowledge USING btree (kind, thing, id DESC);

CREATE INDEX knowledge_standing ON public.recognition_knowledge USING btree (id) WHERE (kind = ANY (ARRAY['organization'::text, 'grant'::text]));

CREATE INDEX laboratory_mapping_by_observation ON public.laboratory_mapping USING btree (observation_id, id DESC);

CREATE INDEX laboratory_observation_by_item ON public.laboratory_observation USING btree (item_key, collected_at) WHERE (item_key IS NOT NULL);

CREATE INDEX laboratory_observation_by_key ON public.laboratory_observation USING btree (report_id, code_system, code, sub_id, ordered_at DESC, status_rank DESC, known_from DESC);

CREATE INDEX laboratory_observation_by_version ON public.laboratory_observation USING btree (report_version_id);

CREATE INDEX laboratory_report_version_by_message ON public.laboratory_report_version USING btree (message_id);

CREATE INDEX laboratory_report_version_by_patient ON public.laboratory_report_version USING btree (patient_id);

CREATE INDEX laboratory_report_version_by_report ON public.laboratory_report_version USING btree (report_id, ordered_at DESC, status_rank DESC, known_from DESC);

CREATE INDEX laboratory_sender_by_organization ON public.laboratory_sender USING btree (organization_id);

CREATE INDEX look_back_by_organization ON public.look_back USING btree (organization_id, known_from);

CREATE INDEX look_back_task_by_decision ON public.look_back_task USING btree (decision_id);

CREATE INDEX look_back_task_by_time ON public.look_back_task USING btree (opened_at, id);

CREATE INDEX match_decision_by_study ON public.match_decision USING btree (study_id);

CREATE UNIQUE INDEX membership_open_once ON public.community_membership USING btree (organization_id) WHERE (valid_until IS NULL);

CREATE INDEX notice_by_correction ON public.correction_notice USING btree (correction_id);

CREATE UNIQUE INDEX one_final_a_round ON public.report_version USING btree (reading_id, round) WHERE (status = 'final'::text);

CREATE UNIQUE INDEX one_open_correction_a_study ON public.study_correction USING btree (study_id) WHERE (state = 'proposed'::text);

CREATE UNIQUE INDEX one_open_item_a_reading ON public.work_item USING btree (reading_id) WHERE (state = ANY (ARRAY['SCHEDULED'::text, 'IN PROGRESS'::text]));

CREATE UNIQUE INDEX one_open_reading_a_study ON public.reading USING btree (study_id) WHERE (state <> ALL (ARRAY['void'::text, 'canceled'::text]));

CREATE UNIQUE INDEX one_open_site_return_a_reading ON public.site_return USING btree (reading_id) WHERE (state <> 'closed'::text);

CREATE UNIQUE INDEX one_receipt_of_a_kind_an_organization ON public.report_receipt USING btree (report_version_id, kind, organization_id) WHERE (kind = ANY (ARRAY['delivered'::text, 'acknowledged'::text]));

CREATE INDEX organization_by_parent ON public.organization USING btree (parent_id);

CREATE INDEX organization_by_patient ON public.patient_organization USING btree (patient_id);

CREATE INDEX outgoing_message_due ON public.outgoing_message USING btree (receiver, next_at) WHERE (state = 'waiting'::text);

CREATE INDEX outgoing_message_ended ON public.outgoing_message USING btree (ended_at) WHERE (state <> 'waiting'::text);

CREATE INDEX outgoing_message_of ON public.outgoing_message USING btree (subject) WHERE (NOT is_over);

CREATE INDEX patient_by_birth ON public.patient USING btree (birth_date) WHERE (NOT birth_date_estimated);

CREATE INDEX patient_by_mother ON public.patient USING btree (mother_id) WHERE (mother_id IS NOT NULL);

CREATE INDEX patient_by_name ON public.patient USING gin (name_search public.gin_trgm_ops);

CREATE INDEX patient_by_name_and_birth ON public.patient USING btree (name_search, birth_date);

CREATE INDEX patient_by_phone ON public.patient USING btree ("right"(regexp_replace(phone, '[^0-9]'::text, ''::text, 'g'::text), 11)) WHERE (phone <> ''::text);

CREATE INDEX patient_by_pinyin ON public.patient USING gin (name_pinyin public.gin_trgm_ops);

CREATE INDEX patient_by_same_as ON public.patient USING btree (same_as_id) WHERE (same_as_id IS NOT NULL);

CREATE INDEX picture_link_by_card ON public.picture_link USING btree (card);

CREATE INDEX picture_link_by_time ON public.picture_link USING btree (made_at DESC, id DESC);

CREATE INDEX picture_link_by_viewer ON public.picture_link USING btree (viewer_digest) WHERE (viewer_digest IS NOT NULL);

CREATE INDEX picture_link_unopened ON public.picture_link USING btree (use_before) WHERE (opened_at IS NULL);

CREATE INDEX practitioner_by_organization ON public.practitioner USING btree (organization_id);

CREATE UNIQUE INDEX practitioner_staff_number_is_unique ON public.practitioner USING btree (organization_id, staff_number) WHERE (staff_number <> ''::text);

CREATE INDEX quality_fact_by_organization ON public.quality_fact USING btree (organization_id, at);

CREATE INDEX quarantine_by_study ON public.quarantine USING btree (study_id) WHERE (study_id IS NOT NULL);

CREATE UNIQUE INDEX quarantine_once ON public.quarantine USING btree (digest, reason, sop_instance_uid, transfer_syntax_uid) WHERE (state = 'open'::text);

CREATE INDEX quarantine_open ON public.quarantine USING btree (organization_id, received_at DESC) WHERE (state = 'open'::text);

CREATE INDEX reading_by_organization ON public.reading USING btree (organization_id, opened_at DESC);

CREATE INDEX reading_queue ON public.reading USING btree (state, priority_rank, checkup, due_at, id);

CREATE INDEX receipt_by_version ON public.report_receipt USING btree (report_version_id, kind);

CREATE INDEX report_upload_dead ON public.report_upload USING btree (ended_at) WHERE (state = 'dead'::text);

CREATE INDEX report_upload_due ON public.report_upload USING btree (next_at) WHERE (state = 'waiting'::text);

CREATE INDEX report_upload_given_up ON public.report_upload USING btree (ended_at DESC, id DESC) WHERE (state = 'given-up'::text);

CREATE INDEX report_version_by_signature ON public.report_version USING btree (signed_at);

CREATE INDEX request_by_borrowed_card ON public.service_request USING btree (patient_id) WHERE card_mismatch;

CREATE INDEX request_by_day ON public.service_request USING btree (organization_id, registered_at);

CREATE INDEX request_by_patient ON public.service_request USING btree (patient_id);

CREATE INDEX request_by_visit ON public.service_request USING btree (visit_id);

CREATE INDEX result_message_again_by_message ON public.result_message_again USING btree (message_id);

CREATE INDEX result_message_by_time ON public.result_message USING btree (received_at);

CREATE INDEX result_message_of_nobody ON public.result_message USING btree (received_at) WHERE (organization_id IS NULL);

CREATE UNIQUE INDEX result_message_once ON public.result_message USING btree (digest, organization_id) NULLS NOT DISTINCT WHERE (disposition <> 'failed'::text);

CREATE UNIQUE INDEX result_message_once_by_content ON public.result_message USING btree (sender_id, control_id, content_digest) WHERE (disposition <> ALL (ARRAY['failed'::text, 'refused'::text]));

CREATE INDEX result_message_refused ON public.result_message USING btree (received_at DESC, id DESC) WHERE (disposition = 'refused'::text);

CREATE INDEX result_message_table ON public.result_message USING btree (received_at DESC, id DESC) WHERE (format = 'table'::text);

CREATE INDEX result_quarantine_act_by_case ON public.result_quarantine_act USING btree (case_id, id);

CREATE INDEX result_quarantine_by_message ON public.result_quarantine USING btree (message_id);

CREATE INDEX result_quarantine_open ON public.result_quarantine USING btree (organization_id, opened_at DESC) WHERE (state = 'open'::text);

CREATE INDEX review_by_other_patient ON public.identity_review USING btree (other_patient_id);

CREATE INDEX review_by_patient ON public.identity_review USING btree (patient_id);

CREATE UNIQUE INDEX review_open_once ON public.identity_review USING btree (patient_id, other_patient_id) WHERE (state = 'open'::text);

CREATE INDEX room_device_by_due ON public.room_device USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX room_event_of_recordings ON public.room_event USING btree (room_id, seq) WHERE (kind = ANY (ARRAY['rec.start'::text, 'rec.segment'::text, 'rec.stop'::text]));

CREATE INDEX room_member_by_person ON public.room_member USING btree (person, room_id);

CREATE INDEX room_signal_by_receiver ON public.room_signal USING btree (room_id, to_person, id);

CREATE INDEX room_signal_by_time ON public.room_signal USING btree (at);

CREATE INDEX series_by_study ON public.imaging_series USING btree (study_id);

CREATE INDEX service_request_by_registration ON public.service_request USING btree (registered_at);

CREATE INDEX session_open_by_account ON public.session USING btree (account_id) WHERE (ended_at IS NULL);

CREATE INDEX setup_link_by_age ON public.setup_link USING btree (expires_at);

CREATE INDEX sign_in_attempt_by_age ON public.sign_in_attempt USING btree (last_at);

CREATE INDEX site_return_by_due ON public.site_return USING btree (due_at) WHERE ((state <> 'closed'::text) AND (escalated_at IS NULL));

CREATE INDEX statistics_result_by_time ON public.statistics_result USING btree (decided_at, decision_id);

CREATE INDEX study_by_accession ON public.imaging_study USING btree (organization_id, accession_number) WHERE (accession_number <> ''::text);

CREATE INDEX study_by_acquired ON public.imaging_study USING btree (acquired_at DESC);

CREATE INDEX study_by_day ON public.imaging_study USING btree (organization_id, last_received_at);

CREATE INDEX study_by_organization_and_acquired ON public.imaging_study USING btree (organization_id, acquired_at DESC);

CREATE INDEX study_by_origin ON public.imaging_study USING btree (split_from_id) WHERE (split_from_id IS NOT NULL);

CREATE INDEX study_by_patient ON public.imaging_study USING btree (patient_id) WHERE (patient_id IS NOT NULL);

CREATE INDEX study_by_request ON public.imaging_study USING btree (service_request_id) WHERE (service_request_id IS NOT NULL);

CREATE INDEX study_by_source_name ON public.imaging_study USING gin (source_name_search public.gin_trgm_ops);

CREATE INDEX study_by_source_patient ON public.imaging_study USING btree (source_patient_id) WHERE (source_patient_id <> ''::text);

CREATE INDEX study_by_source_pinyin ON public.imaging_study USING gin (source_name_pinyin public.gin_trgm_ops);

CREATE INDEX study_due ON public.imaging_study USING btree (settle_at) WHERE (settle_at IS NOT NULL);

CREATE INDEX study_unmatched ON public.imaging_study USING btree (organization_id, first_received_at) WHERE ((match_state = ANY (ARRAY['none'::text, 'doubtful'::text])) OR (hold <> ''::text));

CREATE INDEX teaching_case_due ON public.teaching_case USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX teaching_case_of_consultation ON public.teaching_case USING btree (consultation_id);

CREATE INDEX teaching_case_of_proposer ON public.teaching_case USING btree (proposer_id, proposed_at DESC, id DESC);

CREATE INDEX teaching_case_released ON public.teaching_case USING btree (released_at DESC, id DESC) WHERE (state = 'released'::text);

CREATE INDEX teaching_case_searched ON public.teaching_case USING gin (searched public.gin_trgm_ops) WHERE (state = 'released'::text);

CREATE INDEX teaching_case_waiting ON public.teaching_case USING btree (proposed_at DESC, id DESC) WHERE (state = 'submitted'::text);

CREATE INDEX ticket_by_organization ON public.quality_ticket USING btree (organization_id, opened_at);

CREATE INDEX ticket_by_time ON public.quality_ticket USING btree (opened_at, id);

CREATE INDEX work_item_by_claimer ON public.work_item USING btree (claimed_by) WHERE (state = 'IN PROGRESS'::text);

CREATE INDEX work_item_by_lease ON public.work_item USING btree (lease_until) WHERE (state = 'IN PROGRESS'::text);

CREATE INDEX work_item_by_reading ON public.work_item USING btree (reading_id, number);

CREATE TRIGGER administrators_are_separate_people AFTER INSERT OR DELETE OR UPDATE ON public.practitioner_role FOR EACH ROW EXECUTE FUNCTION public.keep_administrators_apart();

CREATE TRIGGER audit_event_is_append_only BEFORE DELETE OR UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER audit_event_is_not_truncated BEFORE TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER audit_link_is_append_only BEFORE DELETE OR UPDATE ON public.audit_link FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER audit_link_is_not_truncated BEFORE TRUNCATE ON public.audit_link FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER audit_retired_is_append_only BEFORE DELETE OR UPDATE ON public.audit_retired FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

CREATE TRIGGER break_glass_use_is_kept BEFORE DELETE OR UPDATE ON public.break_glass_use FOR EACH ROW EXECUTE FUNCTION public.keep_break_glass_use();

CREATE TRIGGER break_glass_use_is_never_truncated BEFORE TRUNCATE ON public.break_glass_use FOR EACH STATEMENT EXECUTE FUNCTION public.keep_break_glass_use();

CREATE TRIGGER catalogue_version_is_immutable BEFORE DELETE OR UPDATE ON public.catalogue_version FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER catalogue_version_is_never_truncated BEFORE TRUNCATE ON public.catalogue_version FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_addendum_answer_is_append_only BEFORE DELETE OR UPDATE ON public.consultation_addendum_answer FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_addendum_answer_is_never_truncated BEFORE TRUNCATE ON public.consultation_addendum_answer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_consent_is_append_only BEFORE DELETE OR UPDATE ON public.consultation_consent FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_consent_is_never_truncated BEFORE TRUNCATE ON public.consultation_consent FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_member_is_append_only BEFORE DELETE OR UPDATE ON public.consultation_member FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_member_is_never_truncated BEFORE TRUNCATE ON public.consultation_member FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_member_removal_is_append_only BEFORE DELETE OR UPDATE ON public.consultation_member_removal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_member_removal_is_never_truncated BEFORE TRUNCATE ON public.consultation_member_removal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_opinion_is_append_only BEFORE DELETE OR UPDATE ON public.consultation_opinion FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_opinion_is_never_truncated BEFORE TRUNCATE ON public.consultation_opinion FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_phone_answer_is_append_only BEFORE DELETE OR UPDATE ON public.consultation_phone_answer FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_phone_answer_is_never_truncated BEFORE TRUNCATE ON public.consultation_phone_answer FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_step_is_append_only BEFORE DELETE OR UPDATE ON public.consultation_step FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER consultation_step_is_never_truncated BEFORE TRUNCATE ON public.consultation_step FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER encounter_version_is_immutable BEFORE DELETE OR UPDATE ON public.encounter_version FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER encounter_version_is_never_truncated BEFORE TRUNCATE ON public.encounter_version FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER external_result_is_append_only BEFORE DELETE OR UPDATE ON public.external_result FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER external_result_is_never_truncated BEFORE TRUNCATE ON public.external_result FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER external_result_withdrawal_is_append_only BEFORE DELETE OR UPDATE ON public.external_result_withdrawal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER external_result_withdrawal_is_never_truncated BEFORE TRUNCATE ON public.external_result_withdrawal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_card_is_kept BEFORE DELETE OR UPDATE ON public.his_card FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_card_is_never_truncated BEFORE TRUNCATE ON public.his_card FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_launch_is_kept BEFORE DELETE OR UPDATE ON public.his_launch FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_launch_is_never_truncated BEFORE TRUNCATE ON public.his_launch FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_page_is_kept BEFORE DELETE OR UPDATE ON public.his_page FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_page_is_never_truncated BEFORE TRUNCATE ON public.his_page FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_visit_prompt_is_kept BEFORE DELETE OR UPDATE ON public.his_visit_prompt FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER his_visit_prompt_is_never_truncated BEFORE TRUNCATE ON public.his_visit_prompt FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER identity_link_is_append_only BEFORE DELETE OR UPDATE ON public.identity_link FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER identity_link_is_never_truncated BEFORE TRUNCATE ON public.identity_link FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER identity_review_doubt_is_append_only BEFORE DELETE OR UPDATE ON public.identity_review_doubt FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER identity_review_doubt_is_never_truncated BEFORE TRUNCATE ON public.identity_review_doubt FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER intervening_event_is_append_only BEFORE DELETE OR UPDATE ON public.intervening_event FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER intervening_event_is_never_truncated BEFORE TRUNCATE ON public.intervening_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER intervening_event_withdrawal_is_append_only BEFORE DELETE OR UPDATE ON public.intervening_event_withdrawal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER intervening_event_withdrawal_is_never_truncated BEFORE TRUNCATE ON public.intervening_event_withdrawal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER laboratory_mapping_is_append_only BEFORE DELETE OR UPDATE ON public.laboratory_mapping FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER laboratory_mapping_is_never_truncated BEFORE TRUNCATE ON public.laboratory_mapping FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER laboratory_observation_is_immutable BEFORE DELETE OR UPDATE ON public.laboratory_observation FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER laboratory_observation_is_never_truncated BEFORE TRUNCATE ON public.laboratory_observation FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER laboratory_report_version_is_immutable BEFORE DELETE OR UPDATE ON public.laboratory_report_version FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER laboratory_report_version_is_never_truncated BEFORE TRUNCATE ON public.laboratory_report_version FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER look_back_act_is_immutable BEFORE DELETE OR UPDATE ON public.look_back_act FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER look_back_act_is_never_truncated BEFORE TRUNCATE ON public.look_back_act FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER look_back_is_immutable BEFORE DELETE OR UPDATE ON public.look_back FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER look_back_is_never_truncated BEFORE TRUNCATE ON public.look_back FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER look_back_task_is_immutable BEFORE DELETE OR UPDATE ON public.look_back_task FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER look_back_task_is_never_truncated BEFORE TRUNCATE ON public.look_back_task FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER picture_link_is_opened_once BEFORE UPDATE ON public.picture_link FOR EACH ROW EXECUTE FUNCTION public.keep_picture_link();

CREATE TRIGGER quality_evaluation_is_immutable BEFORE DELETE OR UPDATE ON public.quality_evaluation FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER quality_evaluation_is_never_truncated BEFORE TRUNCATE ON public.quality_evaluation FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER quality_fact_is_immutable BEFORE DELETE OR UPDATE ON public.quality_fact FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER quality_fact_is_never_truncated BEFORE TRUNCATE ON public.quality_fact FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER quality_ticket_act_is_immutable BEFORE DELETE OR UPDATE ON public.quality_ticket_act FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER quality_ticket_act_is_never_truncated BEFORE TRUNCATE ON public.quality_ticket_act FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER quality_ticket_is_immutable BEFORE DELETE OR UPDATE ON public.quality_ticket FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER quality_ticket_is_never_truncated BEFORE TRUNCATE ON public.quality_ticket FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER recognition_decision_is_kept BEFORE DELETE OR UPDATE ON public.recognition_decision FOR EACH ROW EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_decision_is_never_truncated BEFORE TRUNCATE ON public.recognition_decision FOR EACH STATEMENT EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_exposure_decision_is_kept BEFORE DELETE OR UPDATE ON public.recognition_exposure_decision FOR EACH ROW EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_exposure_decision_is_never_truncated BEFORE TRUNCATE ON public.recognition_exposure_decision FOR EACH STATEMENT EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_exposure_is_kept BEFORE DELETE OR UPDATE ON public.recognition_exposure FOR EACH ROW EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_exposure_is_never_truncated BEFORE TRUNCATE ON public.recognition_exposure FOR EACH STATEMENT EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_grant_is_immutable BEFORE DELETE OR UPDATE ON public.recognition_grant FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER recognition_grant_is_never_truncated BEFORE TRUNCATE ON public.recognition_grant FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER recognition_knowledge_is_append_only BEFORE DELETE OR UPDATE ON public.recognition_knowledge FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER recognition_knowledge_is_never_truncated BEFORE TRUNCATE ON public.recognition_knowledge FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER recognition_response_is_kept BEFORE DELETE OR UPDATE ON public.recognition_response FOR EACH ROW EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_response_is_never_truncated BEFORE TRUNCATE ON public.recognition_response FOR EACH STATEMENT EXECUTE FUNCTION public.keep_recognition_ledger();

CREATE TRIGGER recognition_rule_set_is_append_only BEFORE DELETE OR UPDATE ON public.recognition_rule_set FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER recognition_rule_set_is_never_truncated BEFORE TRUNCATE ON public.recognition_rule_set FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER report_receipt_is_immutable BEFORE DELETE OR UPDATE ON public.report_receipt FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER report_version_is_immutable BEFORE DELETE OR UPDATE ON public.report_version FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER report_version_is_never_truncated BEFORE TRUNCATE ON public.report_version FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER result_message_again_is_immutable BEFORE DELETE OR UPDATE ON public.result_message_again FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER result_message_is_immutable BEFORE DELETE OR UPDATE ON public.result_message FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER result_message_is_never_truncated BEFORE TRUNCATE ON public.result_message FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER result_quarantine_act_is_append_only BEFORE DELETE OR UPDATE ON public.result_quarantine_act FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER result_quarantine_act_is_never_truncated BEFORE TRUNCATE ON public.result_quarantine_act FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER room_event_is_append_only BEFORE DELETE OR UPDATE ON public.room_event FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER room_event_is_never_truncated BEFORE TRUNCATE ON public.room_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER room_seen_is_append_only BEFORE DELETE OR UPDATE ON public.room_seen FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER room_seen_is_never_truncated BEFORE TRUNCATE ON public.room_seen FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER statistics_seal_is_append_only BEFORE DELETE OR UPDATE ON public.statistics_seal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER statistics_seal_is_never_truncated BEFORE TRUNCATE ON public.statistics_seal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER teaching_image_stands_as_it_was BEFORE UPDATE ON public.teaching_image FOR EACH ROW EXECUTE FUNCTION public.teaching_image_stands();

CREATE TRIGGER teaching_is_decided_before_it_goes_on BEFORE INSERT OR UPDATE OF state ON public.teaching_case FOR EACH ROW WHEN ((new.state = ANY (ARRAY['submitted'::text, 'released'::text]))) EXECUTE FUNCTION public.teaching_images_are_decided();

CREATE TRIGGER teaching_step_is_append_only BEFORE DELETE OR UPDATE ON public.teaching_step FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER teaching_step_is_never_truncated BEFORE TRUNCATE ON public.teaching_step FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.administrator
    ADD CONSTRAINT administrator_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.announced_study
    ADD CONSTRAINT announced_study_announced_by_fkey FOREIGN KEY (announced_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.announced_study
    ADD CONSTRAINT announced_study_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.audit_pending
    ADD CONSTRAINT audit_pending_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.audit_event(id);

ALTER TABLE ONLY public.break_glass_use
    ADD CONSTRAINT break_glass_use_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.break_glass_use
    ADD CONSTRAINT break_glass_use_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.break_glass_use
    ADD CONSTRAINT break_glass_use_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.break_glass_use
    ADD CONSTRAINT break_glass_use_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.break_glass_use
    ADD CONSTRAINT break_glass_use_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.cds_client
    ADD CONSTRAINT cds_client_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.cds_jti
    ADD CONSTRAINT cds_jti_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.community_membership
    ADD CONSTRAINT community_membership_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.consultation_addendum_answer
    ADD CONSTRAINT consultation_addendum_answer_by_fkey FOREIGN KEY (by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_addendum_answer
    ADD CONSTRAINT consultation_addendum_answer_consultation_id_version_fkey FOREIGN KEY (consultation_id, version) REFERENCES public.consultation_opinion(consultation_id, version);

ALTER TABLE ONLY public.consultation_addendum_draft
    ADD CONSTRAINT consultation_addendum_draft_by_fkey FOREIGN KEY (by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_addendum_draft
    ADD CONSTRAINT consultation_addendum_draft_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_agreement
    ADD CONSTRAINT consultation_agreement_entered_by_fkey FOREIGN KEY (entered_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_agreement
    ADD CONSTRAINT consultation_agreement_invited_id_fkey FOREIGN KEY (invited_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.consultation_agreement
    ADD CONSTRAINT consultation_agreement_inviting_id_fkey FOREIGN KEY (inviting_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.consultation_consent
    ADD CONSTRAINT consultation_consent_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_consent
    ADD CONSTRAINT consultation_consent_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_draft
    ADD CONSTRAINT consultation_draft_by_fkey FOREIGN KEY (by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_draft
    ADD CONSTRAINT consultation_draft_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_expert_id_fkey FOREIGN KEY (expert_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_expert_organization_id_fkey FOREIGN KEY (expert_organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.consultation_marks
    ADD CONSTRAINT consultation_marks_consultation_id_version_fkey FOREIGN KEY (consultation_id, version) REFERENCES public.consultation_opinion(consultation_id, version);

ALTER TABLE ONLY public.consultation_marks
    ADD CONSTRAINT consultation_marks_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.consultation_member
    ADD CONSTRAINT consultation_member_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_member
    ADD CONSTRAINT consultation_member_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_member
    ADD CONSTRAINT consultation_member_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.consultation_member
    ADD CONSTRAINT consultation_member_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_member_removal
    ADD CONSTRAINT consultation_member_removal_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.consultation_member(id);

ALTER TABLE ONLY public.consultation_member_removal
    ADD CONSTRAINT consultation_member_removal_removed_by_fkey FOREIGN KEY (removed_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_offer
    ADD CONSTRAINT consultation_offer_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_offer
    ADD CONSTRAINT consultation_offer_expert_id_fkey FOREIGN KEY (expert_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_offer
    ADD CONSTRAINT consultation_offer_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.consultation_opinion
    ADD CONSTRAINT consultation_opinion_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_opinion
    ADD CONSTRAINT consultation_opinion_signer_id_fkey FOREIGN KEY (signer_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.consultation_phone_answer
    ADD CONSTRAINT consultation_phone_answer_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_phone_answer
    ADD CONSTRAINT consultation_phone_answer_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_rating
    ADD CONSTRAINT consultation_rating_by_fkey FOREIGN KEY (by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_rating
    ADD CONSTRAINT consultation_rating_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_requester_id_fkey FOREIGN KEY (requester_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_result
    ADD CONSTRAINT consultation_result_attached_by_fkey FOREIGN KEY (attached_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_result
    ADD CONSTRAINT consultation_result_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation
    ADD CONSTRAINT consultation_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.room(id);

ALTER TABLE ONLY public.consultation_step
    ADD CONSTRAINT consultation_step_by_fkey FOREIGN KEY (by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_step
    ADD CONSTRAINT consultation_step_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_study
    ADD CONSTRAINT consultation_study_attached_by_fkey FOREIGN KEY (attached_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.consultation_study
    ADD CONSTRAINT consultation_study_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.consultation_study
    ADD CONSTRAINT consultation_study_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.correction_notice
    ADD CONSTRAINT correction_notice_correction_id_fkey FOREIGN KEY (correction_id) REFERENCES public.study_correction(id);

ALTER TABLE ONLY public.correction_notice
    ADD CONSTRAINT correction_notice_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.correction_notice
    ADD CONSTRAINT correction_notice_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.correction_notice
    ADD CONSTRAINT correction_notice_told_by_fkey FOREIGN KEY (told_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.device_clock_sample
    ADD CONSTRAINT device_clock_sample_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.device(id);

ALTER TABLE ONLY public.device_clock_sample
    ADD CONSTRAINT device_clock_sample_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_author_id_fkey FOREIGN KEY (author_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.report_template(id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_work_item_id_fkey FOREIGN KEY (work_item_id) REFERENCES public.work_item(id);

ALTER TABLE ONLY public.duty_check_gap
    ADD CONSTRAINT duty_check_gap_day_fkey FOREIGN KEY (day) REFERENCES public.duty_check(day) ON DELETE CASCADE;

ALTER TABLE ONLY public.duty_check_gap
    ADD CONSTRAINT duty_check_gap_shift_id_fkey FOREIGN KEY (shift_id) REFERENCES public.duty_shift(id);

ALTER TABLE ONLY public.duty_shift
    ADD CONSTRAINT duty_shift_cancelled_by_fkey FOREIGN KEY (cancelled_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.duty_shift
    ADD CONSTRAINT duty_shift_entered_by_fkey FOREIGN KEY (entered_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.duty_shift
    ADD CONSTRAINT duty_shift_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.duty_shift
    ADD CONSTRAINT duty_shift_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.encounter
    ADD CONSTRAINT encounter_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.encounter_version
    ADD CONSTRAINT encounter_version_encounter_id_fkey FOREIGN KEY (encounter_id) REFERENCES public.encounter(id);

ALTER TABLE ONLY public.encounter_version
    ADD CONSTRAINT encounter_version_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.result_message(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.encounter_version
    ADD CONSTRAINT encounter_version_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.expert
    ADD CONSTRAINT expert_changed_by_fkey FOREIGN KEY (changed_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.expert
    ADD CONSTRAINT expert_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.external_result
    ADD CONSTRAINT external_result_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.external_result
    ADD CONSTRAINT external_result_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.external_result_withdrawal
    ADD CONSTRAINT external_result_withdrawal_external_result_id_fkey FOREIGN KEY (external_result_id) REFERENCES public.external_result(id);

ALTER TABLE ONLY public.external_result_withdrawal
    ADD CONSTRAINT external_result_withdrawal_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.room(id);

ALTER TABLE ONLY public.guest_invitation
    ADD CONSTRAINT guest_invitation_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.his_answer
    ADD CONSTRAINT his_answer_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.his_card
    ADD CONSTRAINT his_card_card_fkey FOREIGN KEY (card) REFERENCES public.recognition_exposure(card);

ALTER TABLE ONLY public.his_card
    ADD CONSTRAINT his_card_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.his_card
    ADD CONSTRAINT his_card_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES public.recognition_decision(id);

ALTER TABLE ONLY public.his_card
    ADD CONSTRAINT his_card_page_id_fkey FOREIGN KEY (page_id) REFERENCES public.his_page(launch_id);

ALTER TABLE ONLY public.his_card
    ADD CONSTRAINT his_card_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.his_launch
    ADD CONSTRAINT his_launch_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.his_launch
    ADD CONSTRAINT his_launch_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.his_page
    ADD CONSTRAINT his_page_launch_id_fkey FOREIGN KEY (launch_id) REFERENCES public.his_launch(id);

ALTER TABLE ONLY public.his_visit_prompt
    ADD CONSTRAINT his_visit_prompt_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.his_visit_prompt
    ADD CONSTRAINT his_visit_prompt_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.identity_link
    ADD CONSTRAINT identity_link_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.identity_link
    ADD CONSTRAINT identity_link_other_patient_id_fkey FOREIGN KEY (other_patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.identity_link
    ADD CONSTRAINT identity_link_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.identity_link
    ADD CONSTRAINT identity_link_review_id_fkey FOREIGN KEY (review_id) REFERENCES public.identity_review(id);

ALTER TABLE ONLY public.identity_review
    ADD CONSTRAINT identity_review_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.identity_review_doubt
    ADD CONSTRAINT identity_review_doubt_doubted_by_fkey FOREIGN KEY (doubted_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.identity_review_doubt
    ADD CONSTRAINT identity_review_doubt_review_id_fkey FOREIGN KEY (review_id) REFERENCES public.identity_review(id);

ALTER TABLE ONLY public.identity_review
    ADD CONSTRAINT identity_review_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.identity_review
    ADD CONSTRAINT identity_review_other_patient_id_fkey FOREIGN KEY (other_patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.identity_review
    ADD CONSTRAINT identity_review_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.image_grade
    ADD CONSTRAINT image_grade_graded_by_fkey FOREIGN KEY (graded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.image_grade
    ADD CONSTRAINT image_grade_reading_id_fkey FOREIGN KEY (reading_id) REFERENCES public.reading(id);

ALTER TABLE ONLY public.image_grade
    ADD CONSTRAINT image_grade_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.image_seen
    ADD CONSTRAINT image_seen_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.image_seen
    ADD CONSTRAINT image_seen_reading_id_fkey FOREIGN KEY (reading_id) REFERENCES public.reading(id);

ALTER TABLE ONLY public.imaging_association
    ADD CONSTRAINT imaging_association_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.imaging_encoding
    ADD CONSTRAINT imaging_encoding_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES public.imaging_instance(id);

ALTER TABLE ONLY public.imaging_instance
    ADD CONSTRAINT imaging_instance_series_id_fkey FOREIGN KEY (series_id) REFERENCES public.imaging_series(id);

ALTER TABLE ONLY public.imaging_instance
    ADD CONSTRAINT imaging_instance_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.imaging_series
    ADD CONSTRAINT imaging_series_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.imaging_statement
    ADD CONSTRAINT imaging_statement_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.imaging_study
    ADD CONSTRAINT imaging_study_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.device(id);

ALTER TABLE ONLY public.imaging_study
    ADD CONSTRAINT imaging_study_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.imaging_study
    ADD CONSTRAINT imaging_study_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.imaging_study
    ADD CONSTRAINT imaging_study_service_request_id_fkey FOREIGN KEY (service_request_id) REFERENCES public.service_request(id);

ALTER TABLE ONLY public.imaging_study
    ADD CONSTRAINT imaging_study_split_from_id_fkey FOREIGN KEY (split_from_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.intervening_event
    ADD CONSTRAINT intervening_event_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.intervening_event
    ADD CONSTRAINT intervening_event_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.intervening_event
    ADD CONSTRAINT intervening_event_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.intervening_event
    ADD CONSTRAINT intervening_event_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.intervening_event_withdrawal
    ADD CONSTRAINT intervening_event_withdrawal_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.intervening_event_withdrawal
    ADD CONSTRAINT intervening_event_withdrawal_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.intervening_event(id);

ALTER TABLE ONLY public.intervening_event_withdrawal
    ADD CONSTRAINT intervening_event_withdrawal_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.laboratory_mapping
    ADD CONSTRAINT laboratory_mapping_observation_id_fkey FOREIGN KEY (observation_id) REFERENCES public.laboratory_observation(id);

ALTER TABLE ONLY public.laboratory_observation
    ADD CONSTRAINT laboratory_observation_report_id_fkey FOREIGN KEY (report_id) REFERENCES public.laboratory_report(id);

ALTER TABLE ONLY public.laboratory_observation
    ADD CONSTRAINT laboratory_observation_report_version_id_fkey FOREIGN KEY (report_version_id) REFERENCES public.laboratory_report_version(id);

ALTER TABLE ONLY public.laboratory_report
    ADD CONSTRAINT laboratory_report_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.laboratory_report_version
    ADD CONSTRAINT laboratory_report_version_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.result_message(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.laboratory_report_version
    ADD CONSTRAINT laboratory_report_version_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.laboratory_report_version
    ADD CONSTRAINT laboratory_report_version_report_id_fkey FOREIGN KEY (report_id) REFERENCES public.laboratory_report(id);

ALTER TABLE ONLY public.laboratory_sender
    ADD CONSTRAINT laboratory_sender_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.look_back_act
    ADD CONSTRAINT look_back_act_acted_by_fkey FOREIGN KEY (acted_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.look_back_act
    ADD CONSTRAINT look_back_act_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.look_back_task(id);

ALTER TABLE ONLY public.look_back
    ADD CONSTRAINT look_back_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.look_back_task
    ADD CONSTRAINT look_back_task_look_back_id_fkey FOREIGN KEY (look_back_id) REFERENCES public.look_back(id);

ALTER TABLE ONLY public.match_decision
    ADD CONSTRAINT match_decision_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.match_decision
    ADD CONSTRAINT match_decision_service_request_id_fkey FOREIGN KEY (service_request_id) REFERENCES public.service_request(id);

ALTER TABLE ONLY public.match_decision
    ADD CONSTRAINT match_decision_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.number_counter
    ADD CONSTRAINT number_counter_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.outgoing_message
    ADD CONSTRAINT outgoing_message_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.outgoing_message
    ADD CONSTRAINT outgoing_message_receiver_fkey FOREIGN KEY (receiver) REFERENCES public.outgoing_receiver(name);

ALTER TABLE ONLY public.patient_identifier
    ADD CONSTRAINT patient_identifier_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_mother_id_fkey FOREIGN KEY (mother_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.patient_organization
    ADD CONSTRAINT patient_organization_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.patient_organization
    ADD CONSTRAINT patient_organization_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_same_as_id_fkey FOREIGN KEY (same_as_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.picture_link
    ADD CONSTRAINT picture_link_card_fkey FOREIGN KEY (card) REFERENCES public.recognition_exposure(card);

ALTER TABLE ONLY public.picture_link
    ADD CONSTRAINT picture_link_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.picture_link
    ADD CONSTRAINT picture_link_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.practitioner
    ADD CONSTRAINT practitioner_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.practitioner_role
    ADD CONSTRAINT practitioner_role_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.practitioner_role
    ADD CONSTRAINT practitioner_role_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.quality_evaluation
    ADD CONSTRAINT quality_evaluation_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.quality_evaluation
    ADD CONSTRAINT quality_evaluation_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.quality_fact
    ADD CONSTRAINT quality_fact_evaluation_id_fkey FOREIGN KEY (evaluation_id) REFERENCES public.quality_evaluation(id);

ALTER TABLE ONLY public.quality_fact
    ADD CONSTRAINT quality_fact_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.quality_fact
    ADD CONSTRAINT quality_fact_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.quality_fact
    ADD CONSTRAINT quality_fact_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.quality_ticket_act
    ADD CONSTRAINT quality_ticket_act_acted_by_fkey FOREIGN KEY (acted_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.quality_ticket_act
    ADD CONSTRAINT quality_ticket_act_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES public.quality_ticket(id);

ALTER TABLE ONLY public.quality_ticket
    ADD CONSTRAINT quality_ticket_asking_id_fkey FOREIGN KEY (asking_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.quality_ticket
    ADD CONSTRAINT quality_ticket_card_fkey FOREIGN KEY (card) REFERENCES public.recognition_exposure(card);

ALTER TABLE ONLY public.quality_ticket
    ADD CONSTRAINT quality_ticket_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES public.recognition_decision(id);

ALTER TABLE ONLY public.quality_ticket
    ADD CONSTRAINT quality_ticket_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_author_id_fkey FOREIGN KEY (author_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_current_version_exists FOREIGN KEY (current_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_former_patient_id_fkey FOREIGN KEY (former_patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_former_request_id_fkey FOREIGN KEY (former_request_id) REFERENCES public.service_request(id);

ALTER TABLE ONLY public.reading_mode
    ADD CONSTRAINT reading_mode_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_preliminary_version_exists FOREIGN KEY (preliminary_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_priority_set_by_fkey FOREIGN KEY (priority_set_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.recognition_decision
    ADD CONSTRAINT recognition_decision_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.recognition_decision
    ADD CONSTRAINT recognition_decision_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.recognition_decision
    ADD CONSTRAINT recognition_decision_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.recognition_exposure
    ADD CONSTRAINT recognition_exposure_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.cds_client(id);

ALTER TABLE ONLY public.recognition_exposure_decision
    ADD CONSTRAINT recognition_exposure_decision_card_fkey FOREIGN KEY (card) REFERENCES public.recognition_exposure(card);

ALTER TABLE ONLY public.recognition_exposure_decision
    ADD CONSTRAINT recognition_exposure_decision_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES public.recognition_decision(id);

ALTER TABLE ONLY public.recognition_grant
    ADD CONSTRAINT recognition_grant_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.recognition_grant
    ADD CONSTRAINT recognition_grant_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.recognition_response
    ADD CONSTRAINT recognition_response_card_fkey FOREIGN KEY (card) REFERENCES public.recognition_exposure(card);

ALTER TABLE ONLY public.report_code
    ADD CONSTRAINT report_code_report_version_id_fkey FOREIGN KEY (report_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.report_discrepancy
    ADD CONSTRAINT report_discrepancy_first_version_id_fkey FOREIGN KEY (first_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.report_discrepancy
    ADD CONSTRAINT report_discrepancy_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.report_discrepancy
    ADD CONSTRAINT report_discrepancy_reading_id_fkey FOREIGN KEY (reading_id) REFERENCES public.reading(id);

ALTER TABLE ONLY public.report_discrepancy
    ADD CONSTRAINT report_discrepancy_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.report_discrepancy
    ADD CONSTRAINT report_discrepancy_second_version_id_fkey FOREIGN KEY (second_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.report_receipt
    ADD CONSTRAINT report_receipt_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.report_receipt
    ADD CONSTRAINT report_receipt_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.report_receipt
    ADD CONSTRAINT report_receipt_report_version_id_fkey FOREIGN KEY (report_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.report_template
    ADD CONSTRAINT report_template_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.report_upload
    ADD CONSTRAINT report_upload_given_up_by_fkey FOREIGN KEY (given_up_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.report_upload
    ADD CONSTRAINT report_upload_report_version_id_fkey FOREIGN KEY (report_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_author_id_fkey FOREIGN KEY (author_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_reading_id_fkey FOREIGN KEY (reading_id) REFERENCES public.reading(id);

ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_replaces_id_fkey FOREIGN KEY (replaces_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_verifier_id_fkey FOREIGN KEY (verifier_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.report_version
    ADD CONSTRAINT report_version_work_item_id_fkey FOREIGN KEY (work_item_id) REFERENCES public.work_item(id);

ALTER TABLE ONLY public.report_withdrawal
    ADD CONSTRAINT report_withdrawal_report_version_id_fkey FOREIGN KEY (report_version_id) REFERENCES public.report_version(id);

ALTER TABLE ONLY public.report_withdrawal
    ADD CONSTRAINT report_withdrawal_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.request_paper
    ADD CONSTRAINT request_paper_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.request_paper
    ADD CONSTRAINT request_paper_service_request_id_fkey FOREIGN KEY (service_request_id) REFERENCES public.service_request(id);

ALTER TABLE ONLY public.result_message_again
    ADD CONSTRAINT result_message_again_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.result_message(id);

ALTER TABLE ONLY public.result_message
    ADD CONSTRAINT result_message_brought_by_fkey FOREIGN KEY (brought_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.result_message
    ADD CONSTRAINT result_message_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.result_message
    ADD CONSTRAINT result_message_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES public.laboratory_sender(id);

ALTER TABLE ONLY public.result_quarantine_act
    ADD CONSTRAINT result_quarantine_act_acted_by_fkey FOREIGN KEY (acted_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.result_quarantine_act
    ADD CONSTRAINT result_quarantine_act_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.result_quarantine(id);

ALTER TABLE ONLY public.result_quarantine
    ADD CONSTRAINT result_quarantine_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.result_quarantine
    ADD CONSTRAINT result_quarantine_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.result_message(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.result_quarantine
    ADD CONSTRAINT result_quarantine_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.room_device
    ADD CONSTRAINT room_device_room_id_person_fkey FOREIGN KEY (room_id, person) REFERENCES public.room_member(room_id, person);

ALTER TABLE ONLY public.room_event
    ADD CONSTRAINT room_event_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.room(id);

ALTER TABLE ONLY public.room_member
    ADD CONSTRAINT room_member_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.room(id);

ALTER TABLE ONLY public.room_seen
    ADD CONSTRAINT room_seen_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.room(id);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_registered_by_fkey FOREIGN KEY (registered_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_requester_id_fkey FOREIGN KEY (requester_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.site_return
    ADD CONSTRAINT site_return_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.site_return
    ADD CONSTRAINT site_return_reading_id_fkey FOREIGN KEY (reading_id) REFERENCES public.reading(id);

ALTER TABLE ONLY public.site_return
    ADD CONSTRAINT site_return_returned_by_fkey FOREIGN KEY (returned_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.statistics_decision
    ADD CONSTRAINT statistics_decision_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES public.recognition_decision(id);

ALTER TABLE ONLY public.statistics_result
    ADD CONSTRAINT statistics_result_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES public.recognition_decision(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_from_patient_id_fkey FOREIGN KEY (from_patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_from_request_id_fkey FOREIGN KEY (from_request_id) REFERENCES public.service_request(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.imaging_study(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_to_patient_id_fkey FOREIGN KEY (to_patient_id) REFERENCES public.patient(id);

ALTER TABLE ONLY public.study_correction
    ADD CONSTRAINT study_correction_to_request_id_fkey FOREIGN KEY (to_request_id) REFERENCES public.service_request(id);

ALTER TABLE ONLY public.teaching_case
    ADD CONSTRAINT teaching_case_consultation_id_fkey FOREIGN KEY (consultation_id) REFERENCES public.consultation(id);

ALTER TABLE ONLY public.teaching_case
    ADD CONSTRAINT teaching_case_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.teaching_case
    ADD CONSTRAINT teaching_case_proposer_id_fkey FOREIGN KEY (proposer_id) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.teaching_case
    ADD CONSTRAINT teaching_case_released_by_fkey FOREIGN KEY (released_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.teaching_image
    ADD CONSTRAINT teaching_image_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.teaching_case(id);

ALTER TABLE ONLY public.teaching_image
    ADD CONSTRAINT teaching_image_looked_by_fkey FOREIGN KEY (looked_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.teaching_image
    ADD CONSTRAINT teaching_image_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.imaging_instance(id);

ALTER TABLE ONLY public.teaching_step
    ADD CONSTRAINT teaching_step_by_fkey FOREIGN KEY (by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.teaching_step
    ADD CONSTRAINT teaching_step_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.teaching_case(id);

ALTER TABLE ONLY public.work_item
    ADD CONSTRAINT work_item_assigned_to_fkey FOREIGN KEY (assigned_to) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.work_item
    ADD CONSTRAINT work_item_claimed_by_fkey FOREIGN KEY (claimed_by) REFERENCES public.practitioner(id);

ALTER TABLE ONLY public.work_item
    ADD CONSTRAINT work_item_reading_id_fkey FOREIGN KEY (reading_id) REFERENCES public.reading(id);
