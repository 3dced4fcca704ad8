-- name: sessions_by_token
-- Open sessions, each with its person, roles at its organisation, the clinics below, the community, and the records that
-- break-glass holds open, with those that are the same person by decision; the studies of consultations to which this
-- person was added.
select s.token_digest, s.id as session_id, s.account_id, s.csrf_token, s.created_at, s.last_seen_at, s.expires_at,
    s.second_factor_at, s.locked_at,
    a.username, a.password_changed_at, a.must_change_password, a.totp_secret is not null as totp_enrolled,
    p.id as practitioner_id, p.name, p.title,
    o.id as organization_id, o.name as organization_name, o.name_en as organization_name_en,
    o.kind as organization_kind,
    array(select r.role from practitioner_role r
          where r.practitioner_id = p.id and r.organization_id = o.id order by r.role) as roles,
    array(select c.id from organization c where c.parent_id = o.id and c.kind = 'village-clinic') as clinics,
    case when o.kind = 'bureau' or exists (
        select from community_membership m where m.organization_id = o.id
        and m.valid_from <= %(today)s and (m.valid_until is null or m.valid_until > %(today)s))
    then array(
        select m.organization_id from community_membership m
        where m.valid_from <= %(today)s and (m.valid_until is null or m.valid_until > %(today)s))
    else '{}'::uuid[] end as community,
    coalesce((
        with recursive record (id, same_as_id, use_id) as (
            select q.id, q.same_as_id, u.id from break_glass_use u join patient q on q.id = u.patient_id
            where u.practitioner_id = p.id and u.organization_id = o.id
                and u.ended_at is null and u.expires_at > %(now)s
            union
            select q.id, q.same_as_id, record.use_id
            from patient q join record on q.same_as_id = record.id or q.id = record.same_as_id)
        select jsonb_object_agg(id, use_id) from record), '{}') as opened,
    coalesce((
        with recursive record (id, same_as_id, consultation_id) as (
            select q.id, q.same_as_id, c.id from consultation c join patient q on q.id = c.patient_id
            where c.expert_id = p.id
                and c.state in ('offered', 'accepted', 'scheduled', 'in-session', 'missed', 'failed')
            union
            select q.id, q.same_as_id, record.consultation_id
            from patient q join record on q.same_as_id = record.id or q.id = record.same_as_id)
        select jsonb_object_agg(id, consultation_id) from record), '{}') as consulted,
    coalesce((
        select jsonb_object_agg(t.study_id, c.id)
        from consultation_member m
        join consultation c on c.id = m.consultation_id
        join consultation_study t on t.consultation_id = c.id
        where m.practitioner_id = p.id and c.state in ('accepted', 'scheduled', 'in-session', 'missed', 'failed')
            and not exists (select from consultation_member_removal x where x.member_id = m.id)), '{}') as joined
from session s
join account a on a.id = s.account_id
join practitioner p on p.id = a.practitioner_id
join organization o on o.id = s.organization_id
where s.token_digest = any(%(digests)s::bytea[]) and s.ended_at is null and a.active and p.active and o.active

-- name: touch_session
-- Note that the session is in use; at most one write a minute.
update session set last_seen_at = %(now)s where id = %(session_id)s and ended_at is null

-- name: open_session
-- Begin a session.
insert into session (id, account_id, token_digest, csrf_token, organization_id, created_at, last_seen_at, expires_at,
    second_factor_at)
values (%(id)s, %(account_id)s, %(digest)s, %(csrf_token)s, %(organization_id)s, %(now)s, %(now)s, %(expires_at)s,
    %(second_factor_at)s)

-- name: end_session
-- End one session.
update session set ended_at = %(now)s, ended_reason = %(reason)s where id = %(session_id)s and ended_at is null

-- name: end_sessions_of_account
-- End every session of an account but one (null: all of them).
update session set ended_at = %(now)s, ended_reason = %(reason)s
where account_id = %(account_id)s and ended_at is null and id is distinct from %(but)s

-- name: lock_session
-- Turn the lock screen on; the first moment counts.
update session set locked_at = coalesce(locked_at, %(now)s) where id = %(session_id)s and ended_at is null

-- name: unlock_session
-- Turn the lock screen off.
update session set locked_at = null, last_seen_at = %(now)s where id = %(session_id)s and ended_at is null

