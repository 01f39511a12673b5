-- Question: what are the insights made from?
-- Grain: one row.
-- Counts: all plays; and the recorded loads that changed what insights are made from, which tell whether anything was
-- loaded since: another load, another number.
with plays as (
    select
        count(*) as facts,
        min(start_time) as first_play,
        max(start_time) as last_play
    from songplays
),

recorded as (
    select
        count(*) as loads,
        max(loaded_at) as last_load
    from load_audit
    where
        table_name in ('songplays', 'songs', 'artists')
        and outcome <> 'unchanged'
        and rows_inserted + rows_updated + rows_deleted > 0
)

select
    plays.facts,
    plays.first_play,
    plays.last_play,
    recorded.loads,
    recorded.last_load
from plays
cross join recorded
