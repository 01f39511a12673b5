-- Purpose: the migrations that this warehouse has had.
-- Grain: one row per migration.
-- Refresh: appended by sparkify_tables.
create table if not exists schema_migrations (
    name varchar(127) not null,
    applied_at timestamp not null
)
diststyle all;
