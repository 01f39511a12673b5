-- Functions that Redshift has and PostgreSQL lacks, and those that the rewritten statements call. In pg_catalog, so that
-- they are found whatever the search_path says. SQL bodies of one expression are inlined by the planner.

-- GETDATE is the statement's start in whole seconds, SYSDATE the transaction's.
create or replace function pg_catalog.getdate() returns timestamp language sql stable as
$$ select date_trunc('second', statement_timestamp())::timestamp $$;
create or replace function pg_catalog.redshift_sysdate() returns timestamp language sql stable as
$$ select transaction_timestamp()::timestamp $$;

create or replace function pg_catalog.redshift_version() returns text language sql immutable as
$$ select 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0 (stand-in)'::text $$;

create or replace function pg_catalog.redshift_interval(text) returns interval language sql immutable as
$$ select $1::interval $$;

create or replace function pg_catalog.redshift_date_trunc(text, timestamp) returns timestamp language sql immutable as
$$ select date_trunc($1, $2) $$;
create or replace function pg_catalog.redshift_date_trunc(text, date) returns timestamp language sql immutable as
$$ select date_trunc($1, $2::timestamp) $$;
create or replace function pg_catalog.redshift_date_trunc(text, timestamptz) returns timestamptz language sql stable as
$$ select date_trunc($1, $2) $$;

-- DATEDIFF counts the boundaries between two moments.
create or replace function pg_catalog.redshift_datediff(text, timestamp, timestamp) returns bigint
language sql immutable as $$
    select case $1
        when 'year' then date_part('year', $3) - date_part('year', $2)
        when 'decade' then date_part('decade', $3) - date_part('decade', $2)
        when 'century' then date_part('century', $3) - date_part('century', $2)
        when 'millennium' then date_part('millennium', $3) - date_part('millennium', $2)
        when 'quarter' then (date_part('year', $3) - date_part('year', $2)) * 4
            + date_part('quarter', $3) - date_part('quarter', $2)
        when 'month' then (date_part('year', $3) - date_part('year', $2)) * 12
            + date_part('month', $3) - date_part('month', $2)
        when 'week' then (date_trunc('week', $3)::date - date_trunc('week', $2)::date) / 7
        when 'day' then $3::date - $2::date
        when 'hour' then extract(epoch from date_trunc('hour', $3) - date_trunc('hour', $2)) / 3600
        when 'minute' then extract(epoch from date_trunc('minute', $3) - date_trunc('minute', $2)) / 60
        when 'second' then extract(epoch from date_trunc('second', $3) - date_trunc('second', $2))
        when 'milliseconds' then
            extract(epoch from date_trunc('milliseconds', $3) - date_trunc('milliseconds', $2)) * 1000
        when 'microseconds' then extract(epoch from $3 - $2) * 1000000
    end::bigint
$$;

-- TRUNC(timestamp) is a DATE.
create or replace function pg_catalog.trunc(timestamp) returns date language sql immutable as $$ select $1::date $$;
create or replace function pg_catalog.last_day(date) returns date language sql immutable as
$$ select (date_trunc('month', $1::timestamp) + interval '1 month - 1 day')::date $$;
create or replace function pg_catalog.last_day(timestamp) returns date language sql immutable as
$$ select (date_trunc('month', $1) + interval '1 month - 1 day')::date $$;
-- ADD_MONTHS keeps the end of a month at the end of the month.
create or replace function pg_catalog.add_months(timestamp, bigint) returns timestamp language sql immutable as $$
    select case when $1::date = last_day($1)
        then last_day($1 + $2 * interval '1 month') + $1::time
        else $1 + $2 * interval '1 month' end
$$;
create or replace function pg_catalog.add_months(date, bigint) returns timestamp language sql immutable as
$$ select add_months($1::timestamp, $2) $$;

create or replace function pg_catalog.len(text) returns integer language sql immutable as $$ select length($1) $$;
create or replace function pg_catalog.textlen(text) returns integer language sql immutable as $$ select length($1) $$;

-- A text's first n bytes, whole characters only.
create or replace function pg_catalog.redshift_cut(text, integer) returns text language sql immutable as $$
    select case when octet_length($1) <= $2 then $1 else redshift_cut_bytes($1, $2) end
$$;
create or replace function pg_catalog.redshift_cut_bytes(text, integer) returns text
language plpgsql immutable strict as $$
declare
    kept text := left($1, $2);
begin
    while octet_length(kept) > $2 loop
        kept := left(kept, greatest(length(kept) - 1 - (octet_length(kept) - $2 - 1) / 4, 0));
    end loop;
    return kept;
