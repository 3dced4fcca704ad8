-- Colleagues and an audience of a consultation (多学科会诊): who was added by whom, when and why; who was taken out again.

create table consultation_member (
    id uuid primary key,
    consultation_id uuid not null references consultation,
    practitioner_id uuid not null references practitioner,
    -- where the person worked when added
    organization_id uuid not null references organization,
    role text not null,
    reason text not null,
    -- what spoke against it in an emergency
    concerns text[] not null default '{}',
    added_by uuid not null references practitioner,
    added_at timestamptz not null,
    constraint consultation_member_role_is_known check (role in ('participant', 'audience')),
    constraint consultation_member_is_added_for_a_reason check (length(reason) between 1 and 500)
);
create index consultation_member_of on consultation_member (consultation_id, added_at);
create index consultation_member_is on consultation_member (practitioner_id);
create trigger consultation_member_is_append_only before update or delete on consultation_member
    for each row execute function refuse_change();
create trigger consultation_member_is_never_truncated before truncate on consultation_member
    for each statement execute function refuse_change();

create table consultation_member_removal (
    member_id uuid primary key references consultation_member,
    reason text not null,
    removed_by uuid not null references practitioner,
    removed_at timestamptz not null,
    constraint consultation_member_removal_says_why check (length(reason) between 1 and 500)
);
create trigger consultation_member_removal_is_append_only before update or delete on consultation_member_removal
    for each row execute function refuse_change();
create trigger consultation_member_removal_is_never_truncated before truncate on consultation_member_removal
    for each statement execute function refuse_change();
