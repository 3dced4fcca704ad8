-- FHIR: how a stretch of time answers date parameters (FHIR R4 3.1.1.4.7), each given as prefix, beginning and end.

create function answers_dates(begins timestamptz, ends timestamptz, prefixes text[], lows timestamptz[], highs timestamptz[])
returns boolean language sql immutable as $$
    select not exists (
        select from unnest(prefixes, lows, highs) as asked (prefix, low, high)
        where (case prefix
            when 'eq' then begins >= low and ends <= high
            when 'ne' then begins < low or ends > high
            when 'gt' then ends > high
            when 'lt' then begins < low
            when 'ge' then begins >= low or ends > high
            when 'le' then ends <= high or begins < low
            when 'sa' then begins >= high
            when 'eb' then ends <= low
        end) is not true)
$$;

-- By which name a result of a report goes for good: its report, and a digest of its code there.
create function laboratory_result_name(report_id uuid, code_system text, code text, sub_id text)
returns text language sql immutable as $$
    select replace(report_id::text, '-', '') || '-'
        || left(encode(sha256(convert_to(code_system || '|' || code || '|' || sub_id, 'UTF8')), 'hex'), 16)
$$;

-- What a hospital system asked is looked up by whoever asked it.
create index decision_by_client on recognition_decision (client_id, decided_at desc) where client_id is not null;
