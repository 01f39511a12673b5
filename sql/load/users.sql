-- Purpose: each user's latest state among the run's staged events, on whatever page.
-- Grain: one row per user.
-- Refresh: the operator upserts it; last_event_at decides which state is newer.
select
    user_id,
    first_name,
    last_name,
    gender,
    level,
    last_event_at
from (
    select
        user_id,
        first_name,
        last_name,
        gender,
        level,
        ts as last_event_at,
        row_number() over (
            partition by user_id
            order by
                ts desc,
                session_id desc,
                item_in_session desc,
                level desc,
                first_name desc,
                last_name desc,
                gender desc
        ) as recency
    from {{ staging_table('staging.events', dag_run) }}
    where user_id is not null
) as ranked
where recency = 1
