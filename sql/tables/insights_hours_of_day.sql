-- Purpose: the busiest hours of the day.
-- Grain: one row per hour of the day, in UTC; all 24, also those without a play.
-- Refresh: replaced by refresh_insights with what insights/hours_of_day.sql gives.
create table if not exists insights.hours_of_day (
    hour integer not null,
    plays bigint not null,
    listeners bigint not null
)
diststyle all;
