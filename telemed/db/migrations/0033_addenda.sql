-- What comes after a signed opinion: addenda, what the inviting side makes of each, the marks in the study as DICOM SR.

-- An addendum is a version of its own: the first version's text again, unchanged, and what is added to it and why.
alter table consultation_opinion add column reason text not null default '';
alter table consultation_opinion add column addendum text not null default '';
alter table consultation_opinion add constraint consultation_addendum_says_what_and_why
    check ((version = 1) = (reason = '') and (version = 1) = (addendum = ''));

-- What is being added, not signed yet; it is emptied and counted on when it is signed, so that no old window writes over it.
create table consultation_addendum_draft (
    consultation_id uuid not null references consultation,
    by uuid not null references practitioner,
    reason text not null,
    addendum text not null,
    revision bigint not null default 1,
    at timestamptz not null,
    primary key (consultation_id, by),
    constraint addendum_draft_is_bounded check (length(reason) <= 500 and length(addendum) <= 4000)
);

-- What the inviting side makes of an addendum.  One signed before the decision is answered by the decision itself.
create table consultation_addendum_answer (
    consultation_id uuid not null,
    version smallint not null,
    verdict text not null,
    reason text not null default '',
    by uuid not null references practitioner,
    at timestamptz not null,
    primary key (consultation_id, version),
    foreign key (consultation_id, version) references consultation_opinion,
    constraint addendum_answer_is_of_an_addendum check (version > 1),
    constraint addendum_verdict_is_known check (verdict in ('adopted', 'partly', 'not-adopted')),
    constraint addendum_verdict_says_why check (verdict = 'adopted' or reason <> ''),
    constraint addendum_reason_is_short check (length(reason) <= 2000)
);
create trigger consultation_addendum_answer_is_append_only before update or delete on consultation_addendum_answer
    for each row execute function refuse_change();
create trigger consultation_addendum_answer_is_never_truncated before truncate on consultation_addendum_answer
    for each statement execute function refuse_change();

-- Documents that the county itself put into a study: among its instances, no images that somebody sent late.
alter table imaging_study add column documents integer not null default 0;

-- 标注: what is to be put into a study as a DICOM SR once an opinion is signed, and what became of it.  The UIDs are given
-- with the signature, so that whoever tries again writes the same object.  follows: the SR that this one adds to.
create table consultation_marks (
    consultation_id uuid not null,
    version smallint not null,
    study_id uuid not null references imaging_study,
    series_uid text not null unique,
    sop_uid text not null unique,
    follows text not null default '',
    marks integer not null,
    left_out integer not null default 0,
    state text not null default 'pending',
    attempts integer not null default 0,
    due_at timestamptz,
    reason text not null default '',
    digest text not null default '',
    size bigint not null default 0,
    stored_at timestamptz,
    primary key (consultation_id, version, study_id),
    foreign key (consultation_id, version) references consultation_opinion,
    constraint marks_state_is_known check (state in ('pending', 'stored', 'failed')),
    constraint marks_are_due_iff_pending check ((state = 'pending') = (due_at is not null)),
    constraint marks_are_known_iff_stored check ((state = 'stored') = (stored_at is not null)
        and (state = 'stored') = (digest <> '')),
    constraint marks_that_failed_say_why check (state <> 'failed' or reason <> ''),
    constraint marks_are_some check (marks > 0 and left_out between 0 and marks),
    constraint marks_reason_is_a_word check (reason ~ '^[a-z-]{0,64}$')
);
create index consultation_marks_due on consultation_marks (due_at) where due_at is not null;
