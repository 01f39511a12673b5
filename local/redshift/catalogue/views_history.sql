-- Statements that have ended, and UNLOADs. A statement that does not parse or names what does not exist is not among them.

create or replace view redshift_internal.shown_statements as
select
    coalesce(r.oid::integer, 0) as user_id,
    s.*,
    s.query_type in ('DDL', 'UTILITY') as is_command,
    (extract(epoch from s.end_time - s.start_time) * 1000000)::bigint as elapsed,
    (s.error_code <> '')::integer as aborted
from redshift_internal.statements as s
left join pg_catalog.pg_roles as r on r.rolname = s.user_name
where s.user_name = current_user or (select all_rows from redshift_internal.sees_all);

-- Texts in rows of 200 characters.
create or replace view redshift_internal.statement_pieces as
select s.*, p.sequence, substr(s.query_text, p.sequence * 200 + 1, 200)::char(200) as piece
from redshift_internal.shown_statements as s
cross join lateral generate_series(0, greatest(length(s.query_text) - 1, 0) / 200) as p (sequence);

-- With the collations that the views of earlier versions had, which refused: somebody's view may rest on them.
create or replace view pg_catalog.stl_query as
select
    user_id as userid,
    query_id as query,
    (case label when '' then 'default' else label end)::char(320) as label,
    transaction_id as xid,
    session_id as pid,
    (current_database()::text collate "default")::char(32) as database,
    query_text::char(4000) as querytxt,
    start_time as starttime,
    end_time as endtime,
    aborted,
    0 as insert_pristine,
    0 as concurrency_scaling_status
from redshift_internal.shown_statements
where not is_command and not leader;

create or replace view pg_catalog.stl_querytext as
select user_id as userid, transaction_id as xid, session_id as pid, query_id as query, sequence, piece as text
from redshift_internal.statement_pieces
where not is_command and not leader;

create or replace view pg_catalog.stl_ddltext as
select
    user_id as userid, transaction_id as xid, session_id as pid, label::char(320) as label, start_time as starttime,
    end_time as endtime, sequence, piece as text
from redshift_internal.statement_pieces
where query_type = 'DDL';

create or replace view pg_catalog.stl_utilitytext as
select
    user_id as userid, transaction_id as xid, session_id as pid, label::char(320) as label, start_time as starttime,
    end_time as endtime, sequence, piece as text
from redshift_internal.statement_pieces
where query_type = 'UTILITY';

create or replace view pg_catalog.svl_statementtext as
select
    user_id as userid, transaction_id as xid, session_id as pid, label::char(320) as label, start_time as starttime,
    end_time as endtime, sequence, (case when is_command then query_type else 'QUERY' end)::varchar(10) as type,
    piece as text
from redshift_internal.statement_pieces
where not leader;

create or replace view pg_catalog.svl_qlog as
select
    user_id as userid,
    query_id as query,
    transaction_id as xid,
    session_id as pid,
    start_time as starttime,
    end_time as endtime,
    elapsed,
    aborted,
    (case label when '' then 'default' else label end)::char(320) as label,
    query_text::char(60) as substring,
    null::integer as source_query,
    null::text as concurrency_scaling_status_txt,
    null::integer as from_sp_call
from redshift_internal.shown_statements
where not is_command and not leader;

-- There are no queues and no result cache; bytes are not counted.
create or replace view pg_catalog.sys_query_history as
select
    user_id,
    query_id::bigint as query_id,
    (case label when '' then 'default' else label end)::char(320) as query_label,
    transaction_id,
    session_id,
    (current_database()::text collate "default")::char(128) as database_name,
    query_type::char(32) as query_type,
    (case when error_code = '57014' then 'canceled' when error_code <> '' then 'failed' else 'success' end)::char(10)
        as status,
    false as result_cache_hit,
    start_time,
    end_time,
    elapsed as elapsed_time,
    0::bigint as queue_time,
    elapsed as execution_time,
    error_message::char(512) as error_message,
    returned_rows,
    null::bigint as returned_bytes,
    query_text::char(4000) as query_text
from redshift_internal.shown_statements;

-- The one that refused in its place had another type of text.
do $$ begin
    if exists (
        select from pg_attribute
        where attrelid = to_regclass('pg_catalog.sys_query_text') and attname = 'text' and atttypmod = 204
    ) then
        drop view pg_catalog.sys_query_text;
    end if;
end $$;
create or replace view pg_catalog.sys_query_text as
select
    s.user_id, s.query_id::bigint as query_id, s.transaction_id, s.session_id, s.start_time, p.sequence,
    substr(s.query_text, p.sequence * 4000 + 1, 4000)::char(4000) as text
from redshift_internal.shown_statements as s
cross join lateral generate_series(0, greatest(length(s.query_text) - 1, 0) / 4000) as p (sequence);

create or replace view redshift_internal.shown_unloads as
select
    coalesce(r.oid::integer, 0) as user_id,
    u.*
from redshift_internal.unload_history as u
left join pg_catalog.pg_roles as r on r.rolname = u.user_name
where u.user_name = current_user or (select all_rows from redshift_internal.sees_all);

create or replace view pg_catalog.stl_unload_log as
select
    u.user_id as userid,
    u.query_id as query,
    0 as slice,
    u.session_id as pid,
    f.path::char(1280) as path,
    u.start_time,
    u.end_time,
    f.line_count,
    f.transfer_size,
    u.file_format::char(10) as file_format
from redshift_internal.shown_unloads as u
join redshift_internal.unload_files as f using (query_id);

create or replace view pg_catalog.sys_unload_history as
select
    u.user_id,
    u.query_id::bigint as query_id,
    null::bigint as transaction_id,
    u.session_id,
    current_database()::text as database_name,
    u.status,
    u.start_time,
    u.end_time,
    (extract(epoch from u.end_time - u.start_time) * 1000000)::bigint as duration,
    u.file_format,
    u.compression as compression_type,
    u.location as unloaded_location,
    u.unloaded_rows,
    (select count(*) from redshift_internal.unload_files as f where f.query_id = u.query_id) as unloaded_files_count,
    (select coalesce(sum(f.transfer_size), 0)::bigint from redshift_internal.unload_files as f
        where f.query_id = u.query_id) as unloaded_files_size,
    u.error_message
from redshift_internal.shown_unloads as u;

-- There are no materialized views.
create or replace view pg_catalog.svv_mv_info as
select
    null::char(128) as database_name, null::char(128) as schema_name, null::char(128) as user_name,
    null::char(128) as name, null::char(1) as is_stale, null::integer as state, null::char(1) as autorewrite,
    null::char(1) as autorefresh
where false;

grant select on pg_catalog.stl_query, pg_catalog.stl_querytext, pg_catalog.stl_ddltext, pg_catalog.stl_utilitytext,
    pg_catalog.svl_statementtext, pg_catalog.svl_qlog, pg_catalog.sys_query_history, pg_catalog.sys_query_text,
    pg_catalog.stl_unload_log, pg_catalog.sys_unload_history, pg_catalog.svv_mv_info to public;

create or replace function pg_catalog.pg_last_query_id() returns integer language sql stable as
$$ select coalesce(nullif(current_setting('redshift.last_query_id', true), ''), '-1')::integer $$;
create or replace function pg_catalog.pg_last_unload_id() returns integer language sql stable as
$$ select coalesce(nullif(current_setting('redshift.last_unload_id', true), ''), '-1')::integer $$;