end $$;

create or replace function pg_catalog.strtol(text, integer) returns bigint language sql immutable as $$
    select case
        when $2 = 16 and $1 ~ '^[0-9a-fA-F]{1,15}$' then ('x' || lpad($1, 16, '0'))::bit(64)::bigint
        else redshift_strtol($1, $2)
    end
$$;
create or replace function pg_catalog.redshift_strtol(text, integer) returns bigint
language plpgsql immutable strict as $$
declare
    digits text := lower($1);
    negative boolean := false;
    value numeric := 0;
    digit integer;
begin
    if $2 not between 2 and 36 then
        raise exception 'stand-in: STRTOL takes a base from 2 to 36, not %', $2 using errcode = '22023';
    end if;
    if left(digits, 1) in ('+', '-') then
        negative := left(digits, 1) = '-';
        digits := substr(digits, 2);
    end if;
    if $2 = 16 and left(digits, 2) = '0x' then
        digits := substr(digits, 3);
    end if;
    for place in 1..length(digits) loop
        digit := strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(digits, place, 1)) - 1;
        if digit < 0 or digit >= $2 then
            raise exception 'stand-in: STRTOL cannot read "%" in base %', $1, $2 using errcode = '22023';
        end if;
        value := value * $2 + digit;
    end loop;
    return case when negative then -value else value end;
end $$;

create or replace function pg_catalog.redshift_same(anycompatible, anycompatible) returns boolean
language sql immutable as $$ select $1 is not distinct from $2 $$;

-- AVG of integers is a BIGINT, cut (r_AVG in Redshift's manual); of anything else what PostgreSQL gives.
create or replace function pg_catalog.redshift_avg_add(numeric[], bigint) returns numeric[]
language sql immutable as
$$ select case when $2 is null then $1 else array[$1[1] + 1, $1[2] + $2] end $$;
create or replace function pg_catalog.redshift_avg_end(numeric[]) returns bigint
language sql immutable as $$ select case when $1[1] = 0 then null else trunc($1[2] / $1[1])::bigint end $$;
create or replace function pg_catalog.redshift_avg_end(bigint[]) returns bigint
language sql immutable as $$ select case when $1[1] = 0 then null else $1[2] / $1[1] end $$;
create or replace aggregate pg_catalog.redshift_avg(smallint) (
    sfunc = int2_avg_accum, stype = bigint[], initcond = '{0,0}', finalfunc = redshift_avg_end
);
create or replace aggregate pg_catalog.redshift_avg(integer) (
    sfunc = int4_avg_accum, stype = bigint[], initcond = '{0,0}', finalfunc = redshift_avg_end
);
create or replace aggregate pg_catalog.redshift_avg(bigint) (
    sfunc = redshift_avg_add, stype = numeric[], initcond = '{0,0}', finalfunc = redshift_avg_end
);
create or replace aggregate pg_catalog.redshift_avg(numeric) (
    sfunc = numeric_avg_accum, stype = internal, finalfunc = numeric_avg
);
create or replace aggregate pg_catalog.redshift_avg(double precision) (
    sfunc = float8_accum, stype = double precision[], initcond = '{0,0,0}', finalfunc = float8_avg
);

create or replace function pg_catalog.pg_last_copy_count() returns bigint language sql stable as
$$ select coalesce(nullif(current_setting('redshift.last_copy_count', true), ''), '0')::bigint $$;
create or replace function pg_catalog.pg_last_unload_count() returns bigint language sql stable as
$$ select coalesce(nullif(current_setting('redshift.last_unload_count', true), ''), '0')::bigint $$;
create or replace function pg_catalog.pg_last_copy_id() returns integer language sql stable as
$$ select coalesce(nullif(current_setting('redshift.last_copy_id', true), ''), '-1')::integer $$;

-- A table's distribution, sort keys and encodings, kept in a constraint that checks nothing.
create or replace function pg_catalog.redshift_attributes(oid) returns jsonb language sql stable as $$
    select replace(substring(pg_get_expr(conbin, conrelid) from '''(.*)'' IS NOT NULL'), '''''', '''')::jsonb
    from pg_constraint where conrelid = $1 and conname = 'redshift_attributes'
$$;

create or replace function pg_catalog.redshift_count(oid) returns bigint language plpgsql stable as $$
declare
    counted bigint;
begin
    if not has_table_privilege($1, 'select') then
        return 0;
    end if;
    execute format('select count(*) from only %s', $1::regclass) into counted;
    return counted;
end $$;
