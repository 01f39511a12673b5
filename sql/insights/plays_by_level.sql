-- Question: how much do free and paying listeners play, over time?
-- Grain: one row per day, in UTC, and level that has a play.
-- Counts: all plays, by the level that the listener had at that moment; `unknown` where the play has none.
select
    cast(start_time as date) as day,
    coalesce(level, 'unknown') as level,
    count(*) as plays,
    count(distinct user_id) as listeners
from songplays
group by
    cast(start_time as date),
    coalesce(level, 'unknown')
