-- Songs and artists are checked by the run after the loads, which need not remember what has passed.
drop table if exists staging.version_songs_checked;

drop table if exists staging.version_artists_checked;
