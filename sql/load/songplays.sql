-- Purpose: the plays among the run's staged events, with their song where the catalogue has it.
-- Grain: one row per distinct NextSong event.
-- Refresh: the operator replaces the run's window by it.
with plays as (
    select
        md5(
            coalesce(cast(user_id as varchar(20)), '') || '|'
            || coalesce(cast(session_id as varchar(20)), '') || '|'
            || coalesce(cast(item_in_session as varchar(20)), '') || '|'
            || to_char(ts, 'YYYY-MM-DD HH24:MI:SS.US')
        ) as songplay_id,
        ts as start_time,
        user_id,
        level,
        session_id,
        location,
        user_agent,
        song,
        artist,
        length
    from {{ staging_table('staging.events', dag_run) }}
    where page = 'NextSong'
),

-- A title by an artist may be in the catalogue several times: nearest duration, then lowest id.
-- An event may be in the files several times: the order is total, so a rerun picks the same.
ranked as (
    select
        plays.songplay_id,
        plays.start_time,
        plays.user_id,
        plays.level,
        songs.song_id,
        songs.artist_id,
        plays.session_id,
        plays.location,
        plays.user_agent,
        row_number() over (
            partition by plays.songplay_id
            order by
                case when songs.song_id is null then 1 else 0 end,
                coalesce(abs(songs.duration - plays.length), 1e9),
                songs.song_id,
                songs.artist_id,
                plays.song,
                plays.artist,
                plays.length,
                plays.level,
                plays.location,
                plays.user_agent
        ) as preference
    from plays
    left join staging.songs
        on
            plays.song = songs.title
            and plays.artist = songs.artist_name
)

select
    songplay_id,
    start_time,
    user_id,
    level,
    song_id,
    artist_id,
    session_id,
    location,
    user_agent
from ranked
where preference = 1
