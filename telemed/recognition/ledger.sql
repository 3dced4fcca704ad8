-- name: insert_decision
-- Keep one decision as it was made.
insert into recognition_decision (id, organization_id, client_id, patient_id, order_reference, asked, context, as_of,
    known_at, known_upto, rule_set, engine_version, inputs_hash, trace_hash, verdict, trace, candidates, decided_at)
values (%(id)s::uuid, %(organization_id)s::uuid, %(client_id)s::uuid, %(patient_id)s::uuid,
    %(order_reference)s::text, %(asked)s::text, %(context)s::text, %(as_of)s::timestamptz, %(known_at)s::timestamptz,
    %(known_upto)s::bigint, %(rule_set)s::text, %(engine_version)s::text, %(inputs_hash)s::text, %(trace_hash)s::text, %(verdict)s::text,
    %(trace)s::text, %(candidates)s::text, %(decided_at)s::timestamptz);

-- name: kept_decisions
-- Which of these decisions the ledger holds.
select id from recognition_decision where id = any(%(ids)s::uuid[]);

-- name: insert_exposure
-- Say that a card was shown, of which decisions it speaks.
with shown as (
    insert into recognition_exposure (card, client_id, surface, shown_to, suggestions, shown_at)
    values (%(card)s::uuid, %(client_id)s::uuid, %(surface)s::text, %(shown_to)s::text, %(suggestions)s::jsonb,
            %(shown_at)s::timestamptz)
    returning card
)
insert into recognition_exposure_decision (card, decision_id)
select shown.card, unnest(%(decisions)s::uuid[]) from shown;

-- name: shown_by
-- Which of these cards one client was given, with the suggestions on them.
select card, suggestions from recognition_exposure
where card = any(%(cards)s::uuid[]) and client_id is not distinct from %(client_id)s::uuid;

-- name: insert_response
-- Keep what a person did about a card, once however often it is told.
insert into recognition_response (card, outcome, outcome_at, accepted, reason_system, reason_code, comment,
    received_at)
values (%(card)s::uuid, %(outcome)s::text, %(outcome_at)s::timestamptz, %(accepted)s::uuid[],
    %(reason_system)s::text, %(reason_code)s::text, %(comment)s::text, %(received_at)s::timestamptz)
on conflict (card, outcome, outcome_at) do nothing;

-- name: last_response
-- What counts of all that was said about a card: the act that came last, by the clock of the person who acted.
select card, outcome, outcome_at, accepted, reason_system, reason_code, comment, received_at
from recognition_response where card = %(card)s::uuid
order by outcome_at desc, received_at desc, id desc limit 1;

-- name: page_card
-- A card that was shown on a page of our own, with what could be chosen on it.
select card, shown_to, suggestions from recognition_exposure
where card = %(card)s::uuid and client_id is null and surface = 'page';

-- name: client_card
-- A card that a hospital system without hooks shows, by itself or in the page inside it.
select card, shown_to, suggestions from recognition_exposure
where card = %(card)s::uuid and client_id = %(client_id)s::uuid and surface in ('rest', 'embedded');

-- name: hold_card
-- One answer to a card at a time, so that a second press of the same button is seen as one.
select pg_advisory_xact_lock(hashtextextended(%(card)s::text, 0));
