-- COPY's errors and history (r_STL_LOAD_ERRORS). Texts are CHAR, blank padded, as on Redshift. Users see what is theirs.
create or replace view pg_catalog.stl_load_errors as
select
    coalesce(r.oid::integer, 0) as userid,
    0 as slice,
    e.table_id as tbl,
    e.start_time as starttime,
    e.session_id as session,
    e.query_id as query,
    e.file_name::char(256) as filename,
    e.line_number,
    e.column_name::char(127) as colname,
    e.column_type::char(10) as type,
    e.column_length::char(10) as col_length,
    e.position as position,
    e.raw_line::char(1024) as raw_line,
    e.raw_field_value::char(1024) as raw_field_value,
    e.error_code as err_code,
    e.error_message::char(100) as err_reason,
    0 as is_partial,
    e.start_offset,
    null::bigint as copy_job_id
from redshift_internal.load_errors as e
left join pg_catalog.pg_roles as r on r.rolname = e.user_name
where e.user_name = current_user or (select all_rows from redshift_internal.sees_all);

create or replace view pg_catalog.stl_load_commits as
select
    coalesce(r.oid::integer, 0) as userid,
    c.query_id as query,
    0 as slice,
    c.file_name::char(256) as name,
    c.file_name::char(256) as filename,
    0 as byte_offset,
    c.lines_scanned::integer as lines_scanned,
    c.errors::integer as errors,
    c.end_time as curtime,
    1 as status,
    (case h.file_format when 'json' then 'JSON' else 'Text' end)::char(16) as file_format,
    0 as is_partial,
    0::bigint as start_offset,
    null::bigint as copy_job_id
from redshift_internal.load_commits as c
join redshift_internal.load_history as h using (query_id)
left join pg_catalog.pg_roles as r on r.rolname = c.user_name
where c.user_name = current_user or (select all_rows from redshift_internal.sees_all);

create or replace view pg_catalog.sys_load_error_detail as
select
    coalesce(r.oid::integer, 0) as user_id,
    e.query_id::bigint as query_id,
    null::bigint as transaction_id,
    e.session_id,
    current_database()::char(64) as database_name,
    e.table_id,
    e.start_time,
    e.file_name::char(256) as file_name,
    e.line_number,
    e.column_name::char(127) as column_name,
    e.column_type::char(10) as column_type,
    e.column_length::char(10) as column_length,
    e.position as position,
    e.error_code,
    e.error_message::char(512) as error_message
from redshift_internal.load_errors as e
left join pg_catalog.pg_roles as r on r.rolname = e.user_name
where e.user_name = current_user or (select all_rows from redshift_internal.sees_all);

create or replace view pg_catalog.sys_load_history as
select
    coalesce(r.oid::integer, 0) as user_id,
    h.query_id::bigint as query_id,
    null::bigint as transaction_id,
    h.session_id,
    current_database()::text as database_name,
    h.status,
    h.table_name,
    h.start_time,
    h.end_time,
    (extract(epoch from h.end_time - h.start_time) * 1000000)::bigint as duration,
    h.data_source,
    case when h.file_format in ('json', 'csv') then h.file_format else 'text' end as file_format,
    h.loaded_rows,
    null::bigint as loaded_bytes,
    h.source_file_count,
    h.source_file_bytes,
    h.source_file_count as file_count_scanned,
    h.source_file_bytes as file_bytes_scanned,
    h.error_count,
    null::bigint as copy_job_id
from redshift_internal.load_history as h
left join pg_catalog.pg_roles as r on r.rolname = h.user_name
where h.user_name = current_user or (select all_rows from redshift_internal.sees_all);
-- Of a row that failed only the field that did is kept, not those before it.
create or replace view pg_catalog.stl_loaderror_detail as
select
    coalesce(r.oid::integer, 0) as userid,
    0 as slice,
    e.session_id as session,
    e.query_id as query,
    e.file_name::char(256) as filename,
    e.line_number,
    null::integer as field,
    e.column_name::char(1024) as colname,
    e.raw_field_value::char(1024) as value,
    null::integer as is_null,
    e.column_type::char(10) as type,
    e.column_length::char(10) as col_length
from redshift_internal.load_errors as e
left join pg_catalog.pg_roles as r on r.rolname = e.user_name
where e.user_name = current_user or (select all_rows from redshift_internal.sees_all);

create or replace view pg_catalog.sys_load_detail as
select
    coalesce(r.oid::integer, 0) as user_id,
    c.query_id,
    c.file_name::char(256) as file_name,
    least(c.bytes_scanned, 2147483647)::integer as bytes_scanned,
    c.lines_scanned::integer as lines_scanned,
    c.end_time as record_time,
    1 as splits_scanned,
    null::timestamp as start_time,
    c.end_time
from redshift_internal.load_commits as c
left join pg_catalog.pg_roles as r on r.rolname = c.user_name
where c.user_name = current_user or (select all_rows from redshift_internal.sees_all);
grant select on pg_catalog.stl_load_errors, pg_catalog.stl_load_commits, pg_catalog.sys_load_error_detail,
    pg_catalog.sys_load_history, pg_catalog.stl_loaderror_detail, pg_catalog.sys_load_detail to public;
