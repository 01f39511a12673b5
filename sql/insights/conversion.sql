-- Question: how many listen for free, how many pay, and how many begin or cease to pay?
-- Grain: one row per day, in UTC, that has a play.
-- Counts: conversions are plays as `paid` of listeners whose play before was `free`, churned the other way round; a
-- listener may change several times, and counts as often. Who changes within a day is a free and a paid listener of it.
with plays as (
    select
        start_time,
        user_id,
        level,
        lag(level) over (
            partition by user_id
            order by
                start_time asc,
                session_id asc,
                songplay_id asc
        ) as previous_level
    from songplays
    -- Plays of an unknown listener or level would part those before from those after.
    where
        user_id is not null
        and level is not null
)

select
    cast(start_time as date) as day,
    count(distinct case when level = 'free' then user_id end) as free_listeners,
    count(distinct case when level = 'paid' then user_id end) as paid_listeners,
    count(case when previous_level = 'free' and level = 'paid' then 1 end) as conversions,
    count(case when previous_level = 'paid' and level = 'free' then 1 end) as churned
from plays
group by cast(start_time as date)
