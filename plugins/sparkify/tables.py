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
)

# In the order in which they were written; each is applied once.
MIGRATIONS: tuple[str, ...] = ()

# What the analysts' group may read; given anew whenever tables are made.
GRANTS: tuple[str, ...] = ()
