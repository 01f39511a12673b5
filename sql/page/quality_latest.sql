-- Purpose: what each check came to the last time.
-- Grain: one row per check made in the span; that begins at the start.
with ranked as (
    select
        check_name,
        table_name,
        severity,
        passed,
        expected,
        observed,
        checked_at,
        row_number() over (
            partition by check_name
            order by checked_at desc, try_number desc, run_id desc
        ) as recency
    from quality_results
    where checked_at >= cast('{{ start }}' as timestamp)
)

select
    check_name,
    table_name,
    severity,
    passed,
    expected,
    observed,
    checked_at
from ranked
where recency = 1
order by
    table_name,
    check_name
