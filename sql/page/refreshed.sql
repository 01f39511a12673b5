-- Purpose: when and from what the insights were computed.
-- Grain: one row, none before the first time.
select
    computed_at,
    facts,
    first_play,
    last_play,
    run_id
from insights.refreshed
