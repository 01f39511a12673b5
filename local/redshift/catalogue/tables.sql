-- What COPY leaves behind: the tables under the system views. Written by the front's own connection.
create schema if not exists redshift_internal;
grant usage on schema redshift_internal to public;

create or replace function redshift_internal.utc_now() returns timestamp
    language sql volatile as $$ select clock_timestamp() at time zone 'UTC' $$;

create table if not exists redshift_internal.load_history (
    query_id integer generated always as identity primary key,
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
-- A home made by an earlier version lacks it; all that it loaded was JSON.
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
grant select on all tables in schema redshift_internal to public;
