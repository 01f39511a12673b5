"""The analytics team's questions: each a SELECT `sql/insights/<question>.sql`, its answer in `insights.<question>`."""

# The columns of each answer, in their order.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "top_songs": ("rank", "song_id", "title", "artist_name", "plays", "listeners"),
    "top_artists": ("rank", "artist_id", "name", "plays", "listeners"),
    "hours_of_day": ("hour", "plays", "listeners"),
    "weekdays": ("weekday", "plays", "listeners"),
    "plays_by_level": ("day", "level", "plays", "listeners"),
    "conversion": ("day", "free_listeners", "paid_listeners", "conversions", "churned"),
    "active_listeners": ("day", "listeners", "plays"),
    "longest_sessions": ("rank", "session_id", "user_id", "started_at", "ended_at", "minutes", "plays"),
    "top_locations": ("rank", "location", "plays", "listeners"),
    "known_songs": ("day", "plays", "known_plays", "known_share"),
}

# What the answers were made from. `sql/insights/refreshed.sql` tells it of the warehouse as it is.
REFRESHED_TABLE = "insights.refreshed"
STATE_COLUMNS = ("facts", "first_play", "last_play", "loads", "last_load")
