-- Purpose: the parts of the moments at which songs were played.
-- Grain: one row per start_time; weekday 0 is Sunday.
-- Refresh: the operator replaces the run's window by it.
select distinct
    start_time,
    extract(hour from start_time) as hour,
    extract(day from start_time) as day,
    extract(week from start_time) as week,
    extract(month from start_time) as month,
    extract(year from start_time) as year,
    extract(dow from start_time) as weekday
from songplays
