-- Question: how many listen on a day?
-- Grain: one row per day, in UTC, that has a play.
-- Counts: listeners with at least one play that day, and all plays.
select
    cast(start_time as date) as day,
    count(distinct user_id) as listeners,
    count(*) as plays
from songplays
group by cast(start_time as date)
