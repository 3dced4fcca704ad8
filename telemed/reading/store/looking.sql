-- What readers were shown of a study.

-- name: record_seen
-- Add what one person was shown of images of this study; frames that an image does not have are left out.
insert into image_seen as known (reading_id, practitioner_id, series_instance_uid, sop_instance_uid, painted, previewed)
select %(reading_id)s::uuid, %(practitioner_id)s::uuid, s.series_instance_uid, i.sop_instance_uid, f.painted, f.previewed
from unnest(%(uids)s::text[], %(painted)s::text[], %(previewed)s::text[]) as g(uid, painted, previewed)
join imaging_instance i on i.sop_instance_uid = g.uid and i.study_id = %(study_id)s::uuid
join imaging_series s on s.id = i.series_id
cross join lateral (
    select g.painted::int4multirange * int4multirange(int4range(1, i.frames + 1)) as painted,
           g.previewed::int4multirange * int4multirange(int4range(1, i.frames + 1)) as previewed) f
where not isempty(f.painted) or not isempty(f.previewed)
order by i.sop_instance_uid
on conflict (reading_id, practitioner_id, sop_instance_uid) do update
set painted = known.painted + excluded.painted, previewed = known.previewed + excluded.previewed
where not (known.painted @> excluded.painted and known.previewed @> excluded.previewed);

-- name: seen_by
-- What one person was shown of the study of a reading, as frame numbers.
select series_instance_uid, sop_instance_uid,
       array(select generate_series(lower(r), upper(r) - 1) from unnest(painted) as r) as painted,
       array(select generate_series(lower(r), upper(r) - 1) from unnest(previewed) as r) as previewed
from image_seen
where reading_id = %(reading_id)s::uuid and practitioner_id = %(practitioner_id)s::uuid
order by series_instance_uid, sop_instance_uid;

-- name: forget_seen
-- Readings whose report is out, or that came to nothing.
delete from image_seen s using reading r
where r.id = s.reading_id and r.state in ('delivered', 'viewed', 'void', 'canceled');
