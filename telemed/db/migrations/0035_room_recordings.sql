-- What a room's log says of its recordings is listed and played from the log, long after and without reading all of it.
create index room_event_of_recordings on room_event (room_id, seq)
    where kind in ('rec.start', 'rec.segment', 'rec.stop');
