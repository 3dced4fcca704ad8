-- 紧急调阅: who opened whose record outside the own scope, why, until when, and what the review said of it.

create table break_glass_use (
    id uuid primary key default gen_random_uuid(),
    practitioner_id uuid not null references practitioner,
    -- where the person worked when opening; the record is open to that person there only
    organization_id uuid not null references organization,
    patient_id uuid not null references patient,
    reason text not null constraint break_glass_reason_is_known check (reason in (
        'life-threatening', 'cannot-tell', 'transfer', 'consultation', 'other')),
    note text not null constraint break_glass_says_why check (length(trim(note)) between 1 and 500),
    opened_at timestamptz not null,
    expires_at timestamptz not null,
    -- closed before its time: by the person, or by who judged it not justified
    ended_at timestamptz,
    ended_by uuid references practitioner,
    verdict text not null default '' constraint break_glass_verdict_is_known check (verdict in (
        '', 'justified', 'not-justified')),
    reviewed_at timestamptz,
    reviewed_by uuid references practitioner
        constraint nobody_reviews_the_own_use check (reviewed_by <> practitioner_id),
    review_note text not null default '',
    constraint break_glass_is_bounded check (expires_at > opened_at and expires_at <= opened_at + interval '1 hour'),
    constraint break_glass_ends_by_somebody check ((ended_at is null) = (ended_by is null)),
    constraint reviewed_iff_judged check (
        (verdict = '') = (reviewed_at is null) and (verdict = '') = (reviewed_by is null)),
    constraint not_justified_says_why check (verdict <> 'not-justified' or trim(review_note) <> '')
);
create index break_glass_by_person on break_glass_use (practitioner_id, expires_at) where ended_at is null;
create index break_glass_to_review on break_glass_use (opened_at) where reviewed_at is null;
create index break_glass_by_time on break_glass_use (opened_at, id);

-- What was done stays: a use is never removed, and only its end and its review are written later.
create function keep_break_glass_use() returns trigger language plpgsql as $$
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
create trigger break_glass_use_is_kept before update or delete on break_glass_use
    for each row execute function keep_break_glass_use();
create trigger break_glass_use_is_never_truncated before truncate on break_glass_use
    for each statement execute function keep_break_glass_use();

-- Letting kept-apart data in is a risk that somebody takes in words; what was released before keeps its silence.
alter table quarantine add constraint released_says_why
    check (state <> 'released' or trim(decision_note) <> '') not valid;

create index setup_link_by_age on setup_link (expires_at);
