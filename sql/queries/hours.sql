-- Purpose: which hours of a range are loaded, empty, unfinished or missing, by what loads recorded of themselves.
-- Grain: one row per hour from the start to before the end; put two whole hours in the places of both, at
-- most 100,000 hours apart.
-- loaded: it has plays. empty: a run has loaded it, and it has none; the reason is no_file or no_rows where the run
-- staged nothing, no_plays where it staged other hours or other pages. unfinished: the latest run that covers the hour
-- has staged it and not loaded all that is to be loaded: it is going on, or has failed. missing: no run has covered it.
with digits as (
    select 0 as digit
    union all
    select 1
    union all
    select 2
    union all
    select 3
    union all
    select 4
    union all
    select 5
    union all
    select 6
    union all
    select 7
    union all
    select 8
    union all
    select 9
),

numbers as (
    select
        ones.digit
        + 10 * tens.digit
        + 100 * hundreds.digit
        + 1000 * thousands.digit
        + 10000 * ten_thousands.digit as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
),

hours as (
    select dateadd(hour, number, cast('{{ start }}' as timestamp)) as hour_start
    from numbers
    where number < datediff(hour, cast('{{ start }}' as timestamp), cast('{{ end }}' as timestamp))
),

-- Not from the view load_status: it ranks all loads that there ever were, before any could be left out by its window.
tries as (
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
),

played as (
    select distinct date_trunc('hour', start_time) as hour_start
    from songplays
    where
        start_time >= cast('{{ start }}' as timestamp)
        and start_time < cast('{{ end }}' as timestamp)
),

covered as (
    select
        hours.hour_start,
        runs.run_id,
        runs.outcome,
        runs.staged_at,
        case
            when runs.staged_at is null then 'missing'
            when runs.users_at is null or runs.users_at < runs.staged_at then 'unfinished'
            when runs.time_at is null or runs.time_at < runs.staged_at then 'unfinished'
            when played.hour_start is null then 'empty'
            else 'loaded'
        end as status,
        row_number() over (
            partition by hours.hour_start
            order by
                case when runs.staged_at is null then 1 else 0 end,
                runs.staged_at desc,
                runs.run_id desc
        ) as recency
    from hours
    left join runs
        on
            hours.hour_start >= runs.window_start
            and dateadd(hour, 1, hours.hour_start) <= runs.window_end
    left join played
        on hours.hour_start = played.hour_start
)

select
    hour_start,
    status,
    case when status = 'empty' and outcome = 'loaded' then 'no_plays' else outcome end as reason,
    run_id,
    staged_at
from covered
where recency = 1
order by hour_start
