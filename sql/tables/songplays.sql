-- Purpose: every play of a song.
-- Grain: one row per distinct NextSong event (user, session, item in session, moment).
-- Refresh: load_songplays replaces the run's window.
-- Distributed by user_id: song_id is mostly null and would put nearly all rows on one slice.
-- Sorted by start_time: loads, checks and most questions read a span of time.
create table if not exists songplays (
    songplay_id char(32) not null,
    start_time timestamp not null,
    user_id integer,
    level varchar(16),
    song_id varchar(32),
    artist_id varchar(32),
    session_id bigint,
    location varchar(500),
    user_agent varchar(1000),
    primary key (songplay_id),
    foreign key (user_id) references users (user_id),
    foreign key (song_id) references songs (song_id),
    foreign key (artist_id) references artists (artist_id),
    foreign key (start_time) references time (start_time)
)
distkey (user_id)
compound sortkey (start_time);

create table if not exists staging.lock_songplays (held boolean);
