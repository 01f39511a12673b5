-- Purpose: the places with most plays.
-- Grain: one row per location, the 20 with most plays; rank 1 first, no rank twice.
-- Refresh: replaced by refresh_insights with what insights/top_locations.sql gives.
create table if not exists insights.top_locations (
    rank integer not null,
    location varchar(500) not null,
    plays bigint not null,
    listeners bigint not null
)
diststyle all;
