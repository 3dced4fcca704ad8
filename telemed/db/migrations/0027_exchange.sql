-- Tables that people brought are listed the newest first, a few among millions of messages.
create index result_message_table on result_message (received_at desc, id desc) where format = 'table';

-- A report that the provincial platform does not take may be given up by a person, with a reason.
alter table report_upload
    add column given_up_by uuid references practitioner,
    add column reason text not null default '',
    drop constraint report_upload_state_is_known,
    add constraint report_upload_state_is_known check (state in ('waiting', 'sent', 'dead', 'given-up')),
    add constraint report_upload_given_up_has_reason
        check ((state = 'given-up') = (given_up_by is not null and reason <> '')),
    add constraint report_upload_reason_is_short check (length(reason) <= 500);
create index report_upload_given_up on report_upload (ended_at desc, id desc) where state = 'given-up';

-- One-time links are listed the newest first, by whom they were given to and whose images they show.
create index picture_link_by_time on picture_link (made_at desc, id desc);
