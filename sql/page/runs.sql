-- Purpose: what each run that loads a span of hours has come to, by what its loads recorded of themselves.
-- Grain: one row per run whose window touches the span from start to end.
-- The same rules as in queries/hours.sql: loaded, or unfinished, which is staged and not loaded to the end.
with tries as (
    select
        dag_id,
        run_id,
        window_start,
        window_end,
        table_name,
        outcome,
        loaded_at,
        row_number() over (
            partition by dag_id, run_id, table_name
            order by loaded_at desc, try_number desc
        ) as recency
    from load_audit
    where
        window_start < cast('{{ end }}' as timestamp)
        and window_end > cast('{{ start }}' as timestamp)
        and table_name in ('staging.events', 'users', 'time')
),

runs as (
    select
        dag_id,
        run_id,
        min(window_start) as window_start,
        max(window_end) as window_end,
        max(case when table_name = 'staging.events' then outcome end) as outcome,
        max(case when table_name = 'staging.events' then loaded_at end) as staged_at,
        max(case when table_name = 'users' then loaded_at end) as users_at,
        max(case when table_name = 'time' then loaded_at end) as time_at
    from tries
    where recency = 1
    group by
        dag_id,
        run_id
)

select
    dag_id,
    run_id,
    window_start,
    window_end,
    outcome,
    staged_at,
    case
        when users_at is null or users_at < staged_at then 'unfinished'
        when time_at is null or time_at < staged_at then 'unfinished'
        else 'loaded'
    end as status
from runs
where staged_at is not null
