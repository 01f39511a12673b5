-- Purpose: the most played artists.
-- Grain: one row per artist of the catalogue, the 20 most played; rank 1 first, no rank twice.
-- Refresh: replaced by refresh_insights with what insights/top_artists.sql gives.
create table if not exists insights.top_artists (
    rank integer not null,
    artist_id varchar(32) not null,
    name varchar(500),
    plays bigint not null,
    listeners bigint not null
)
diststyle all;
