-- Question: which sessions last longest?
-- Grain: one row per session and listener, the 20 longest; rank 1 first. As long: more plays, then the lower
-- session_id, then the lower user_id.
-- Counts: the minutes between the first and the last play's beginning; how long the last play went on nobody records.
with sessions as (
    select
        session_id,
        user_id,
        min(start_time) as started_at,
        max(start_time) as ended_at,
        count(*) as plays
    from songplays
    where
        session_id is not null
        and user_id is not null
    group by
        session_id,
        user_id
),

timed as (
    select
        session_id,
        user_id,
        started_at,
        ended_at,
        cast(datediff(millisecond, started_at, ended_at) as double precision) / 60000 as minutes,
        plays
    from sessions
),

ranked as (
    select
        session_id,
        user_id,
        started_at,
        ended_at,
        minutes,
        plays,
        row_number() over (
            order by
                minutes desc,
                plays desc,
                session_id asc,
                user_id asc
        ) as rank
    from timed
)

select
    rank,
    session_id,
    user_id,
    started_at,
    ended_at,
    minutes,
    plays
from ranked
where rank <= 20
