-- Purpose: the parts of each moment at which a song was played.
-- Grain: one row per start_time of songplays.
-- Refresh: load_time replaces the run's window.
-- Distributed and sorted by start_time: it grows as fast as the facts and is joined and read by it.
create table if not exists time (
    start_time timestamp not null,
    hour integer not null,
    day integer not null,
    week integer not null,
    month integer not null,
    year integer not null,
    weekday integer not null,
    primary key (start_time)
)
distkey (start_time)
compound sortkey (start_time);

create table if not exists staging.lock_time (held boolean);
