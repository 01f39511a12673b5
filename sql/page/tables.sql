-- Purpose: how many rows the tables have, and up to when their content reaches.
-- Grain: one row per table.
select
    'songplays' as table_name,
    count(*) as row_count,
    max(start_time) as reaches_to
from songplays
union all
select
    'users' as table_name,
    count(*) as row_count,
    max(last_event_at) as reaches_to
from users
union all
select
    'songs' as table_name,
    count(*) as row_count,
    cast(null as timestamp) as reaches_to
from songs
union all
select
    'artists' as table_name,
    count(*) as row_count,
    cast(null as timestamp) as reaches_to
from artists
union all
select
    'time' as table_name,
    count(*) as row_count,
    max(start_time) as reaches_to
from time
