-- name: notices
-- Consultations that concern somebody and are open, or ended a short while ago; nothing of a patient.
select c.id, c.state, c.urgency, c.department, c.organization_id, o.name as organization_name, c.requester_id,
    c.expert_id, c.due_at, c.starts_at, c.reminded_at, c.room_id,
    coalesce((select s.by = %(person)s::uuid from consultation_step s where s.consultation_id = c.id
        order by s.number desc limit 1), false) as by_me
from consultation c join organization o on o.id = c.organization_id
where (%(everywhere)s::boolean or c.organization_id = any(%(organizations)s::uuid[])
       or c.requester_id = %(person)s::uuid
       or exists (select from consultation_offer f where f.consultation_id = c.id and f.expert_id = %(person)s::uuid))
  and c.state not in ('draft', 'archived') and (c.ended_at is null or c.ended_at > %(since)s::timestamptz)
order by c.created_at desc, c.id desc limit 500;
