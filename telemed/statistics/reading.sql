-- The bureau's figures of remote reading, by the member that examined (null: the county), one row a count.

-- name: reading
-- 远程诊断: reports first signed in a period whose author works elsewhere than where the patient was examined.
with signed as (
    select q.id, q.organization_id, q.reading_seconds, q.due_at, q.clock_ended_at,
           v.verifier_id is not null and v.verifier_id <> v.author_id as double_signed, v.significance = 'critical' as critical
    from report_version v join reading q on q.id = v.reading_id join practitioner a on a.id = v.author_id
    where v.signed_at >= %(first)s::timestamptz and v.signed_at < %(end)s::timestamptz and v.status = 'final'
      and q.former_patient_id is null and a.organization_id <> q.organization_id
      and not exists (select from report_version b where b.reading_id = v.reading_id and b.status = 'final' and b.number < v.number)
), graded as (
    select s.organization_id, g.grade = 'A' as good
    from (select distinct on (study_id) study_id, grade from image_grade
          where graded_at >= %(first)s::timestamptz and graded_at < %(end)s::timestamptz order by study_id, id desc) g
    join imaging_study s on s.id = g.study_id
), opened as (
    select q.organization_id, exists (select from site_return r where r.reading_id = q.id) as returned
    from reading q
    where q.opened_at >= %(first)s::timestamptz and q.opened_at < %(end)s::timestamptz and q.former_patient_id is null
      and q.mode <> 'self-reported'
), township as (
    select o.id as organization_id, exists (select from signed s where s.organization_id = o.id) as is_read
    from organization o
    where o.kind = 'township-hospital' and exists (
        select from community_membership m where m.organization_id = o.id
          and m.valid_from < (%(end)s::timestamptz at time zone %(zone)s::text)::date
          and (m.valid_until is null or m.valid_until > (%(first)s::timestamptz at time zone %(zone)s::text)::date))
), figure as (
    select organization_id, code, value from signed cross join lateral (values
        ('remote-readings', 1::bigint), ('report-seconds', coalesce(reading_seconds, 0)),
        ('reports-timed', (reading_seconds is not null)::int), ('reports-clocked', (due_at is not null)::int),
        ('reports-on-time', coalesce(clock_ended_at <= due_at, false)::int),
        ('reports-double-signed', double_signed::int), ('critical', critical::int)) as one (code, value)
    union all
    select organization_id, code, value from graded cross join lateral (values
        ('images-graded', 1::bigint), ('images-grade-a', good::int)) as one (code, value)
    union all
    select organization_id, code, value from opened cross join lateral (values
        ('readings-opened', 1::bigint), ('readings-returned', returned::int)) as one (code, value)
    union all
    select organization_id, code, value from township cross join lateral (values
        ('townships', 1::bigint), ('townships-read', is_read::int)) as one (code, value)
)
select organization_id, 'member'::text as cut, ''::text as key, code, sum(value)::bigint as value
from figure group by grouping sets ((organization_id, code), (code)) having sum(value) > 0;
