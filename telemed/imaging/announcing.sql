-- name: announce
-- Say why a study is about to come; said again, the last word counts.
insert into announced_study (organization_id, study_instance_uid, intent, announced_by, announced_at)
select %(organization_id)s::uuid, uid, %(intent)s::text, %(announced_by)s::uuid, %(now)s::timestamptz
from unnest(%(uids)s::text[]) as uid
on conflict (organization_id, study_instance_uid) do update
set intent = excluded.intent, announced_by = excluded.announced_by, announced_at = excluded.announced_at;

-- name: forget_announcements
-- What was announced so long ago is not coming any more, or has come.
delete from announced_study where announced_at < %(before)s::timestamptz;
