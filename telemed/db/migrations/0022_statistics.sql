-- Statistics of recognition: what each decision found, written out once for counting, and the figures of sealed months.

-- One result in one decision, as its trace has it: derived from rows that never change, and made anew from them by
-- emptying both tables. What is counted is read from here, so that a month is an index range and no trace is parsed
-- twice.
create table statistics_result (
    decision_id uuid not null references recognition_decision,
    item_key text not null,
    -- the candidate's id, and the 份 it belongs to: a laboratory report, an imaging study
    result text not null,
    piece text not null,
    organization_id uuid not null,
    patient_id uuid not null,
    decided_at timestamptz not null,
    as_of timestamptz not null,
    acquiring_id uuid,
    -- when it was collected or acquired; null where that is not certain
    anchor timestamptz,
    verdict text not null,
    exempt boolean not null,
    -- identity, code and status are beyond doubt: it is an existing final result of this patient
    certain boolean not null,
    -- the best of its item, and one that may be relied on: what an answer 互认 recognises
    offered boolean not null,
    covered boolean not null,
    prints_hr boolean not null,
    grant_id text,
    -- fen, of the document the verdict rests on; null where that is not installed
    price bigint,
    modality text not null,
    body_site text not null,
    -- system|code under which the same examination would be found again
    codes text[] not null,
    primary key (decision_id, item_key, result)
);
create index statistics_result_by_time on statistics_result (decided_at, decision_id);

-- Which decisions have been written out.
create table statistics_decision (
    decision_id uuid primary key references recognition_decision,
    written_at timestamptz not null
);

-- One card with what counts of all that was said about it: the act that came last, by the clock of the person who acted.
-- asks: something could be chosen on it.  gives_up, trims: what was chosen leaves the order, or a part of it, undone.
create view statistics_card as
select e.card, d.organization_id, d.patient_id, d.decision_id, e.client_id, e.surface, e.shown_to, e.shown_at,
       e.suggestions <> '{}'::jsonb as asks, r.outcome, r.outcome_at, r.reason_system, r.reason_code,
       coalesce(m.meanings && array['recognise-and-cancel', 'recognise-and-trim'], false) as gives_up,
       coalesce(m.meanings && array['recognise-and-trim'], false) as trims
from recognition_exposure e
join lateral (
    select one.organization_id, one.patient_id, one.id as decision_id
    from recognition_exposure_decision x join recognition_decision one on one.id = x.decision_id
    where x.card = e.card order by one.id limit 1
) d on true
left join lateral (
    select a.outcome, a.outcome_at, a.reason_system, a.reason_code, a.accepted
    from recognition_response a where a.card = e.card
    order by a.outcome_at desc, a.received_at desc, a.id desc limit 1
) r on true
left join lateral (
    select array_agg(e.suggestions ->> one::text) as meanings from unnest(r.accepted) one
) m on true;

create index service_request_by_registration on service_request (registered_at);
create index report_version_by_signature on report_version (signed_at);

-- The figures of one month as they were sealed; a correction is a new version, and no version is ever changed.
create table statistics_seal (
    month date not null constraint seal_is_of_a_month check (extract(day from month) = 1),
    version integer not null constraint seal_versions_count_from_one check (version >= 1),
    -- canonical JSON: definitions, parameters and every figure
    content text not null constraint seal_content_is_json check (content::jsonb is not null),
    content_hash text not null,
    -- of the version before; '' of the first
    previous_hash text not null default '',
    -- what differs from the version before and why, as JSON
    changes text not null default '[]' constraint seal_changes_are_json check (jsonb_typeof(changes::jsonb) = 'array'),
    sealed_at timestamptz not null,
    primary key (month, version),
    constraint seal_hash_is_of_its_content check (content_hash = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    constraint seal_first_has_no_previous check ((version = 1) = (previous_hash = ''))
);
create trigger statistics_seal_is_append_only before update or delete on statistics_seal
    for each row execute function refuse_change();
create trigger statistics_seal_is_never_truncated before truncate on statistics_seal
    for each statement execute function refuse_change();
