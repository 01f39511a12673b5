-- Purpose: from when to when hours have been asked for.
-- Grain: one row; nulls before the first load.
select
    min(window_start) as first_hour,
    max(window_end) as last_hour
from load_audit
where table_name = 'staging.events'
