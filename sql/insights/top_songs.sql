-- Question: which songs are played most?
-- Grain: one row per song, the 20 most played; rank 1 first. As many plays: more listeners, then the lower song_id.
-- Counts: plays whose song the catalogue has; all others have no song_id and are in no rank.
with plays_by_song as (
    select
        song_id,
        count(*) as plays,
        count(distinct user_id) as listeners
    from songplays
    where song_id is not null
    group by song_id
),

ranked as (
    select
        song_id,
        plays,
        listeners,
        row_number() over (
            order by
                plays desc,
                listeners desc,
                song_id asc
        ) as rank
    from plays_by_song
)

select
    ranked.rank,
    ranked.song_id,
    songs.title,
    artists.name as artist_name,
    ranked.plays,
    ranked.listeners
from ranked
left join songs on ranked.song_id = songs.song_id
left join artists on songs.artist_id = artists.artist_id
where ranked.rank <= 20
