-- name: insert
-- Somebody is invited.
insert into guest_invitation (id, consultation_id, room_id, name, institution, title, licence_number, phone, purpose,
    token_digest, invited_by, invited_at, expires_at)
values (%(id)s::uuid, %(consultation_id)s::uuid, %(room_id)s::uuid, %(name)s::text, %(institution)s::text,
    %(title)s::text, %(licence_number)s::text, %(phone)s::text, %(purpose)s::text, %(token_digest)s::bytea,
    %(by)s::uuid, %(now)s::timestamptz, %(expires_at)s::timestamptz);

-- name: number_of_links
-- How many links of a consultation could still let somebody in.
select count(*)::int as number from guest_invitation
where consultation_id = %(consultation_id)s::uuid and withdrawn_at is null and expires_at > %(now)s::timestamptz;

-- name: hold
-- A link that nobody else exchanges or withdraws until this transaction ends.
select id from guest_invitation where token_digest = %(token_digest)s::bytea for update;

-- name: by_secret
-- What a link is, by the hash of its secret.
select g.id, g.consultation_id, g.room_id, g.name, g.institution, g.title, g.purpose, g.invited_at, g.expires_at,
    g.used_at, g.withdrawn_at, r.closed_at, p.name as invited_by_name, o.name as invited_by_institution
from guest_invitation g
join room r on r.id = g.room_id
join practitioner p on p.id = g.invited_by
join organization o on o.id = p.organization_id
where g.token_digest = %(token_digest)s::bytea;

-- name: exchange
-- The session of a link that is held and was found usable.
update guest_invitation set used_at = %(now)s::timestamptz, session_id = %(session_id)s::uuid,
    session_digest = %(session_digest)s::bytea, csrf_token = %(csrf_token)s::text
where id = %(id)s::uuid;

-- name: session
-- The guest of an open session; over with the room, the expiry and the withdrawal.  The studies of the consultation are
-- the guest's to see once somebody inside has let the guest in.
select g.id, g.session_id, g.csrf_token, g.name, g.institution, g.title, g.room_id, g.consultation_id, g.expires_at,
    array(select t.study_id from consultation_study t where t.consultation_id = g.consultation_id
        and r.state::jsonb -> 'members' -> ('guest/' || g.id) @> '{"adm": 1}'
        and r.state::jsonb -> 'members' -> ('guest/' || g.id) ->> 'st' <> 'denied') as studies
from guest_invitation g
join room r on r.id = g.room_id
where g.session_digest = %(session_digest)s::bytea and g.withdrawn_at is null and r.closed_at is null
    and g.expires_at > %(now)s::timestamptz;

-- name: invitations
-- Who was invited to a consultation, in order.
select g.id, g.name, g.institution, g.title, g.licence_number, g.phone, g.purpose, p.name as invited_by_name,
    g.invited_at, g.expires_at, g.used_at, g.withdrawn_at, r.closed_at
from guest_invitation g
join room r on r.id = g.room_id
join practitioner p on p.id = g.invited_by
where g.consultation_id = %(consultation_id)s::uuid order by g.invited_at, g.id;

-- name: withdraw
-- A link that is taken back, and with it the session it was exchanged for.
update guest_invitation set withdrawn_at = %(now)s::timestamptz, withdrawn_by = %(by)s::uuid
where id = %(id)s::uuid and consultation_id = %(consultation_id)s::uuid and withdrawn_at is null
returning id;

-- name: exists
-- Whether an invitation is one of a consultation's.
select id from guest_invitation where id = %(id)s::uuid and consultation_id = %(consultation_id)s::uuid;
