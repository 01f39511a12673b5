-- What COPY, UNLOAD and all statements leave behind: the tables under the system views. Written by the front's own
-- connections, and read through the views alone.
create schema if not exists redshift_internal;
grant usage on schema redshift_internal to public;

create or replace function redshift_internal.utc_now() returns timestamp
    language sql volatile as $$ select clock_timestamp() at time zone 'UTC' $$;

create table if not exists redshift_internal.load_history (
    query_id integer primary key,
    session_id integer not null,
    user_name text not null,
    table_name text not null,
    table_id integer not null,
    data_source text not null,
    status text not null default 'running',
    start_time timestamp not null default redshift_internal.utc_now(),
    end_time timestamp,
    loaded_rows bigint not null default 0,
    error_count bigint not null default 0,
    source_file_count bigint not null default 0,
    source_file_bytes bigint not null default 0
);
-- A home made by an earlier version numbered loads by themselves.
alter table redshift_internal.load_history alter column query_id drop identity if exists;
-- It lacks the format, too; all that it loaded was JSON.
alter table redshift_internal.load_history add column if not exists file_format text not null default 'json';

create table if not exists redshift_internal.load_errors (
    id bigint generated always as identity primary key,
    query_id integer not null,
    session_id integer not null,
    user_name text not null,
    table_id integer not null,
    start_time timestamp not null default redshift_internal.utc_now(),
    file_name text not null,
    line_number bigint not null,
    column_name text not null,
    column_type text not null,
    column_length text not null,
    position integer not null,
    raw_line text not null,
    raw_field_value text not null,
    error_code integer not null,
    error_message text not null,
    start_offset bigint not null
);
create index if not exists load_errors_session on redshift_internal.load_errors (session_id, start_time);

create table if not exists redshift_internal.load_commits (
    id bigint generated always as identity primary key,
    query_id integer not null,
    session_id integer not null,
    user_name text not null,
    file_name text not null,
    lines_scanned bigint not null,
    bytes_scanned bigint not null,
    errors bigint not null,
    end_time timestamp not null default redshift_internal.utc_now()
);

create table if not exists redshift_internal.unload_history (
    query_id integer primary key,
    session_id integer not null,
    user_name text not null,
    location text not null,
    status text not null default 'running',
    start_time timestamp not null default redshift_internal.utc_now(),
    end_time timestamp,
    file_format text not null,
    compression text not null,
    unloaded_rows bigint not null default 0,
    error_message text
);
create table if not exists redshift_internal.unload_files (
    query_id integer not null,
    path text not null,
    line_count bigint not null,
    transfer_size bigint not null
);
create index if not exists unload_files_query on redshift_internal.unload_files (query_id);

-- The historian keeps the newest of them.
create table if not exists redshift_internal.statements (
    query_id integer primary key,
    transaction_id bigint not null,
    session_id integer not null,
    user_name text not null,
    label text not null,
    query_type text not null,
    leader boolean not null,
    start_time timestamp not null,
    end_time timestamp not null,
    error_code text not null,
    error_message text not null,
    returned_rows bigint not null,
    query_text text not null
);

-- Superusers see all rows and users their own (Developer Guide, cm_chap_system-tables). The logins of the configuration
-- are what superusers are on Redshift; they are those that may make roles.
create or replace view redshift_internal.sees_all as
select rolcreaterole as all_rows from pg_catalog.pg_roles where rolname = current_user;
revoke all on all tables in schema redshift_internal from public;
