-- Transactions and locks as they are now. What a session has run is not recorded, so the views of it are refused.

create or replace view pg_catalog.svv_transactions as
select
    a.usename::text as txn_owner,
    a.datname::text as txn_db,
    -- A transaction that has written nothing has no number in PostgreSQL, only a place among its sessions.
    coalesce(a.backend_xid::text::bigint, 0) as xid,
    l.pid,
    (a.xact_start at time zone 'UTC')::timestamp as txn_start,
    l.mode as lock_mode,
    case l.locktype when 'relation' then 'relation' else 'transactionid' end as lockable_object_type,
    l.relation::integer as relation,
    l.granted
from pg_catalog.pg_locks as l
join pg_catalog.pg_stat_activity as a on a.pid = l.pid
left join pg_catalog.pg_class as c on c.oid = l.relation
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where a.datname = current_database() and a.backend_type = 'client backend'
    and (l.locktype = 'transactionid' or (l.locktype = 'relation' and l.relation >= 16384
        and n.nspname not in ('pg_catalog', 'redshift_internal') and c.relkind = 'r'));

create or replace view pg_catalog.stv_locks as
select
    l.relation::integer as table_id,
    null::timestamp as last_commit,
    null::timestamp as last_update,
    coalesce(a.backend_xid::text::bigint, 0) as lock_owner,
    l.pid::bigint as lock_owner_pid,
    (a.xact_start at time zone 'UTC')::timestamp as lock_owner_start_ts,
    null::timestamp as lock_owner_end_ts,
    (case when l.granted then 'Holding' else 'Waiting' end || ' write lock')::char(22) as lock_status
from pg_catalog.pg_locks as l
join pg_catalog.pg_stat_activity as a on a.pid = l.pid
join pg_catalog.pg_class as c on c.oid = l.relation and c.relkind = 'r'
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where a.datname = current_database() and l.locktype = 'relation' and l.relation >= 16384
    and n.nspname not in ('pg_catalog', 'redshift_internal')
    and l.mode not in ('AccessShareLock', 'RowShareLock');

-- Refuses whoever reads a view that stands for what the stand-in does not know.
create or replace function pg_catalog.redshift_unrecorded(text) returns boolean language plpgsql volatile as $$
begin
    raise exception 'stand-in: % is not supported: statements are not recorded; of COPY, sys_load_history is kept', $1
        using errcode = '0A000';
end $$;

create or replace view pg_catalog.stl_query as
select
    null::integer as userid, null::integer as query, null::char(320) as label, null::bigint as xid,
    null::integer as pid, null::char(32) as database, null::char(4000) as querytxt, null::timestamp as starttime,
    null::timestamp as endtime, null::integer as aborted, null::integer as insert_pristine,
    null::integer as concurrency_scaling_status
where redshift_unrecorded('STL_QUERY');

create or replace view pg_catalog.stl_querytext as
select
    null::integer as userid, null::bigint as xid, null::integer as pid, null::integer as query,
    null::integer as sequence, null::char(200) as text
where redshift_unrecorded('STL_QUERYTEXT');

create or replace view pg_catalog.svl_statementtext as
select
    null::integer as userid, null::bigint as xid, null::integer as pid, null::char(320) as label,
    null::timestamp as starttime, null::timestamp as endtime, null::integer as sequence, null::varchar(10) as type,
    null::char(200) as text
where redshift_unrecorded('SVL_STATEMENTTEXT');

create or replace view pg_catalog.svl_qlog as
select
    null::integer as userid, null::integer as query, null::bigint as xid, null::integer as pid,
    null::timestamp as starttime, null::timestamp as endtime, null::bigint as elapsed, null::integer as aborted,
    null::char(320) as label, null::char(60) as substring, null::integer as source_query,
    null::text as concurrency_scaling_status_txt, null::integer as from_sp_call
where redshift_unrecorded('SVL_QLOG');

create or replace view pg_catalog.stv_recents as
select
    null::integer as userid, null::char(20) as status, null::timestamp as starttime, null::integer as duration,
    null::char(50) as user_name, null::char(50) as db_name, null::char(600) as query, null::integer as pid
where redshift_unrecorded('STV_RECENTS');

create or replace view pg_catalog.sys_query_history as
select
    null::integer as user_id, null::bigint as query_id, null::char(320) as query_label,
    null::bigint as transaction_id, null::integer as session_id, null::char(128) as database_name,
    null::char(32) as query_type, null::char(10) as status, null::boolean as result_cache_hit,
    null::timestamp as start_time, null::timestamp as end_time, null::bigint as elapsed_time,
    null::bigint as queue_time, null::bigint as execution_time, null::char(512) as error_message,
    null::bigint as returned_rows, null::bigint as returned_bytes, null::char(4000) as query_text
where redshift_unrecorded('SYS_QUERY_HISTORY');

create or replace view pg_catalog.sys_query_text as
select
    null::integer as user_id, null::bigint as query_id, null::bigint as transaction_id,
    null::integer as session_id, null::timestamp as start_time, null::integer as sequence, null::char(200) as text
where redshift_unrecorded('SYS_QUERY_TEXT');

grant select on pg_catalog.svv_transactions, pg_catalog.stv_locks, pg_catalog.stl_query, pg_catalog.stl_querytext,
    pg_catalog.svl_statementtext, pg_catalog.svl_qlog, pg_catalog.stv_recents, pg_catalog.sys_query_history,
    pg_catalog.sys_query_text to public;
