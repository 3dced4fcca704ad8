-- name: hold_request
-- One answer to a request at a time, so that its retry waits for it.
select pg_advisory_xact_lock(hashtextextended(%(client_id)s::text || ' ' || %(request_id)s::text, 0));

-- name: answer
-- What a request was answered.
select asked_hash, answer from his_answer
where client_id = %(client_id)s::uuid and request_id = %(request_id)s::text;

-- name: keep_answer
-- Keep an answer for the retry of its request.
insert into his_answer (client_id, request_id, asked_hash, answer, answered_at)
values (%(client_id)s::uuid, %(request_id)s::text, %(asked_hash)s::text, %(answer)s::text, %(now)s::timestamptz);

-- name: forget_answers
-- Forget answers that nobody waits for any more, a few at a time.
delete from his_answer where (client_id, request_id) in (
    select client_id, request_id from his_answer where answered_at < %(before)s::timestamptz
    order by answered_at limit 100 for update skip locked);

-- name: prompt
-- Interrupt a visit, or note that the province has; no row where somebody has before.
insert into his_visit_prompt (client_id, patient_id, visit, prompted_by, prompted_at)
values (%(client_id)s::uuid, %(patient_id)s::uuid, %(visit)s::text, %(prompted_by)s::text, %(now)s::timestamptz)
on conflict do nothing;

-- name: keep_card
-- Keep a decision as it was shown.
insert into his_card (decision_id, card, page_id, client_id, patient_id, visit, shown_to, place, order_reference, silent,
                      content, shown_at)
values (%(decision_id)s::uuid, %(card)s::uuid, %(page_id)s::uuid, %(client_id)s::uuid, %(patient_id)s::uuid,
        %(visit)s::text, %(shown_to)s::text, %(place)s::integer, %(order_reference)s::text, %(silent)s::text,
        %(content)s::text, %(shown_at)s::timestamptz);

-- name: shown
-- A decision that one system was given.
select decision_id, card, patient_id, visit, shown_to, order_reference, content, shown_at from his_card
where decision_id = %(decision_id)s::uuid and client_id = %(client_id)s::uuid;

-- name: shown_by_card
-- The decision behind a card that one system was given.
select decision_id, card, patient_id, visit, shown_to, order_reference, content, shown_at from his_card
where card = %(card)s::uuid and client_id = %(client_id)s::uuid;

-- name: shown_on_page
-- The decisions on a page, in their order.
select decision_id, card, patient_id, visit, shown_to, order_reference, content, shown_at from his_card
where page_id = %(page_id)s::uuid order by place;

-- name: shown_in_visit
-- The cards of a visit that could be answered, the newest first.
select decision_id, card, patient_id, visit, shown_to, order_reference, content, shown_at from his_card
where client_id = %(client_id)s::uuid and visit = %(visit)s::text and card is not null
order by shown_at desc, place limit %(limit)s::integer;

-- name: answerable
-- The cards of some orders of a visit that could be answered, with the item each was about.
select card, order_reference, content::jsonb #>> '{checked,code,system}' as system,
    content::jsonb #>> '{checked,code,code}' as code
from his_card
where client_id = %(client_id)s::uuid and visit = %(visit)s::text and patient_id = %(patient_id)s::uuid
  and order_reference = any(%(orders)s::text[]) and card is not null;

-- name: last_responses
-- What counts about each of some cards.
select distinct on (card) card, outcome, outcome_at, accepted, reason_system, reason_code, comment, received_at
from recognition_response where card = any(%(cards)s::uuid[])
order by card, outcome_at desc, received_at desc, id desc;

-- name: issue
-- Give leave to open a page once.
insert into his_launch (id, code_hash, client_id, shown_to, patient_id, identity, strip, visit, language, asked,
                        issued_at, expires_at)
values (%(id)s::uuid, %(code_hash)s::text, %(client_id)s::uuid, %(shown_to)s::text, %(patient_id)s::uuid,
        %(identity)s::text, %(strip)s::text, %(visit)s::text, %(language)s::text, %(asked)s::text,
        %(issued_at)s::timestamptz, %(expires_at)s::timestamptz);

-- name: launch_by_code
-- What a code was issued for, and whether it was used.
select l.id, l.client_id, c.allowed_origins, c.active, c.organization_id, l.shown_to, l.patient_id, l.identity, l.strip,
       l.visit, l.language, l.asked, l.expires_at, p.launch_id is not null as opened
from his_launch l join cds_client c on c.id = l.client_id left join his_page p on p.launch_id = l.id
where l.code_hash = %(hash)s::text;

-- name: open_page
-- Exchange a launch for its page; no row where somebody was faster.
insert into his_page (launch_id, token_hash, origin, opened_at, expires_at)
values (%(launch_id)s::uuid, %(token_hash)s::text, %(origin)s::text, %(opened_at)s::timestamptz,
        %(expires_at)s::timestamptz)
on conflict (launch_id) do nothing;

-- name: page_by_token
-- The page whose forms hold a token.
select l.id, l.client_id, c.allowed_origins, c.active, c.organization_id, l.shown_to, l.patient_id, l.identity, l.strip,
       l.visit, l.language, p.origin, p.expires_at
from his_page p join his_launch l on l.id = p.launch_id join cds_client c on c.id = l.client_id
where p.token_hash = %(hash)s::text;
