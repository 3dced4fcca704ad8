-- name: taken
-- Messages of a sender that a start before this one has sent.
select m.control_id
from result_message m join organization o on o.id = m.organization_id
where o.code = %(organization)s::text and m.control_id = any(%(control_ids)s::text[]);
