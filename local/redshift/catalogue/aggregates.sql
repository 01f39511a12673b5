-- Aggregates that PostgreSQL lacks, or has for DOUBLE PRECISION alone (Aggregate functions in the Database Developer
-- Guide). Percentiles interpolate between the two nearest values: decimals exactly, dates by the day's part.
create or replace function pg_catalog.redshift_percentile_add(numeric[], numeric, numeric) returns numeric[]
language sql immutable as $$
    select case when $2 is null or $3 is null then $1 else array_append(coalesce($1, array[$3]), $2) end
$$;
create or replace function pg_catalog.redshift_percentile_end(numeric[]) returns numeric language plpgsql immutable
as $$
declare
    share constant numeric := $1[1];
    ordered numeric[];
    place numeric;
    below integer;
begin
    if $1 is null then
        return null;
    end if;
    if share not between 0 and 1 then
        raise exception 'stand-in: the percentile % is not between 0 and 1', share using errcode = '22023';
    end if;
    select array_agg(value order by value) into ordered from unnest($1[2:]) as given (value);
    place := 1 + share * (cardinality(ordered) - 1);
    below := floor(place);
    if below = place then
        return ordered[below];
    end if;
    return (below + 1 - place) * ordered[below] + (place - below) * ordered[below + 1];
end $$;
create or replace aggregate pg_catalog.redshift_percentile(numeric, numeric) (
    sfunc = redshift_percentile_add, stype = numeric[], finalfunc = redshift_percentile_end
);
create or replace function pg_catalog.redshift_percentile_end_float(numeric[]) returns double precision
language sql immutable as $$ select redshift_percentile_end($1)::double precision $$;
create or replace function pg_catalog.redshift_percentile_add(numeric[], double precision, numeric) returns numeric[]
language sql immutable as $$ select redshift_percentile_add($1, $2::text::numeric, $3) $$;
create or replace aggregate pg_catalog.redshift_percentile(double precision, numeric) (
    sfunc = redshift_percentile_add, stype = numeric[], finalfunc = redshift_percentile_end_float
);
create or replace function pg_catalog.redshift_percentile_add(numeric[], timestamp, numeric) returns numeric[]
language sql immutable as $$ select redshift_percentile_add($1, extract(epoch from $2)::numeric, $3) $$;
create or replace function pg_catalog.redshift_percentile_end_moment(numeric[]) returns timestamp
language sql immutable as $$
    select timestamp 'epoch' + (redshift_percentile_end($1) * 1000000)::bigint * interval '1 microsecond'
$$;
create or replace aggregate pg_catalog.redshift_percentile(timestamp, numeric) (
    sfunc = redshift_percentile_add, stype = numeric[], finalfunc = redshift_percentile_end_moment
);

-- Whole numbers would else be taken for DOUBLE PRECISION.
do $$
declare
    whole text;
begin
    foreach whole in array array['smallint', 'integer', 'bigint'] loop
        execute format(
            'create or replace function pg_catalog.redshift_percentile_add(numeric[], %1$s, numeric) returns numeric[]
            language sql immutable as ''select redshift_percentile_add($1, $2::numeric, $3)'';
            create or replace aggregate pg_catalog.redshift_percentile(%1$s, numeric) (
                sfunc = redshift_percentile_add, stype = numeric[], finalfunc = redshift_percentile_end
            )',
            whole
        );
    end loop;
end $$;
create or replace function pg_catalog.redshift_percentile_add(numeric[], date, numeric) returns numeric[]
language plpgsql immutable as $$
begin
    raise exception 'stand-in: MEDIAN and PERCENTILE_CONT of dates are not supported; cast them to TIMESTAMP'
        using errcode = '0A000';
end $$;
create or replace aggregate pg_catalog.redshift_percentile(date, numeric) (
    sfunc = redshift_percentile_add, stype = numeric[], finalfunc = redshift_percentile_end
);
