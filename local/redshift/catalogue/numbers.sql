-- The number's own type comes back (r_ROUND, r_TRUNC), and DOUBLE PRECISION may be rounded to places.
create or replace function pg_catalog.round(integer, integer) returns integer language sql immutable strict as
$$ select round($1::numeric, $2)::integer $$;
create or replace function pg_catalog.round(bigint, integer) returns bigint language sql immutable strict as
$$ select round($1::numeric, $2)::bigint $$;
create or replace function pg_catalog.round(double precision, integer) returns double precision
language sql immutable strict as $$ select round($1::numeric, $2)::double precision $$;
create or replace function pg_catalog.trunc(double precision, integer) returns double precision
language sql immutable strict as $$ select trunc($1::numeric, $2)::double precision $$;
create or replace function pg_catalog.trunc(integer, integer) returns integer language sql immutable strict as
$$ select trunc($1::numeric, $2)::integer $$;
create or replace function pg_catalog.trunc(bigint, integer) returns bigint language sql immutable strict as
$$ select trunc($1::numeric, $2)::bigint $$;
create or replace function pg_catalog.trunc(integer) returns integer language sql immutable strict as
$$ select $1 $$;
create or replace function pg_catalog.trunc(bigint) returns bigint language sql immutable strict as
$$ select $1 $$;
