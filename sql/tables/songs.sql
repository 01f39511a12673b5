-- Purpose: the catalogue's songs.
-- Grain: one row per song.
-- Refresh: reconciled with all of staging.songs by load_songs.
-- A copy on every node: small, and joined by a column that songplays is not distributed by.
create table if not exists songs (
    song_id varchar(32) not null,
    title varchar(500),
    artist_id varchar(32) not null,
    year integer,
    duration double precision,
    primary key (song_id)
)
diststyle all
compound sortkey (song_id);

create table if not exists staging.lock_songs (held boolean);

-- The mirror's version that songs was last reconciled with: while the mirror has it, there is nothing to do.
create table if not exists staging.version_songs (version varchar(64) not null) diststyle all;
