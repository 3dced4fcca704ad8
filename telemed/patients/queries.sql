-- name: holder
-- The one person a number belongs to.
select p.id, p.organization_id, p.name, p.sex, p.birth_date, p.birth_date_estimated, p.identity
from patient_identifier i join patient p on p.id = i.patient_id
where i.issuer = %(issuer)s::text and i.value = %(value)s::text and i.claim = '';

-- name: claimant
-- The person who came with a number that is another's, under the same name, birth date and sex as before.
select p.id, p.organization_id, p.name, p.sex, p.birth_date, p.birth_date_estimated, p.identity
from patient_identifier i join patient p on p.id = i.patient_id
where i.issuer = %(issuer)s::text and i.value = %(value)s::text and i.claim = %(claim)s::text;

-- name: insert_patient
-- A new person.
insert into patient (organization_id, name, name_search, name_pinyin, sex, birth_date, birth_date_estimated, born_at,
                     identity, phone, address, mother_id, created_at)
values (%(organization_id)s::uuid, %(name)s::text, %(name_search)s::text, %(name_pinyin)s::text, %(sex)s::text,
        %(birth_date)s::date, %(birth_date_estimated)s::boolean, %(born_at)s::timestamptz, %(identity)s::text,
        %(phone)s::text, %(address)s::text, %(mother_id)s::uuid, %(now)s::timestamptz)
returning id;

-- name: insert_patient_with_number
-- A new person and the number that leads, both or neither: the number's primary key decides races.
with number as (
    insert into patient_identifier (issuer, value, claim, kind, patient_id, since)
    values (%(issuer)s::text, %(value)s::text, %(claim)s::text, %(kind)s::text, gen_random_uuid(), %(now)s::timestamptz)
    on conflict do nothing
    returning patient_id)
insert into patient (id, organization_id, name, name_search, name_pinyin, sex, birth_date, birth_date_estimated,
                     born_at, identity, phone, address, mother_id, created_at)
select number.patient_id, %(organization_id)s::uuid, %(name)s::text, %(name_search)s::text, %(name_pinyin)s::text,
       %(sex)s::text, %(birth_date)s::date, %(birth_date_estimated)s::boolean, %(born_at)s::timestamptz,
       %(identity)s::text, %(phone)s::text, %(address)s::text, %(mother_id)s::uuid, %(now)s::timestamptz
from number
returning id;

-- name: insert_identifier
-- A number for a person, unless somebody has it: the primary key decides races.
insert into patient_identifier (issuer, value, claim, kind, patient_id, since)
values (%(issuer)s::text, %(value)s::text, %(claim)s::text, %(kind)s::text, %(patient_id)s::uuid, %(now)s::timestamptz)
on conflict do nothing;

-- name: know
-- An organisation knows a person from now on.
insert into patient_organization (organization_id, patient_id, since)
values (%(organization_id)s::uuid, %(patient_id)s::uuid, %(now)s::timestamptz)
on conflict do nothing;

-- name: knows
-- Whether an organisation knows a person.
select patient_id as id from patient_organization
where organization_id = %(organization_id)s::uuid and patient_id = %(patient_id)s::uuid;

-- name: update_contact
-- What was said last of phone and address; empty answers erase nothing.
update patient
set phone = coalesce(nullif(%(phone)s::text, ''), phone), address = coalesce(nullif(%(address)s::text, ''), address),
    revision = revision + 1
where id = %(patient_id)s::uuid
  and (%(phone)s::text not in ('', phone) or %(address)s::text not in ('', address));

-- name: next_number
-- The next number of a kind at an organisation on a day.
insert into number_counter (organization_id, kind, day, last)
values (%(organization_id)s::uuid, %(kind)s::text, %(day)s::date, 1)
on conflict (organization_id, kind, day) do update set last = number_counter.last + 1
returning last;

-- name: open_review_of
-- The review of two records that waits for a decision.
select id from identity_review
where state = 'open' and (patient_id, other_patient_id) in (
    (%(one)s::uuid, %(other)s::uuid), (%(other)s::uuid, %(one)s::uuid))
order by opened_at, id limit 1 for update;

-- name: open_review
-- Two persons for the work list of doubtful identities, once while it is open, and not again where somebody has told
-- them apart or linked them; a borrowed card speaks against a link.
insert into identity_review (organization_id, patient_id, other_patient_id, reason, opened_at)
select %(organization_id)s::uuid, %(patient_id)s::uuid, %(other_patient_id)s::uuid, %(reason)s::text,
       %(now)s::timestamptz
where coalesce((
          select k.fact from identity_link k
          where k.patient_id = least(%(patient_id)s::uuid, %(other_patient_id)s::uuid)
            and k.other_patient_id = greatest(%(patient_id)s::uuid, %(other_patient_id)s::uuid)
          order by k.id desc limit 1), 'unlinked')
      not in ('never-link', case %(reason)s::text when 'card-mismatch' then '' else 'linked' end)
  and not exists (
      select from identity_review r
      where r.patient_id = %(other_patient_id)s::uuid and r.other_patient_id = %(patient_id)s::uuid
        and r.state = 'open')
