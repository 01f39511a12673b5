-- Purpose: the songs of the whole mirrored catalogue.
-- Grain: one row per song; where files disagree, the order over their content decides. Trailing blanks go: Redshift
-- takes texts that differ in nothing else for equal, so that they could not be ordered.
-- Refresh: the operator upserts it.
select
    song_id,
    title,
    artist_id,
    year,
    duration
from (
    select
        song_id,
        rtrim(title) as title,
        artist_id,
        year,
        duration,
        row_number() over (
            partition by song_id
            order by
                coalesce(year, 0) desc,
                year asc,
                rtrim(title) asc,
                artist_id asc,
                duration asc
        ) as preference
    from staging.songs
) as ranked
where preference = 1
