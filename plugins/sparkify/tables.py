"""What the warehouse is made of: the DDL, the migrations and the grants, by their paths in `sql/`."""

# In the order of their references.
TABLES = (
    "tables/schema_migrations.sql",
    "tables/staging_events.sql",
    "tables/staging_songs.sql",
    "tables/users.sql",
    "tables/songs.sql",
    "tables/artists.sql",
    "tables/time.sql",
    "tables/songplays.sql",
    "tables/load_audit.sql",
    "tables/load_status.sql",
    "tables/quality_results.sql",
    "tables/insights_refreshed.sql",
    "tables/insights_top_songs.sql",
    "tables/insights_top_artists.sql",
    "tables/insights_hours_of_day.sql",
    "tables/insights_weekdays.sql",
    "tables/insights_plays_by_level.sql",
    "tables/insights_conversion.sql",
    "tables/insights_active_listeners.sql",
    "tables/insights_longest_sessions.sql",
    "tables/insights_top_locations.sql",
    "tables/insights_known_songs.sql",
)

# In the order in which they were written; each is applied once.
MIGRATIONS: tuple[str, ...] = (
    "migrations/0001_quality_samples.sql",
    "migrations/0002_load_order.sql",
    "migrations/0003_no_checked_versions.sql",
)

# What the analysts' group may read; given anew whenever tables are made. grants/bootstrap.sql is the owner's to run.
GRANTS = ("grants/analysts.sql",)