-- name: prove_second_factor
-- Note that this session has proved its second factor.
update session set second_factor_at = %(now)s where id = %(session_id)s and ended_at is null

-- name: purge_sessions
-- Forget sessions long over; the audit keeps who signed in.
delete from session where expires_at < %(before)s

-- name: account_by_username
-- What sign-in compares.
select a.id, a.practitioner_id, a.username, a.password_hash, a.totp_secret, a.totp_pending,
    a.active and p.active and o.active as active, p.organization_id as home_id,
    coalesce((select r.organization_id from practitioner_role r join organization ro on ro.id = r.organization_id
        where r.practitioner_id = p.id and ro.active
        order by r.organization_id = p.organization_id desc, ro.code limit 1), p.organization_id) as organization_id
from account a join practitioner p on p.id = a.practitioner_id join organization o on o.id = p.organization_id
where a.username = %(username)s

-- name: account_by_id
-- The same by id.
select a.id, a.practitioner_id, a.username, a.password_hash, a.totp_secret, a.totp_pending,
    a.active and p.active and o.active as active, p.organization_id as home_id,
    p.organization_id as organization_id
from account a join practitioner p on p.id = a.practitioner_id join organization o on o.id = p.organization_id
where a.id = %(account_id)s

-- name: spend_totp_step
-- Accept a time step once: of two that come with the same code only one finds it later than the last.
update account set totp_last_step = %(step)s where id = %(account_id)s and totp_last_step < %(step)s

-- name: rehash
-- Store the hash under grown parameters, unless the password was changed meanwhile.
update account set password_hash = %(fresh)s where id = %(account_id)s and password_hash = %(old)s

-- name: set_password
-- Set a new password.
update account set password_hash = %(hash)s, password_changed_at = %(now)s, must_change_password = %(must_change)s
where id = %(account_id)s

-- name: offer_totp
-- Keep a secret until its first code proves that the authenticator has it.
update account set totp_pending = %(sealed)s where id = %(account_id)s

-- name: adopt_totp
-- The pending secret becomes the secret, with the step that proved it spent.
update account set totp_secret = totp_pending, totp_pending = null, totp_last_step = %(step)s
where id = %(account_id)s and totp_pending = %(sealed)s

-- name: reset_totp
-- Forget the second factor; the person enrols again at the next sign-in.
update account set totp_secret = null, totp_pending = null where id = %(account_id)s

-- name: set_totp
-- Give an account a second factor directly (set-up and demo).
update account set totp_secret = %(sealed)s, totp_pending = null where id = %(account_id)s

-- name: reserve_attempt
-- Count an attempt before it is checked, so that parallel guesses cannot pass the limit together; no row: refused.
insert into sign_in_attempt as a (username_digest, failures, last_at) values (%(digest)s, 1, %(now)s)
on conflict (username_digest) do update set
    failures = case when a.locked_until is not null or a.last_at < %(forgotten)s then 1 else a.failures + 1 end,
    locked_until = null,
    last_at = %(now)s
where (a.locked_until is null or a.locked_until <= %(now)s)
    and (a.locked_until is not null or a.last_at < %(forgotten)s or a.failures < %(limit)s)
returning failures

-- name: attempts
-- How a name stands.
select failures, locked_until from sign_in_attempt where username_digest = %(digest)s

-- name: confirm_failure
-- A counted attempt was wrong: lock the name once the limit is reached.
update sign_in_attempt set locked_until = %(until)s
where username_digest = %(digest)s and failures >= %(limit)s and locked_until is null
returning failures, locked_until

-- name: release_attempt
-- A counted attempt was right but not yet the whole sign-in: give it back.
update sign_in_attempt set failures = greatest(0, failures - 1) where username_digest = %(digest)s

-- name: forget_attempts
-- A whole sign-in, or the security administrator's unlock: begin anew.
delete from sign_in_attempt where username_digest = %(digest)s

-- name: purge_attempts
-- Forget names nobody has tried for long.
delete from sign_in_attempt where last_at < %(before)s and (locked_until is null or locked_until < %(before)s)

