-- Purpose: how the checks went, day by day.
-- Grain: one row per check and day on which it was made; from the start on.
select
    check_name,
    max(table_name) as table_name,
    cast(date_trunc('day', checked_at) as date) as day,
    sum(case when passed then 1 else 0 end) as passed,
    sum(case when not passed and severity = 'warn' then 1 else 0 end) as warned,
    sum(case when not passed and severity <> 'warn' then 1 else 0 end) as failed
from quality_results
where checked_at >= cast('{{ start }}' as timestamp)
group by
    check_name,
    cast(date_trunc('day', checked_at) as date)
order by
    check_name,
    day
