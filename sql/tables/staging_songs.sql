-- Purpose: a mirror of the song catalogue in S3, with the ledger of the objects that are in it.
-- Grain: one row per song file, one ledger row per object.
-- Refresh: synchronised by stage_songs; rows and ledger change in one transaction.
create schema if not exists staging;

create table if not exists staging.songs (
    num_songs integer,
    artist_id varchar(32) not null,
    artist_latitude double precision,
    artist_longitude double precision,
    artist_location varchar(500),
    artist_name varchar(500),
    song_id varchar(32) not null,
    title varchar(500),
    duration double precision,
    year integer
)
diststyle even
-- The fact's join finds the titles of a window without reading the catalogue.
compound sortkey (title);

create table if not exists staging.songs_ledger (
    object_key varchar(1024) not null,
    etag varchar(64) not null
)
diststyle even;

create table if not exists staging.lock_songs_mirror (held boolean);

-- The fingerprint of the objects that the mirror holds: an unchanged catalogue is told without reading the ledger.
create table if not exists staging.version_songs_mirror (version varchar(64) not null) diststyle all;
