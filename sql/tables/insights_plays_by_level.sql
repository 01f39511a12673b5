-- Purpose: plays by level over time.
-- Grain: one row per day, in UTC, and level that has a play.
-- Refresh: replaced by refresh_insights with what insights/plays_by_level.sql gives.
create table if not exists insights.plays_by_level (
    day date not null,
    level varchar(16) not null,
    plays bigint not null,
    listeners bigint not null
)
diststyle all;
