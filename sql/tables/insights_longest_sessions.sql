-- Purpose: the longest sessions.
-- Grain: one row per session and user, the 20 longest; rank 1 first, no rank twice.
-- Refresh: replaced by refresh_insights with what insights/longest_sessions.sql gives.
create table if not exists insights.longest_sessions (
    rank integer not null,
    session_id bigint not null,
    user_id integer not null,
    started_at timestamp not null,
    ended_at timestamp not null,
    minutes double precision not null,
    plays bigint not null
)
diststyle all;
