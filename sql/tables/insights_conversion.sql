-- Purpose: who pays, and who begins or ceases to.
-- Grain: one row per day, in UTC, that has a play.
-- Refresh: replaced by refresh_insights with what insights/conversion.sql gives.
create table if not exists insights.conversion (
    day date not null,
    free_listeners bigint not null,
    paid_listeners bigint not null,
    conversions bigint not null,
    churned bigint not null
)
diststyle all;
