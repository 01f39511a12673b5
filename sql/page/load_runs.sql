-- Purpose: how long the latest runs took, table by table.
-- Grain: one row per run and table, of the latest sixty runs; a table loaded in several tries counts all of them.
with latest as (
    select
        dag_id,
        run_id,
        max(loaded_at) as ended_at
    from load_audit
    group by
        dag_id,
        run_id
    order by
        ended_at desc,
        run_id desc
    limit 60
)

select
    latest.dag_id,
    latest.run_id,
    latest.ended_at as loaded_at,
    load_audit.table_name,
    min(load_audit.window_start) as window_start,
    max(load_audit.window_end) as window_end,
    sum(load_audit.seconds) as seconds,
    sum(load_audit.rows_staged) as rows_staged,
    sum(load_audit.rows_inserted + load_audit.rows_updated) as rows_written
from latest
inner join load_audit
    on
        latest.dag_id = load_audit.dag_id
        and latest.run_id = load_audit.run_id
group by
    latest.dag_id,
    latest.run_id,
    latest.ended_at,
    load_audit.table_name
order by
    latest.ended_at,
    latest.run_id,
    load_audit.table_name
