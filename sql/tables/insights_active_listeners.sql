-- Purpose: active listeners by day.
-- Grain: one row per day, in UTC, that has a play.
-- Refresh: replaced by refresh_insights with what insights/active_listeners.sql gives.
create table if not exists insights.active_listeners (
    day date not null,
    listeners bigint not null,
    plays bigint not null
)
diststyle all;
