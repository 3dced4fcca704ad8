-- What happened to a patient and makes an earlier result doubtful (practice 7): told by a person or a hospital system.

create table intervening_event (
    -- chosen by who tells it, so that telling it twice is telling it once
    id uuid primary key,
    patient_id uuid not null references patient,
    kind text not null constraint intervening_event_kind_is_known check (kind in (
        'surgery', 'transfusion', 'thrombolysis', 'chemotherapy', 'dialysis', 'trauma', 'condition-change')),
    at timestamptz not null,
    note text not null default '' constraint intervening_event_note_is_short check (length(note) <= 500),
    organization_id uuid not null references organization,
    recorded_by uuid references practitioner,
    client_id uuid references cds_client,
    recorded_at timestamptz not null,
    constraint intervening_event_is_told_by_one check (num_nonnulls(recorded_by, client_id) = 1)
);
create index intervening_event_by_patient on intervening_event (patient_id, at desc);

create table intervening_event_withdrawal (
    event_id uuid primary key references intervening_event,
    reason text not null constraint intervening_event_withdrawal_has_a_reason check (length(reason) between 1 and 500),
    withdrawn_by uuid references practitioner,
    client_id uuid references cds_client,
    withdrawn_at timestamptz not null,
    constraint intervening_event_is_withdrawn_by_one check (num_nonnulls(withdrawn_by, client_id) = 1)
);

create trigger intervening_event_is_append_only before update or delete on intervening_event
    for each row execute function refuse_change();
create trigger intervening_event_is_never_truncated before truncate on intervening_event
    for each statement execute function refuse_change();
create trigger intervening_event_withdrawal_is_append_only before update or delete on intervening_event_withdrawal
    for each row execute function refuse_change();
create trigger intervening_event_withdrawal_is_never_truncated before truncate on intervening_event_withdrawal
    for each statement execute function refuse_change();
