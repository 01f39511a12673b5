-- Purpose: who listens, with the level of their latest event.
-- Grain: one row per user.
-- Refresh: upserted by load_users; the latest event wins, in whatever order hours are loaded.
-- Distribution by user_id: joins with songplays stay on their slice.
create table if not exists users (
    user_id integer not null,
    first_name varchar(256),
    last_name varchar(256),
    gender varchar(16),
    level varchar(16),
    last_event_at timestamp not null,
    primary key (user_id)
)
distkey (user_id)
compound sortkey (user_id);

create table if not exists staging.lock_users (held boolean);
