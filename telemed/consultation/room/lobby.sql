-- name: about
-- What the consultation of a room is about, as far as a message says it.
select urgency, department, organization_id, expert_organization_id from consultation where room_id = %(room)s::uuid;
