-- Purpose: the artists of the whole mirrored catalogue.
-- Grain: one row per artist; of several spellings, the one that most songs have, then the first. Trailing blanks go:
-- Redshift takes texts that differ in nothing else for equal, so that they could not be ordered.
-- Refresh: the operator upserts it.
select
    artist_id,
    name,
    location,
    latitude,
    longitude
from (
    select
        artist_id,
        artist_name as name,
        artist_location as location,
        artist_latitude as latitude,
        artist_longitude as longitude,
        row_number() over (
            partition by artist_id
            order by
                songs desc,
                artist_name asc,
                artist_location asc,
                artist_latitude asc,
                artist_longitude asc
        ) as preference
    from (
        select
            artist_id,
            rtrim(artist_name) as artist_name,
            rtrim(artist_location) as artist_location,
            artist_latitude,
            artist_longitude,
            count(*) as songs
        from staging.songs
        group by
            artist_id,
            rtrim(artist_name),
            rtrim(artist_location),
            artist_latitude,
            artist_longitude
    ) as spellings
) as ranked
where preference = 1
