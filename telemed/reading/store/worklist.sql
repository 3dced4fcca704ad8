-- name: overview
-- One reading as the lists show it.
select * from reading_overview where id = %(id)s;

-- name: overview_by_study
-- The readings of a study, the open one first.
select * from reading_overview where study_id = %(study_id)s order by state in ('void', 'canceled'), opened_at desc;

-- name: open_work
-- Open work by urgency, then by what is left of the allowed time; searching: of whom the terms may mean.
select * from reading_overview
where state = any(%(states)s)
  and (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))
  and (not %(stat)s::boolean or priority = 'stat')
  and (%(checkup)s::boolean is null or checkup = %(checkup)s)
  and (%(mine)s::uuid is null or claimed_by = %(mine)s or assigned_to = %(mine)s
       or (author_id = %(mine)s and state in ('awaiting-verification', 'awaiting-formal-review')))
  and (%(not_by)s::uuid is null or author_id is distinct from %(not_by)s)
  and (%(modality)s = '' or %(modality)s = any(modalities))
  and (%(organization_id)s::uuid is null or organization_id = %(organization_id)s)
  and (not %(searching)s::boolean or exists (
      select from imaging_study s
      left join patient p on p.id = s.patient_id
      left join service_request q on q.id = s.service_request_id
      where s.id = study_id
        and ((%(key)s::text <> '' and coalesce(p.name_search, s.source_name_search) like %(key_pattern)s::text)
             or (%(reading)s::text <> ''
                 and coalesce(p.name_pinyin, s.source_name_pinyin) like %(reading_pattern)s::text)
             or (%(number)s::text <> ''
                 and ((length(%(number)s::text) >= 4
                       and position(%(number)s::text in translate(
                           upper(coalesce(q.accession_number, s.accession_number)), ' -', '')) > 0)
                      or (p.id is null and translate(upper(s.source_patient_id), ' -', '') = %(number)s::text)
                      or exists (select from patient_identifier i
                                 where i.patient_id = p.id and i.value = %(number)s::text and i.kind <> 'device'))))))
  and (%(after_id)s::uuid is null or (priority_rank, checkup, coalesce(due_at, 'infinity'), id)
       > (%(after_rank)s::smallint, %(after_checkup)s::boolean, %(after_due)s::timestamptz, %(after_id)s::uuid))
order by priority_rank, checkup, coalesce(due_at, 'infinity'), id
limit %(limit)s;

-- name: issued_work
-- Reports issued since a moment, newest first; searching: of whom the terms may mean.
select * from reading_overview
where state = any(%(states)s)
  and signed_at >= %(since)s
  and (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))
  and (%(modality)s = '' or %(modality)s = any(modalities))
  and (%(organization_id)s::uuid is null or organization_id = %(organization_id)s)
  and (not %(searching)s::boolean or exists (
      select from imaging_study s
      left join patient p on p.id = s.patient_id
      left join service_request q on q.id = s.service_request_id
      where s.id = study_id
        and ((%(key)s::text <> '' and coalesce(p.name_search, s.source_name_search) like %(key_pattern)s::text)
             or (%(reading)s::text <> ''
                 and coalesce(p.name_pinyin, s.source_name_pinyin) like %(reading_pattern)s::text)
             or (%(number)s::text <> ''
                 and ((length(%(number)s::text) >= 4
                       and position(%(number)s::text in translate(
                           upper(coalesce(q.accession_number, s.accession_number)), ' -', '')) > 0)
                      or (p.id is null and translate(upper(s.source_patient_id), ' -', '') = %(number)s::text)
                      or exists (select from patient_identifier i
                                 where i.patient_id = p.id and i.value = %(number)s::text and i.kind <> 'device'))))))
  and (%(after_id)s::uuid is null or (signed_at, id) < (%(after_due)s::timestamptz, %(after_id)s::uuid))
order by signed_at desc, id desc
limit %(limit)s;

