-- Remote consultation, as the figures count it.

-- name: courses
-- Consultations sent in a time, between institutions in a scope, as far as they have come.
select c.organization_id, o.name as organization_name, c.expert_organization_id as invited_id,
    coalesce(h.name, '') as invited_name, c.department, c.urgency, c.state, c.submitted_at,
    f.accepted_at, (select min(p.signed_at) from consultation_opinion p where p.consultation_id = c.id) as answered_at,
    coalesce(f.lapsed, 0) as lapsed, coalesce(s.began, false) as began, coalesce(s.failed, false) as failed,
    coalesce(s.appointed, false) as appointed, coalesce(s.missed, false) as missed, c.verdict,
    coalesce(r.stars, 0) as stars
from consultation c
join organization o on o.id = c.organization_id
left join organization h on h.id = c.expert_organization_id
left join lateral (
    select min(i.ended_at) filter (where i.outcome = 'accepted') as accepted_at,
        count(*) filter (where i.outcome = 'lapsed')::int as lapsed
    from consultation_offer i where i.consultation_id = c.id) f on true
left join lateral (
    select bool_or(i.command = 'begin') as began, bool_or(i.command = 'fail') as failed,
        bool_or(i.command = 'schedule') as appointed, bool_or(i.command = 'miss') as missed
    from consultation_step i where i.consultation_id = c.id) s on true
left join consultation_rating r on r.consultation_id = c.id
where c.submitted_at >= %(begins)s::timestamptz and c.submitted_at < %(ends)s::timestamptz
  and (%(everywhere)s::boolean or c.organization_id = any(%(organizations)s::uuid[])
       or c.expert_organization_id = any(%(organizations)s::uuid[]));
