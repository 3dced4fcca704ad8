-- Outside specialists who come into one room by a one-time link.  In the room such a person is guest/<id>.

create table guest_invitation (
    id uuid primary key,
    consultation_id uuid not null references consultation,
    room_id uuid not null references room,
    name text not null,
    institution text not null,
    title text not null,
    licence_number text not null default '',
    phone text not null default '',
    purpose text not null,
    -- SHA-256 of the link's secret, which stands behind the # of its address and nowhere else
    token_digest bytea not null unique constraint guest_token_is_sha256 check (length(token_digest) = 32),
    invited_by uuid not null references practitioner,
    invited_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    -- the one session that the link was exchanged for
    session_id uuid unique,
    session_digest bytea unique constraint guest_session_is_sha256 check (length(session_digest) = 32),
    csrf_token text,
    withdrawn_at timestamptz,
    withdrawn_by uuid references practitioner,
    constraint guest_is_named check (length(name) between 1 and 100 and length(institution) between 1 and 200
        and length(title) between 1 and 100 and length(purpose) between 1 and 500),
    constraint guest_numbers_are_short check (length(licence_number) <= 40 and length(phone) <= 40),
    constraint guest_link_is_bounded check (expires_at > invited_at and expires_at <= invited_at + interval '7 days'),
    constraint guest_session_iff_used check ((used_at is null) = (session_id is null)
        and (used_at is null) = (session_digest is null) and (used_at is null) = (csrf_token is null)),
    constraint guest_link_is_used_in_time check (used_at < expires_at),
    constraint guest_is_withdrawn_by_somebody check ((withdrawn_at is null) = (withdrawn_by is null))
);
create index guest_invitation_of on guest_invitation (consultation_id, invited_at);
