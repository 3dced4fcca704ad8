-- A result of elsewhere that was written down in error is taken back: a row beside it, once; the entry itself stays.
create table external_result_withdrawal (
    external_result_id uuid primary key references external_result,
    reason text not null constraint external_result_withdrawal_has_a_reason check (length(reason) between 1 and 500),
    withdrawn_by uuid not null references practitioner,
    withdrawn_at timestamptz not null
);
create trigger external_result_withdrawal_is_append_only before update or delete on external_result_withdrawal
    for each row execute function refuse_change();
create trigger external_result_withdrawal_is_never_truncated before truncate on external_result_withdrawal
    for each statement execute function refuse_change();
