-- Purpose: the most played songs.
-- Grain: one row per song of the catalogue, the 20 most played; rank 1 first, no rank twice.
-- Refresh: replaced by refresh_insights with what insights/top_songs.sql gives.
create table if not exists insights.top_songs (
    rank integer not null,
    song_id varchar(32) not null,
    title varchar(500),
    artist_name varchar(500),
    plays bigint not null,
    listeners bigint not null
)
diststyle all;
