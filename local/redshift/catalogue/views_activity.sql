-- Transactions and locks as they are now. Statements are recorded when they have ended, so views of running ones are
-- refused.

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

-- Refuses whoever reads a view that stands for what the stand-in does not know. As rows of a function, which the planner
-- cannot reason away.
create or replace function pg_catalog.redshift_refuse_unrecorded(text) returns setof record language plpgsql volatile as $$
begin
    raise exception 'stand-in: % is not supported: statements are recorded when they have ended; sys_query_history has those', $1
        using errcode = '0A000';
end $$;

create or replace view pg_catalog.stv_recents as
select * from redshift_refuse_unrecorded('STV_RECENTS') as unrecorded (
    userid integer, status char(20), starttime timestamp, duration integer, user_name char(50),
    db_name char(50), query char(600), pid integer
);

create or replace view pg_catalog.stv_inflight as
select * from redshift_refuse_unrecorded('STV_INFLIGHT') as unrecorded (
    userid integer, slice integer, query integer, label char(320), xid bigint, pid integer,
    starttime timestamp, text char(100), suspended integer, insert_pristine integer, concurrency_scaling_status integer
);

grant select on pg_catalog.svv_transactions, pg_catalog.stv_locks, pg_catalog.stv_recents, pg_catalog.stv_inflight
    to public;
