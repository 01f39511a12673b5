-- Purpose: in which hours of a span songs were played.
-- Grain: one row per hour with a play, from start to before end.
select distinct date_trunc('hour', start_time) as hour_start
from songplays
where
    start_time >= cast('{{ start }}' as timestamp)
    and start_time < cast('{{ end }}' as timestamp)
