-- Purpose: the latest load of each run and table, for "is this hour loaded?".
-- Grain: one row per run and table.
-- Refresh: a view on load_audit.
create or replace view load_status as
with ranked as (
    select
        dag_id,
        run_id,
        try_number,
        table_name,
        window_start,
        window_end,
        outcome,
        files,
        rows_staged,
        rows_misfiled,
        rows_inserted,
        rows_updated,
        rows_deleted,
        seconds,
        loaded_at,
        row_number() over (
            partition by dag_id, run_id, table_name
            order by loaded_at desc, try_number desc
        ) as recency
    from load_audit
)

select
    dag_id,
    run_id,
    try_number,
    table_name,
    window_start,
    window_end,
    outcome,
    files,
    rows_staged,
    rows_misfiled,
    rows_inserted,
    rows_updated,
    rows_deleted,
    seconds,
    loaded_at
from ranked
where recency = 1;