on conflict (patient_id, other_patient_id) where state = 'open' do nothing
returning id;

-- name: patient
-- One person, if one of the given organisations knows them (null: everybody may be seen), or if opened by break-glass.
select p.id, p.organization_id, o.name as organization_name, p.name, p.sex, p.birth_date, p.birth_date_estimated,
       p.born_at, p.identity, p.phone, p.address, p.mother_id, p.same_as_id, p.revision
from patient p join organization o on o.id = p.organization_id
where p.id = %(patient_id)s::uuid
  and (%(organizations)s::uuid[] is null or p.id = any(%(opened)s::uuid[]) or exists (
      select from patient_organization k
      where k.patient_id = p.id and k.organization_id = any(%(organizations)s::uuid[])));

-- name: identifiers
-- The numbers of a person; claim says whether the number is really another's.
select kind, issuer, value, claim from patient_identifier where patient_id = %(patient_id)s::uuid order by since, issuer;

-- name: linked
-- Records that reviews have said to be the same person, this one among them.
with recursive same (id, same_as_id) as (
    select p.id, p.same_as_id from patient p where p.id = %(patient_id)s::uuid
    union
    select p.id, p.same_as_id from patient p join same on p.same_as_id = same.id or p.id = same.same_as_id)
select id from same;

-- name: search
-- Persons by part of the name, by reading or initials, or by a whole number; the best first.
select p.id, p.organization_id, o.name as organization_name, p.name, p.sex, p.birth_date, p.birth_date_estimated,
       p.born_at, p.identity, p.phone, p.address, p.mother_id, p.same_as_id, p.revision
from patient p join organization o on o.id = p.organization_id
where (%(organizations)s::uuid[] is null or exists (
          select from patient_organization k
          where k.patient_id = p.id and k.organization_id = any(%(organizations)s::uuid[])))
  and ((%(key)s::text <> '' and p.name_search like %(key_pattern)s::text)
       or (%(reading)s::text <> '' and p.name_pinyin like %(reading_pattern)s::text)
       or exists (select from patient_identifier i
                  where i.patient_id = p.id and i.value = %(number)s::text and %(number)s::text <> ''
                    and i.kind <> 'device'))
order by p.name_search = %(key)s::text desc, p.created_at desc, p.id
limit %(limit)s::int;

-- name: namesakes
-- People of the same written name whom an organisation knows; age is compared by the rule.
select p.id, p.organization_id, o.name as organization_name, p.name, p.sex, p.birth_date, p.birth_date_estimated,
       p.born_at, p.identity, p.phone, p.address, p.mother_id, p.same_as_id, p.revision
from patient p
join organization o on o.id = p.organization_id
join patient_organization k on k.patient_id = p.id and k.organization_id = %(organization_id)s::uuid
where p.name_search = %(key)s::text and p.identity <> 'source' and p.same_as_id is null
order by p.birth_date, p.id
limit 50;

-- name: reviews
-- Open doubtful identities, or decided ones, newest first.
select r.id, r.organization_id, r.reason, r.state, r.note, r.opened_at, r.decided_at,
       r.patient_id, r.other_patient_id, coalesce(p.name, '') as decided_by_name, coalesce(d.note, '') as doubt,
       coalesce(d.name, '') as doubted_by_name, d.doubted_at
from identity_review r
left join practitioner p on p.id = r.decided_by
left join lateral (
    select k.note, w.name, k.doubted_at from identity_review_doubt k join practitioner w on w.id = k.doubted_by
    where k.review_id = r.id order by k.id desc limit 1) d on true
where (%(organizations)s::uuid[] is null or r.organization_id = any(%(organizations)s::uuid[]))
  and (r.state = 'open') = %(open)s::boolean
order by r.opened_at desc, r.id
limit %(limit)s::int;

-- name: doubt_review
-- Somebody has looked and cannot say.
insert into identity_review_doubt (review_id, note, doubted_by, doubted_at)
values (%(review_id)s::uuid, %(note)s::text, %(by)s::uuid, %(now)s::timestamptz);

-- name: lock_review
-- One doubtful identity, held until the decision is written.
select r.id, r.organization_id, r.reason, r.state, r.note, r.opened_at, r.decided_at,
       r.patient_id, r.other_patient_id
from identity_review r where r.id = %(review_id)s::uuid for update;

-- name: decide_review
-- The decision and its author.
update identity_review
set state = %(state)s::text, note = %(note)s::text, decided_by = %(decided_by)s::uuid, decided_at = %(now)s::timestamptz
where id = %(review_id)s::uuid;

-- name: reopen_review
-- A decision taken back: the review is open again.
update identity_review set state = 'open', decided_by = null, decided_at = null, note = %(note)s::text
where id = %(review_id)s::uuid;

-- name: complete_identity
-- 身份补录: the name and birth of somebody who came without.
update patient
set name = %(name)s::text, name_search = %(name_search)s::text, name_pinyin = %(name_pinyin)s::text,
    sex = %(sex)s::text, birth_date = %(birth_date)s::date, birth_date_estimated = false, identity = 'known',
    revision = revision + 1
where id = %(patient_id)s::uuid and identity = 'temporary';
