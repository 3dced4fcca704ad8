-- The daily look at who is on duty.

-- name: claim
-- Today's look; no row where it was made.
insert into duty_check (day, checked_at) values (%(day)s::date, %(now)s::timestamptz) on conflict (day) do nothing
returning day;

-- name: again
-- Today's look anew.
insert into duty_check (day, checked_at) values (%(day)s::date, %(now)s::timestamptz)
on conflict (day) do update set checked_at = excluded.checked_at returning day;

-- name: clear
-- What today's look had found, before it is found anew.
delete from duty_check_gap where day = %(day)s::date;

-- name: on_duty
-- Turns of duty that touch a time, with what is known of whoever has them.
select s.id, s.organization_id, s.department, s.ends,
    (s.phone <> '' or s.backup_phone <> '' or p.phone <> '' or o.phone <> '') as has_telephone, p.active,
    a.id is not null as has_account, coalesce(a.active, false) as account_active, e.departments,
    coalesce(e.accepts, false) as accepts, e.since, coalesce(p.licence_number, '') as licence_number,
    coalesce(p.licence_category, '') as licence_category, coalesce(p.licence_scope, '') as licence_scope,
    p.licence_expires_on
from duty_shift s
join practitioner p on p.id = s.practitioner_id
join organization o on o.id = s.organization_id
left join account a on a.practitioner_id = p.id
left join expert e on e.practitioner_id = p.id
where s.cancelled_at is null and s.begins < %(until)s::timestamptz and s.ends > %(now)s::timestamptz
order by s.begins, s.id;

-- name: gap
-- Something in the way of a turn of duty.
insert into duty_check_gap (day, shift_id, reason) values (%(day)s::date, %(shift_id)s::uuid, %(reason)s::text);

-- name: checked
-- When today's look was made.
select day, checked_at from duty_check where day = %(day)s::date;

-- name: gaps
-- What a look found of turns that are not over and not cancelled, of institutions in scope.
select s.id as shift_id, s.department, s.line, p.name as practitioner_name, o.name as organization_name, s.begins,
    s.ends, array_agg(g.reason order by g.reason) as reasons
from duty_check_gap g join duty_shift s on s.id = g.shift_id
join practitioner p on p.id = s.practitioner_id join organization o on o.id = s.organization_id
where g.day = %(day)s::date and s.cancelled_at is null and s.ends > %(now)s::timestamptz
  and (%(organizations)s::uuid[] is null or s.organization_id = any(%(organizations)s::uuid[]))
group by s.id, p.name, o.name order by s.begins, s.department, s.line;
