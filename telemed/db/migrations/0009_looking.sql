-- A reader's change of priority stands against a later change of the request, with or without a reason.
alter table reading add column priority_set_by uuid references practitioner;
