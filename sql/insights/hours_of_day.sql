-- Question: which are the busiest hours of the day?
-- Grain: one row per hour of the day, 0 to 23, in UTC; also those without a play.
-- Counts: all plays of all days; a listener counts once in each hour of the day.
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
),

hours as (
    select 6 * sixes.digit + ones.digit as hour
    from digits as sixes
    cross join digits as ones
    where sixes.digit < 4
),

plays_by_hour as (
    select
        cast(extract(hour from start_time) as integer) as hour,
        count(*) as plays,
        count(distinct user_id) as listeners
    from songplays
    group by cast(extract(hour from start_time) as integer)
)

select
    hours.hour,
    coalesce(plays_by_hour.plays, 0) as plays,
    coalesce(plays_by_hour.listeners, 0) as listeners
from hours
left join plays_by_hour on hours.hour = plays_by_hour.hour
