-- Purpose: what analysts may do: read the star schema, the insights, and what is known of loads and their quality.
-- Run by sparkify_tables, as the tables' owner, after it has made them; only where the group exists. Idempotent.
-- Nothing on staging: its schema is the loader's own. Nothing to write with.
grant select on table
songplays,
users,
songs,
artists,
time,
load_status,
quality_results
to group sparkify_analysts;

grant usage on schema insights to group sparkify_analysts;

grant select on all tables in schema insights to group sparkify_analysts;

-- Those that are still to come.
alter default privileges in schema insights grant select on tables to group sparkify_analysts;
