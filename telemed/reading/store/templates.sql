-- name: templates
-- Templates everybody or these organisations have; inactive: also those taken out of use.
select id, code, organization_id, modality, body_site, sex, name, name_en, technique, findings, impression, active,
       from_file, revision
from report_template
where (active or %(inactive)s::boolean)
  and (%(modality)s = '' or modality = %(modality)s)
  and (organization_id is null or %(organizations)s::uuid[] is null or organization_id = any(%(organizations)s::uuid[]))
order by modality, body_site, right(code, 7) <> '-normal', code;

-- name: install_template
-- Write a template of a file unless a person has changed it.
insert into report_template as t (code, modality, body_site, sex, name, name_en, technique, findings, impression, from_file)
values (%(code)s, %(modality)s, %(body_site)s, %(sex)s, %(name)s, %(name_en)s, %(technique)s, %(findings)s,
        %(impression)s, true)
on conflict (code) do update
set modality = excluded.modality, body_site = excluded.body_site, sex = excluded.sex, name = excluded.name,
    name_en = excluded.name_en, technique = excluded.technique, findings = excluded.findings,
    impression = excluded.impression, revision = t.revision + 1
where t.from_file
  and (t.modality, t.body_site, t.sex, t.name, t.name_en, t.technique, t.findings, t.impression)
      is distinct from (excluded.modality, excluded.body_site, excluded.sex, excluded.name, excluded.name_en,
                        excluded.technique, excluded.findings, excluded.impression);

-- name: insert_template
-- A person's template; no row when the code is taken.
insert into report_template (code, organization_id, modality, body_site, sex, name, name_en, technique, findings,
                             impression)
values (%(code)s, %(organization_id)s, %(modality)s, %(body_site)s, %(sex)s, %(name)s, %(name_en)s, %(technique)s,
        %(findings)s, %(impression)s)
on conflict (code) do nothing
returning id, code, organization_id, modality, body_site, sex, name, name_en, technique, findings, impression, active,
          from_file, revision;

-- name: lock_template
-- One template, held until the transaction ends.
select id, code, organization_id, modality, body_site, sex, name, name_en, technique, findings, impression, active,
       from_file, revision
from report_template
where id = %(id)s
for update;

-- name: update_template
-- A person's change; the file does not overwrite it any more.
update report_template
set modality = %(modality)s, body_site = %(body_site)s, sex = %(sex)s, name = %(name)s, name_en = %(name_en)s,
    technique = %(technique)s, findings = %(findings)s, impression = %(impression)s, active = %(active)s,
    from_file = false, revision = revision + 1
where id = %(id)s and code = %(code)s
returning id, code, organization_id, modality, body_site, sex, name, name_en, technique, findings, impression, active,
          from_file, revision;

-- name: reading_modes
-- Every configured reading mode.
select m.id, m.organization_id, o.name as organization_name, m.modality, m.from_hour, m.until_hour, m.mode
from reading_mode m left join organization o on o.id = m.organization_id
order by o.name nulls first, m.modality, m.from_hour;

-- name: clear_reading_modes
-- Before the whole table is written anew.
delete from reading_mode;

-- name: insert_reading_mode
-- One row: organisation × modality × hours.
insert into reading_mode (organization_id, modality, from_hour, until_hour, mode)
values (%(organization_id)s, %(modality)s, %(from_hour)s, %(until_hour)s, %(mode)s);
