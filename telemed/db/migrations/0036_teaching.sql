-- 教学病例库: signed cases, de-identified, released by a second person.

-- What is proposed, and what became of it.  secret: what the UIDs of the copies are made with; whoever has it can find the
-- original of a copy, so it leaves the database in no answer.  due_at: the copies are owed, or being made until then.
create table teaching_case (
    id uuid primary key,
    consultation_id uuid not null references consultation,
    organization_id uuid not null references organization,
    proposer_id uuid not null references practitioner,
    secret bytea not null unique,
    state text not null default 'copying',
    title text not null,
    teaches text not null,
    question text not null,
    opinion text not null,
    keywords text[] not null,
    body_part text not null,
    modalities text[] not null default '{}',
    searched text not null,
    proposed_at timestamptz not null,
    due_at timestamptz,
    attempts integer not null default 0,
    fault text not null default '',
    released_by uuid references practitioner,
    released_at timestamptz,
    withdrawn_at timestamptz,
    revision bigint not null default 1,
    constraint teaching_secret_is_long check (length(secret) = 32),
    constraint teaching_state_is_known check (state in ('copying', 'prepared', 'submitted', 'released', 'refused',
        'withdrawn', 'failed')),
    constraint teaching_texts_are_bounded check (length(title) between 1 and 100 and length(teaches) between 1 and 2000
        and length(question) between 1 and 4000 and length(opinion) between 1 and 4000),
    constraint teaching_keywords_are_few check (cardinality(keywords) <= 10 and length(searched) <= 20000),
    constraint teaching_body_part_is_known check (body_part in ('head', 'neck', 'chest', 'heart', 'breast', 'abdomen',
        'pelvis', 'spine', 'upper-limb', 'lower-limb', 'vessels', 'whole-body', 'other')),
    constraint teaching_copies_are_due_iff_copying check ((state = 'copying') = (due_at is not null)),
    constraint teaching_fault_is_a_word check (fault ~ '^[a-z-]{0,64}$'),
    constraint teaching_failed_says_why check (state <> 'failed' or fault <> ''),
    constraint teaching_is_released_by_a_second_person check (released_by <> proposer_id),
    constraint teaching_is_released_by_somebody check ((released_at is null) = (released_by is null)),
    constraint teaching_released_iff_it_was check (case when state = 'released' then released_at is not null
        when state = 'withdrawn' then true else released_at is null end),
    constraint teaching_withdrawn_iff_it_was check ((state = 'withdrawn') = (withdrawn_at is not null))
);
create index teaching_case_due on teaching_case (due_at) where due_at is not null;
create index teaching_case_of_proposer on teaching_case (proposer_id, proposed_at desc, id desc);
create index teaching_case_of_consultation on teaching_case (consultation_id);
create index teaching_case_waiting on teaching_case (proposed_at desc, id desc) where state = 'submitted';
create index teaching_case_released on teaching_case (released_at desc, id desc) where state = 'released';
create index teaching_case_searched on teaching_case using gin (searched gin_trgm_ops) where state = 'released';

-- An image of a case: the original, known here alone, and the copy, a file of its own.  verdict: of a person who looked.
create table teaching_image (
    id uuid primary key default gen_random_uuid(),
    case_id uuid not null references teaching_case,
    number integer not null,
    study_number smallint not null,
    series_number smallint not null,
    source_id uuid not null references imaging_instance,
    state text not null default 'due',
    why text not null default '',
    digest text not null default '',
    size bigint not null default 0,
    modality text not null default '',
    frames integer not null default 1,
    rows integer not null default 0,
    columns integer not null default 0,
    grounds text[] not null default '{}',
    verdict text not null default '',
    looked_by uuid references practitioner,
    looked_at timestamptz,
    unique (case_id, number),
    unique (case_id, source_id),
    constraint teaching_image_state_is_known check (state in ('due', 'copied', 'left-out')),
    constraint teaching_image_copied_iff_there check ((state = 'copied') = (digest ~ '^[0-9a-f]{64}$')
        and (state = 'copied') = (size > 0)),
    constraint teaching_image_left_out_iff_says_why check ((state = 'left-out') = (why <> '')),
    constraint teaching_image_words_are_words check (why ~ '^[a-z-]{0,64}$'
        and grounds <@ array['declared', 'device', 'capture', 'unstated', 'text-like']),
    constraint teaching_verdict_is_known check (verdict in ('', 'clear', 'out')),
    constraint teaching_verdict_is_of_a_copy check (verdict = '' or state = 'copied'),
    constraint teaching_verdict_is_somebodys check ((verdict = '') = (looked_by is null)
        and (looked_by is null) = (looked_at is null)),
    constraint teaching_image_is_numbered check (number > 0 and study_number > 0 and series_number > 0 and frames > 0)
);

-- Every step ever taken.  by: null where the copies were made, or could not be.
create table teaching_step (
    case_id uuid not null references teaching_case,
    number integer not null,
    command text not null,
    from_state text not null,
    to_state text not null,
    by uuid references practitioner,
    at timestamptz not null,
    reason text not null default '',
    primary key (case_id, number),
    constraint teaching_step_reason_is_short check (length(reason) <= 500),
    constraint teaching_step_says_why check (command not in ('refuse', 'withdraw') or reason <> '')
);
create trigger teaching_step_is_append_only before update or delete on teaching_step
    for each row execute function refuse_change();
create trigger teaching_step_is_never_truncated before truncate on teaching_step
    for each statement execute function refuse_change();

-- Nothing is put before the second person, nor released, while an image is undecided, is not copied yet, or none is kept.
create function teaching_images_are_decided() returns trigger language plpgsql as $$
begin
    if exists (select from teaching_image i where i.case_id = new.id
            and (i.state = 'due' or (i.state = 'copied' and i.grounds <> '{}' and i.verdict = '')))
        or not exists (select from teaching_image i where i.case_id = new.id and i.state = 'copied' and i.verdict <> 'out')
    then
        raise exception 'teaching case with undecided images' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger teaching_is_decided_before_it_goes_on before insert or update of state on teaching_case
    for each row when (new.state in ('submitted', 'released')) execute function teaching_images_are_decided();

-- What a second person looks at, and what readers see, is not judged anew meanwhile; a copy is never another file.
create function teaching_image_stands() returns trigger language plpgsql as $$
begin
    if old.digest <> '' and (old.digest, old.size, old.source_id, old.case_id, old.grounds)
        is distinct from (new.digest, new.size, new.source_id, new.case_id, new.grounds)
        or exists (select from teaching_case c where c.id = new.case_id and c.state in ('submitted', 'released'))
    then
        raise exception 'teaching image that stands' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger teaching_image_stands_as_it_was before update on teaching_image
    for each row execute function teaching_image_stands();
