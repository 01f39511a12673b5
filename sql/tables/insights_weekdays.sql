-- Purpose: the busiest days of the week.
-- Grain: one row per day of the week, 0 is Sunday; all 7, also those without a play.
-- Refresh: replaced by refresh_insights with what insights/weekdays.sql gives.
create table if not exists insights.weekdays (
    weekday integer not null,
    plays bigint not null,
    listeners bigint not null
)
diststyle all;
