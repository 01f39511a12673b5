-- Question: which are the busiest days of the week?
-- Grain: one row per day of the week, 0 to 6, 0 is Sunday, in UTC; also those without a play.
-- Counts: all plays of all weeks; a listener counts once in each day of the week.
with weekdays as (
    select 0 as weekday
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
),

plays_by_weekday as (
    select
        cast(extract(dow from start_time) as integer) as weekday,
        count(*) as plays,
        count(distinct user_id) as listeners
    from songplays
    group by cast(extract(dow from start_time) as integer)
)

select
    weekdays.weekday,
    coalesce(plays_by_weekday.plays, 0) as plays,
    coalesce(plays_by_weekday.listeners, 0) as listeners
from weekdays
left join plays_by_weekday on weekdays.weekday = plays_by_weekday.weekday
