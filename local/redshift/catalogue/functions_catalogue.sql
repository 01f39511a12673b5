-- Functions that drivers and dbt call in FROM, with a list of columns behind them.

-- The columns of late-binding views, of which there are none: CREATE VIEW … WITH NO SCHEMA BINDING is refused.
create or replace function pg_catalog.pg_get_late_binding_view_cols() returns setof record language sql stable as
$$ select null::name, null::name, null::name, null::varchar, null::integer where false $$;

-- Redshift's REGEXP_REPLACE without a replacement takes every match away.
create or replace function pg_catalog.regexp_replace(text, text) returns text language sql immutable as
$$ select regexp_replace($1, $2, '', 'g') $$;
create or replace function pg_catalog.charindex(text, text) returns integer language sql immutable as
$$ select strpos($2, $1) $$;