-- name: create_account
-- An account for a person.
insert into account (id, practitioner_id, username, password_hash, password_changed_at, must_change_password)
values (%(id)s, %(practitioner_id)s, %(username)s, %(hash)s, %(now)s, %(must_change)s)

-- name: set_account_active
-- Enable or disable an account.
update account set active = %(active)s where id = %(account_id)s

-- name: accounts
-- Accounts with their people, in one page by name.
select a.id, a.username, a.active, a.must_change_password, a.totp_secret is not null as totp_enrolled,
    a.password_changed_at, p.id as practitioner_id, p.name, p.staff_number, p.organization_id,
    o.name as organization_name,
    coalesce((select jsonb_agg(jsonb_build_object('role', r.role, 'organization_id', r.organization_id)
        order by r.organization_id, r.role) from practitioner_role r where r.practitioner_id = p.id), '[]') as roles,
    (select max(s.created_at) from session s where s.account_id = a.id) as last_sign_in_at,
    (select t.locked_until from sign_in_attempt t
     where t.username_digest = sha256(convert_to(a.username, 'UTF8')) and t.locked_until > %(now)s) as locked_until
from account a join practitioner p on p.id = a.practitioner_id join organization o on o.id = p.organization_id
where (%(organizations)s::uuid[] is null or p.organization_id = any(%(organizations)s::uuid[]))
    and (%(organization_id)s::uuid is null or p.organization_id = %(organization_id)s::uuid)
    and (starts_with(a.username, %(search)s::text) or position(%(search)s::text in p.name) > 0)
    and a.username > %(after)s
order by a.username limit %(limit)s

-- name: person_of_account
-- Where an account belongs.
select a.id, a.username, a.active, p.id as practitioner_id, p.organization_id
from account a join practitioner p on p.id = a.practitioner_id where a.id = %(account_id)s

-- name: person
-- A person and whether there is an account already.
select p.id as practitioner_id, p.name, p.organization_id, p.active,
    exists (select from account a where a.practitioner_id = p.id) as has_account
from practitioner p where p.id = %(practitioner_id)s

-- name: roles_of_person
-- Every role of a person, anywhere.
select role, organization_id from practitioner_role where practitioner_id = %(practitioner_id)s

-- name: add_role
-- Give a role at an organisation.
insert into practitioner_role (practitioner_id, organization_id, role)
values (%(practitioner_id)s, %(organization_id)s, %(role)s) on conflict do nothing

-- name: remove_role
-- Take a role at an organisation.
delete from practitioner_role
where practitioner_id = %(practitioner_id)s and organization_id = %(organization_id)s and role = %(role)s

-- name: licence_of
-- What the licence guard asks.
select p.licence_number as number, p.licence_category as category, p.licence_scope as scope,
    p.licence_expires_on as expires_on, p.active,
    array(select r.role from practitioner_role r where r.practitioner_id = p.id) as roles
from practitioner p where p.id = %(practitioner_id)s

-- name: administrators_exist
-- Whether anybody administers yet.
select exists (select from practitioner_role r join account a on a.practitioner_id = r.practitioner_id
    where r.role = 'system-admin' and a.active) as found

-- name: create_setup_link
-- A link for the first administrators.
insert into setup_link (token_digest, created_at, expires_at) values (%(digest)s, %(now)s, %(expires_at)s)

-- name: spend_setup_link
-- Use the link: once, in time.
update setup_link set used_at = %(now)s
where token_digest = %(digest)s and used_at is null and expires_at > %(now)s

-- name: retire_setup_links
-- A new link makes the older ones void.
delete from setup_link where used_at is null

-- name: purge_setup_links
-- Forget links that nobody can use any more; the audit keeps that they were made and used.
delete from setup_link where expires_at < %(now)s

-- name: first_organization
-- The organisation the first administrators belong to, made if it is not there.
insert into organization (code, name, name_en, kind) values (%(code)s, %(name)s, %(name_en)s, %(kind)s)
on conflict (code) do update set name = excluded.name returning id

-- name: join_community
-- The organisation is a member from today on.
insert into community_membership (organization_id, valid_from) values (%(organization_id)s, %(today)s)
on conflict do nothing

-- name: create_practitioner
-- A person of an organisation.
insert into practitioner (id, organization_id, name, title)
values (%(id)s, %(organization_id)s, %(name)s, %(title)s)
