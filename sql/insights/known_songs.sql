-- Question: of how many plays do we know the song?
-- Grain: one row per day, in UTC, that has a play.
-- Counts: all plays; known are those whose title and artist the catalogue had when they were loaded. The share is from
-- 0 to 1.
select
    cast(start_time as date) as day,
    count(*) as plays,
    count(song_id) as known_plays,
    cast(count(song_id) as double precision) / count(*) as known_share
from songplays
group by cast(start_time as date)
