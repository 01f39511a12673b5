-- Purpose: which checks did not pass, with what was expected and found.
-- Grain: one row per check and try, the latest hundred; from the start on.
select
    checked_at,
    severity,
    check_name,
    table_name,
    expected,
    observed,
    samples,
    window_start,
    window_end,
    dag_id,
    run_id
from quality_results
where
    checked_at >= cast('{{ start }}' as timestamp)
    and not passed
order by
    checked_at desc,
    check_name asc
limit 100
