-- Purpose: the share of plays whose song the catalogue has.
-- Grain: one row per day, in UTC, that has a play.
-- Refresh: replaced by refresh_insights with what insights/known_songs.sql gives.
create table if not exists insights.known_songs (
    day date not null,
    plays bigint not null,
    known_plays bigint not null,
    known_share double precision not null
)
diststyle all;
