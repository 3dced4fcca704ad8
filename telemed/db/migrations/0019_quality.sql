-- 质量: what came of looking back, as acts that are never changed; which decisions rested on which grants; quality
-- tickets that a doctor's reason opens at whoever produced the images.

create table look_back_act (
    task_id uuid not null references look_back_task,
    number integer not null constraint look_back_act_is_numbered check (number >= 1),
    act text not null constraint look_back_act_is_known check (act in ('done', 'reopened')),
    outcome text not null constraint look_back_finding_is_known check (outcome in (
        '', 'no-consequence', 'repeated', 'patient-told', 'patient-not-found')),
    note text not null constraint look_back_note_is_short check (length(note) <= 1000),
    acted_by uuid not null references practitioner,
    acted_at timestamptz not null,
    primary key (task_id, number),
    constraint done_says_what_came_of_it check ((act = 'done') = (outcome <> '')),
    constraint reopened_says_why check (act = 'done' or note <> '')
);
insert into look_back_act (task_id, number, act, outcome, note, acted_by, acted_at)
select id, 1, 'done', outcome, note, closed_by, closed_at from look_back_task where closed_at is not null;

drop trigger look_back_task_is_kept on look_back_task;
drop function keep_look_back_task();
drop index look_back_open;
alter table look_back_task
    drop constraint look_back_closed_is_whole,
    drop constraint look_back_outcome_is_known,
    drop column outcome, drop column note, drop column closed_by, drop column closed_at;
create index look_back_task_by_time on look_back_task (opened_at, id);
create index look_back_task_by_decision on look_back_task (decision_id);
create trigger look_back_task_is_immutable before update or delete on look_back_task
    for each row execute function refuse_change();
create trigger look_back_act_is_immutable before update or delete on look_back_act
    for each row execute function refuse_change();
create trigger look_back_act_is_never_truncated before truncate on look_back_act
    for each statement execute function refuse_change();

-- The grants that the results of a decision rest on, of its trace.
create function decision_grants(trace text) returns text[] language sql immutable parallel safe
    return array(select jsonb_path_query(trace::jsonb, '$.analytes[*].candidates[*].grant_id') #>> '{}');
create index decision_by_grant on recognition_decision using gin (decision_grants(trace));

-- 影像问题: a doctor's reason T… about one result. organization_id: who produced it. The comment is for the quality
-- officer's eyes; who said it is told to nobody.
create table quality_ticket (
    id uuid primary key,
    card uuid not null references recognition_exposure,
    decision_id uuid not null references recognition_decision,
    result text not null constraint ticket_names_a_result check (length(result) between 1 and 200),
    item_key text not null,
    organization_id uuid not null references organization,
    asking_id uuid not null references organization,
    reason_code text not null constraint ticket_reason_is_technical check (reason_code ~ '^T[1-9]$'),
    comment text not null constraint ticket_comment_is_short check (length(comment) <= 2000),
    said_at timestamptz not null,
    opened_at timestamptz not null,
    constraint ticket_is_opened_once unique (card, result, reason_code, said_at)
);
create index ticket_by_organization on quality_ticket (organization_id, opened_at);
create index ticket_by_time on quality_ticket (opened_at, id);

-- What became of a ticket; state: where the act leaves it. Only the registry retracts, and nobody else does without a
-- name.
create table quality_ticket_act (
    ticket_id uuid not null references quality_ticket,
    number integer not null constraint ticket_act_is_numbered check (number >= 1),
    command text not null,
    state text not null,
    note text not null constraint ticket_note_is_short check (length(note) <= 1000),
    acted_by uuid references practitioner,
    acted_at timestamptz not null,
    primary key (ticket_id, number),
    constraint ticket_command_leads_to_its_state check ((command, state) in (
        ('confirm', 'confirmed'), ('dismiss', 'dismissed'), ('retract', 'retracted'), ('handle', 'handled'),
        ('contest', 'contested'), ('uphold', 'confirmed'))),
    constraint ticket_retracted_by_nobody check ((command = 'retract') = (acted_by is null)),
    constraint ticket_act_says_why check (note <> '' or command in ('confirm', 'retract'))
);
create trigger quality_ticket_is_immutable before update or delete on quality_ticket
    for each row execute function refuse_change();
create trigger quality_ticket_is_never_truncated before truncate on quality_ticket
    for each statement execute function refuse_change();
create trigger quality_ticket_act_is_immutable before update or delete on quality_ticket_act
    for each row execute function refuse_change();
create trigger quality_ticket_act_is_never_truncated before truncate on quality_ticket_act
    for each statement execute function refuse_change();
