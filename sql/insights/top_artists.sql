-- Question: which artists are played most?
-- Grain: one row per artist, the 20 most played; rank 1 first. As many plays: more listeners, then the lower artist_id.
-- Counts: plays whose song the catalogue has; all others have no artist_id and are in no rank.
with plays_by_artist as (
    select
        artist_id,
        count(*) as plays,
        count(distinct user_id) as listeners
    from songplays
    where artist_id is not null
    group by artist_id
),

ranked as (
    select
        artist_id,
        plays,
        listeners,
        row_number() over (
            order by
                plays desc,
                listeners desc,
                artist_id asc
        ) as rank
    from plays_by_artist
)

select
    ranked.rank,
    ranked.artist_id,
    artists.name,
    ranked.plays,
    ranked.listeners
from ranked
left join artists on ranked.artist_id = artists.artist_id
where ranked.rank <= 20
