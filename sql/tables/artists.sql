-- Purpose: the catalogue's artists.
-- Grain: one row per artist.
-- Refresh: reconciled with all of staging.songs by load_artists.
-- A copy on every node: small, and joined by a column that songplays is not distributed by.
create table if not exists artists (
    artist_id varchar(32) not null,
    name varchar(500),
    location varchar(500),
    latitude double precision,
    longitude double precision,
    primary key (artist_id)
)
diststyle all
compound sortkey (artist_id);

create table if not exists staging.lock_artists (held boolean);

-- The mirror's version that artists was last reconciled with: while the mirror has it, there is nothing to do.
create table if not exists staging.version_artists (version varchar(64) not null) diststyle all;
