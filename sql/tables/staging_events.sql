-- Purpose: the shape of a run's own staging table of log events; itself always empty.
-- Grain: one row per event of the log files.
-- Refresh: each run makes staging.events_<digest of the run> like it, and drops that at its end.
create schema if not exists staging;

-- ts and page are not null: jsonpaths that match nothing load nulls without an error.
-- Even distribution and no sort key: it is written once and read a few times.
create table if not exists staging.events (
    artist varchar(500),
    auth varchar(32),
    first_name varchar(256),
    gender varchar(16),
    item_in_session integer,
    last_name varchar(256),
    length double precision,
    level varchar(16),
    location varchar(500),
    method varchar(16),
    page varchar(64) not null,
    registration bigint,
    session_id bigint,
    song varchar(500),
    status integer,
    ts timestamp not null,
    user_agent varchar(1000),
    user_id integer
)
diststyle even;
