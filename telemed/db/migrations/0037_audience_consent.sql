-- Whoever looks on gives no advice: the patient's side agrees to each by itself, and how it did is written down.

alter table consultation_member add column consent text not null default '';
alter table consultation_member add constraint consultation_member_consent_is_short check (length(consent) <= 500);
-- who was added before was not asked about
alter table consultation_member add constraint consultation_member_audience_is_agreed_to
    check (role <> 'audience' or length(consent) > 0) not valid;
