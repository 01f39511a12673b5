-- Date functions that PostgreSQL lacks, and parts that it counts otherwise (Date and time functions in the Database
-- Developer Guide).

-- Milliseconds and microseconds are those within the second, and decades count from the year 1.
create or replace function pg_catalog.redshift_part(text, timestamp) returns double precision
language sql immutable strict as $$
    select case $1
        when 'milliseconds' then trunc(date_part('microseconds', $2)::bigint % 1000000 / 1000.0)::double precision
        when 'microseconds' then (date_part('microseconds', $2)::bigint % 1000000)::double precision
        when 'decade' then floor(date_part('year', $2) / 10) + 1
        else date_part($1, $2)
    end
$$;
create or replace function pg_catalog.redshift_part(text, timestamptz) returns double precision
language sql stable strict as $$
    select case
        when $1 in ('milliseconds', 'microseconds', 'decade') then redshift_part($1, $2::timestamp)
        else date_part($1, $2)
    end
$$;
create or replace function pg_catalog.redshift_part(text, date) returns double precision
language sql immutable strict as $$ select redshift_part($1, $2::timestamp) $$;
create or replace function pg_catalog.redshift_part(text, time) returns double precision
language sql immutable strict as $$
    select case
        when $1 in ('milliseconds', 'microseconds') then redshift_part($1, date '2000-01-01' + $2)
        else date_part($1, $2)
    end
$$;
create or replace function pg_catalog.redshift_part(text, timetz) returns double precision
language sql immutable strict as $$ select date_part($1, $2) $$;
create or replace function pg_catalog.redshift_part(text, interval) returns double precision
language sql immutable strict as $$ select date_part($1, $2) $$;

-- EXTRACT is an INTEGER for a TIMESTAMP, DOUBLE PRECISION for a TIMESTAMPTZ (r_EXTRACT_function).
create or replace function pg_catalog.redshift_extract(text, timestamp) returns integer language sql immutable as
$$ select trunc(redshift_part($1, $2))::integer $$;
create or replace function pg_catalog.redshift_extract(text, date) returns integer language sql immutable as
$$ select trunc(redshift_part($1, $2::timestamp))::integer $$;
create or replace function pg_catalog.redshift_extract(text, time) returns integer language sql immutable as
$$ select trunc(redshift_part($1, $2))::integer $$;
create or replace function pg_catalog.redshift_extract(text, timetz) returns integer language sql immutable as
$$ select trunc(redshift_part($1, $2))::integer $$;
create or replace function pg_catalog.redshift_extract(text, interval) returns integer language sql immutable as
$$ select trunc(date_part($1, $2))::integer $$;
create or replace function pg_catalog.redshift_extract(text, timestamptz) returns double precision
language sql stable as $$ select redshift_part($1, $2) $$;
create or replace function pg_catalog.date_part_year(date) returns integer language sql immutable strict as
$$ select date_part('year', $1)::integer $$;

-- The boundaries between two moments of other types than TIMESTAMP (r_DATEDIFF_function).
create or replace function pg_catalog.redshift_datediff(text, date, date) returns bigint language sql immutable as
$$ select redshift_datediff($1, $2::timestamp, $3::timestamp) $$;
create or replace function pg_catalog.redshift_datediff(text, timestamptz, timestamptz) returns bigint
language sql stable as
$$ select redshift_datediff($1, $2 at time zone 'UTC', $3 at time zone 'UTC') $$;
create or replace function pg_catalog.redshift_datediff(text, time, time) returns bigint language sql immutable as
$$ select redshift_datediff($1, date '2000-01-01' + $2, date '2000-01-01' + $3) $$;

-- Whole if both are the same day of the month or the last; else a month has 31 days (r_MONTHS_BETWEEN_function).
create or replace function pg_catalog.months_between(timestamp, timestamp) returns double precision
language sql immutable strict as $$
    select (date_part('year', $1) - date_part('year', $2)) * 12 + date_part('month', $1) - date_part('month', $2)
        + case
            when date_part('day', $1) = date_part('day', $2) then 0
            when $1::date = last_day($1) and $2::date = last_day($2) then 0
            else date_part('day', $1) - date_part('day', $2) + extract(epoch from $1::time - $2::time) / 86400
        end / 31
$$;

-- The first such day after the date; its name may be cut to two letters (r_NEXT_DAY).
create or replace function pg_catalog.next_day(date, text) returns date language plpgsql immutable strict as $$
declare
    names constant text[] := array['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
    given constant text := lower(trim($2));
begin
    for number in 0..6 loop
        if length(given) >= 2 and starts_with(names[number + 1], given) then
            return $1 + (number - date_part('dow', $1)::integer + 6) % 7 + 1;
        end if;
    end loop;
    raise exception 'stand-in: "%" is no day of the week', $2 using errcode = '22023';
end $$;
create or replace function pg_catalog.next_day(timestamp, text) returns date language sql immutable strict as
$$ select next_day($1::date, $2) $$;

create or replace function pg_catalog.date_cmp(date, date) returns integer language sql immutable strict as
$$ select ($1 > $2)::integer - ($1 < $2)::integer $$;
create or replace function pg_catalog.timestamp_cmp(timestamp, timestamp) returns integer
language sql immutable strict as $$ select ($1 > $2)::integer - ($1 < $2)::integer $$;
create or replace function pg_catalog.timestamptz_cmp(timestamptz, timestamptz) returns integer
language sql immutable strict as $$ select ($1 > $2)::integer - ($1 < $2)::integer $$;
create or replace function pg_catalog.date_cmp_timestamp(date, timestamp) returns integer
language sql immutable strict as $$ select ($1 > $2)::integer - ($1 < $2)::integer $$;
create or replace function pg_catalog.timestamp_cmp_date(timestamp, date) returns integer
language sql immutable strict as $$ select ($1 > $2)::integer - ($1 < $2)::integer $$;
create or replace function pg_catalog.interval_cmp(interval, interval) returns integer
language sql immutable strict as $$ select ($1 > $2)::integer - ($1 < $2)::integer $$;
