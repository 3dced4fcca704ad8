-- Tables that people brought are listed the newest first, a few among millions of messages.
create index result_message_table on result_message (received_at desc, id desc) where format = 'table';