-- name: counts
-- How many readings each saved view has.
select count(*) filter (where state = any(%(open)s) and not checkup)::integer as todo,
       count(*) filter (where state = any(%(open)s) and priority = 'stat')::integer as stat,
       count(*) filter (where state = any(%(open)s)
           and (claimed_by = %(me)s or assigned_to = %(me)s
                or (author_id = %(me)s and state in ('awaiting-verification', 'awaiting-formal-review'))))::integer as mine,
       count(*) filter (where state in ('awaiting-verification', 'awaiting-formal-review', 'verifying')
           and author_id is distinct from %(me)s)::integer as verification,
       count(*) filter (where state in ('returned', 'returned-to-site'))::integer as returned,
       count(*) filter (where state in ('on-hold', 'needs-recheck'))::integer as attention,
       count(*) filter (where state = any(%(open)s) and checkup)::integer as checkup,
       count(*) filter (where state in ('receiving', 'awaiting-match'))::integer as receiving,
       count(*) filter (where state = any(%(issued)s) and signed_at >= %(since)s)::integer as signed_today,
       count(*) filter (where state in ('delivered', 'viewed') and signed_at >= %(since)s)::integer as delivered_today
from reading_overview
where (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))
  and (state = any(%(open)s) or signed_at >= %(since)s);

-- name: medians
-- Today's median reading time by group, with the allowed time most of the group has.
select case when priority = 'stat' then 'stat' when modalities && '{CT,MR}'::text[] then 'ct-mr' else 'dr' end as name,
       percentile_cont(0.5) within group (order by reading_seconds)::integer as seconds,
       mode() within group (order by allowed_minutes) as allowed_minutes
from reading_overview
where reading_seconds is not null and clock_ended_at >= %(since)s and not checkup
  and (%(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))
group by 1;

-- name: priors
-- Other studies of the patient: same site and modality first, newest first.
select s.id, s.study_instance_uid, s.modalities, s.description, coalesce(q.item, s.description) as item,
       coalesce(q.body_site, s.body_site) as body_site, s.acquired_at,
       s.instance_count - s.documents as instance_count, o.name as organization_name,
       r.current_version_id as report_id,
       (coalesce(q.body_site, s.body_site) = %(body_site)s) as same_site,
       (s.modalities && %(modalities)s::text[]) as same_modality
from imaging_study s
join organization o on o.id = s.organization_id
left join service_request q on q.id = s.service_request_id
left join reading r on r.study_id = s.id and r.state not in ('void', 'canceled')
where s.patient_id = %(patient_id)s and s.id <> %(study_id)s
order by (coalesce(q.body_site, s.body_site) = %(body_site)s) desc, (s.modalities && %(modalities)s::text[]) desc,
         s.acquired_at desc nulls last
limit 50;

-- name: request_of_reading
-- What was asked, by whom, with which history: of a reading whose study is of another patient now, what it was made for.
select q.id, q.accession_number, q.item, q.body_site, q.laterality, q.encounter_class, q.priority, q.emergency_class,
       q.history, q.purpose, q.prior_surgery, q.pregnancy, q.requester_name, q.department, q.technician_name,
       q.registered_at
from reading r
join imaging_study s on s.id = r.study_id
join service_request q
    on q.id = case when r.former_patient_id is null then s.service_request_id else r.former_request_id end
where r.id = %(id)s;

-- name: reports_of_site
-- What came back for an organisation, or also what is still being read, newest first.
select o.*, c.first_delivered, c.first_viewed, c.first_printed, c.first_acknowledged,
       exists (select from report_discrepancy d where d.reading_id = o.id and d.kind = 'preliminary-final') as major_discrepancy,
       (select g.grade from image_grade g where g.study_id = o.study_id order by g.id desc limit 1) as grade
from reading_overview o
left join lateral (
    select min(at) filter (where kind = 'delivered') as first_delivered,
           min(at) filter (where kind = 'viewed') as first_viewed,
           min(at) filter (where kind = 'printed') as first_printed,
           min(at) filter (where kind = 'acknowledged') as first_acknowledged
    from report_receipt
    where report_version_id = coalesce(o.current_version_id, o.preliminary_version_id)) c on true
where (%(organizations)s::uuid[] is null or o.organization_id = any(%(organizations)s::uuid[]))
  and (%(in_progress)s::boolean or o.current_version_id is not null or o.preliminary_version_id is not null
       or o.return_kind is not null)
  and (not %(unviewed)s::boolean or (o.signed_at <= %(before)s and c.first_viewed is null and c.first_printed is null))
order by coalesce(o.signed_at, o.opened_at) desc, o.id
limit %(limit)s;
