-- Which records are one person: facts about pairs, never changed or removed; and the keys by which a like record is found.

-- A record as it stands, whole: its row, its numbers, who knows it.
create function patient_snapshot(one uuid) returns jsonb language sql stable as $$
    select to_jsonb(p) || jsonb_build_object(
        'identifiers', (select coalesce(jsonb_agg(to_jsonb(i) order by i.issuer, i.value, i.claim), '[]')
                        from patient_identifier i where i.patient_id = p.id),
        'organizations', (select coalesce(jsonb_agg(o.organization_id order by o.organization_id), '[]')
                          from patient_organization o where o.patient_id = p.id))
    from patient p where p.id = one
$$;

create table identity_link (
    id bigint generated always as identity primary key,
    -- the two in the order of their ids, whichever was met first
    patient_id uuid not null references patient,
    other_patient_id uuid not null references patient,
    -- the newest fact of a pair stands; unlinked: nothing is said of the two any more
    fact text not null constraint link_fact_is_known check (fact in ('linked', 'unlinked', 'never-link')),
    -- matched: by the rule alone; reviewed: a person decided; taken-back: a person took the fact before back
    ground text not null constraint link_ground_is_known check (ground in ('matched', 'reviewed', 'taken-back')),
    -- codes of telemed/patients/matching.py
    findings text[] not null default '{}',
    note text not null default '',
    -- both records as they stood before this fact
    snapshot jsonb not null,
    -- taken back: what of either record has changed since the fact that is taken back, as patient.phone or other.phone
    changed text[] not null default '{}',
    review_id uuid references identity_review,
    decided_by uuid references practitioner,
    recorded_at timestamptz not null,
    constraint link_is_of_two_in_order check (patient_id < other_patient_id),
    constraint link_is_decided_or_matched check ((ground = 'matched') = (decided_by is null)),
    constraint only_a_link_is_matched check (ground <> 'matched' or fact = 'linked'),
    constraint unlinked_iff_taken_back check ((fact = 'unlinked') = (ground = 'taken-back'))
);
create index identity_link_by_patient on identity_link (patient_id, other_patient_id, id desc);
create index identity_link_by_other on identity_link (other_patient_id, patient_id, id desc);
create trigger identity_link_is_append_only before update or delete on identity_link
    for each row execute function refuse_change();
create trigger identity_link_is_never_truncated before truncate on identity_link
    for each statement execute function refuse_change();

-- possible-match: found by matching, a person decides; matched: linked by the rule alone, for taking it back
alter table identity_review
    drop constraint review_reason_is_known,
    add constraint review_reason_is_known check (reason in (
        'number-contradicts', 'card-mismatch', 'same-name', 'possible-match', 'matched'));
create index review_by_patient on identity_review (patient_id);
create index review_by_other_patient on identity_review (other_patient_id);

-- What was decided before there were facts.
insert into identity_link (patient_id, other_patient_id, fact, ground, note, snapshot, review_id, decided_by, recorded_at)
select least(r.patient_id, r.other_patient_id), greatest(r.patient_id, r.other_patient_id),
       case r.state when 'same-person' then 'linked' else 'never-link' end, 'reviewed', r.note,
       jsonb_build_object(
           'patient', patient_snapshot(least(r.patient_id, r.other_patient_id)) || '{"same_as_id": null}',
           'other', patient_snapshot(greatest(r.patient_id, r.other_patient_id)) || '{"same_as_id": null}'),
       r.id, r.decided_by, r.decided_at
from identity_review r where r.state <> 'open' and r.decided_by is not null
order by r.decided_at, r.id;

-- Blocking keys: who may be the same person is found by one of these among 400,000.
create index patient_by_name_and_birth on patient (name_search, birth_date);
drop index patient_by_exact_name;
create index patient_by_birth on patient (birth_date) where not birth_date_estimated;
create index patient_by_phone on patient (right(regexp_replace(phone, '[^0-9]', '', 'g'), 11)) where phone <> '';
create index request_by_borrowed_card on service_request (patient_id) where card_mismatch;
create index patient_by_mother on patient (mother_id) where mother_id is not null;
