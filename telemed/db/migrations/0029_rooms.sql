-- Rooms: one log a room in the server's order, its fold, who is in it, with what device, and what each has seen.

create table room (
    id uuid primary key,
    kind text not null constraint room_kind_is_known check (kind in ('consultation', 'conference', 'teaching')),
    -- which life of the log this is: another one after a restore, so that nobody resumes what was lost
    epoch uuid not null default gen_random_uuid(),
    seq bigint not null constraint room_seq_counts check (seq >= 0),
    -- SHA-256 over the hash before and the canonical event; before the first event over the room's id
    head bytea not null constraint room_head_is_sha256 check (length(head) = 32),
    -- the fold of all events up to seq, canonical JSON
    state text not null constraint room_state_is_json check (state::jsonb is not null),
    opened_at timestamptz not null,
    closed_at timestamptz,
    constraint room_closes_after_it_opened check (closed_at is null or closed_at >= opened_at)
);

-- by_person: a practitioner's id, guest/<id>, or system.  device, cid: of the command, by which it is known again.
create table room_event (
    room_id uuid not null references room,
    seq bigint not null constraint room_event_seq_counts check (seq > 0),
    epoch uuid not null,
    at timestamptz not null,
    by_person text not null constraint room_event_is_by_somebody check (length(by_person) between 1 and 64),
    kind text not null constraint room_event_kind_is_words check (kind ~ '^[a-z]+\.[a-z]+$'),
    device text constraint room_event_device_is_short check (length(device) between 1 and 64),
    cid text constraint room_event_cid_is_short check (length(cid) between 1 and 64),
    data text not null constraint room_event_data_is_json check (data::jsonb is not null),
    hash bytea not null constraint room_event_hash_is_sha256 check (length(hash) = 32),
    primary key (room_id, seq),
    constraint room_event_command_is_once unique (room_id, device, cid),
    constraint room_event_command_is_whole check ((device is null) = (cid is null))
);
create trigger room_event_is_append_only before update or delete on room_event
    for each row execute function refuse_change();
create trigger room_event_is_never_truncated before truncate on room_event
    for each statement execute function refuse_change();

-- The roster: who may come in and as what, whether or not they ever did.
create table room_member (
    room_id uuid not null references room,
    person text not null constraint room_member_is_a_person check (
        person ~ '^(guest/)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'),
    role text not null constraint room_role_is_known check (
        role in ('moderator', 'expert', 'participant', 'audience', 'guest')),
    by_person text not null,
    since timestamptz not null,
    primary key (room_id, person)
);
create index room_member_by_person on room_member (person, room_id);

-- The one device that speaks for a person, as a lease: a process that dies renews nothing, and another one says so.
-- generation fences: what an older one sends is refused.  due: what comes next unless something happens before due_at.
create table room_device (
    room_id uuid not null,
    person text not null,
    device text not null constraint room_device_is_short check (length(device) between 1 and 64),
    generation bigint not null constraint room_device_generation_counts check (generation > 0),
    session uuid not null,
    process uuid not null,
    seen_at timestamptz not null,
    lost_at timestamptz,
    due_at timestamptz,
    due text constraint room_device_due_is_known check (due in ('reconnecting', 'release', 'left')),
    primary key (room_id, person),
    foreign key (room_id, person) references room_member,
    constraint room_device_due_has_a_time check ((due_at is null) = (due is null)),
    constraint room_device_is_lost_before_it_leaves check (due is null or (due = 'reconnecting') = (lost_at is null))
);
create index room_device_by_due on room_device (due_at) where due_at is not null;

-- Offers, answers and candidates on their way to one person; nobody asks for them after a minute, or after a crash.
create unlogged table room_signal (
    id bigint primary key generated always as identity,
    room_id uuid not null,
    to_person text not null,
    by_person text not null,
    kind text not null constraint room_signal_kind_is_known check (kind in ('rtc.offer', 'rtc.answer', 'rtc.ice')),
    data text not null constraint room_signal_is_short check (length(data) <= 65536),
    at timestamptz not null
);
create index room_signal_by_receiver on room_signal (room_id, to_person, id);
create index room_signal_by_time on room_signal (at);

-- What was really painted on somebody's screen, and when first.
create table room_seen (
    room_id uuid not null references room,
    person text not null,
    sop text not null constraint room_seen_sop_is_a_uid check (sop ~ '^[0-9.]{1,64}$'),
    frame integer not null constraint room_seen_frame_counts check (frame > 0),
    first_at timestamptz not null,
    primary key (room_id, person, sop, frame)
);
create trigger room_seen_is_append_only before update or delete on room_seen
    for each row execute function refuse_change();
create trigger room_seen_is_never_truncated before truncate on room_seen
    for each statement execute function refuse_change();
