"""What the warehouse is made of: the DDL, the migrations and the grants, by their paths in `sql/`."""

from sparkify.insights import QUESTIONS

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
    *(f"tables/insights_{question}.sql" for question in QUESTIONS),
)

# In the order in which they were written; each is applied once.
MIGRATIONS: tuple[str, ...] = (
    "migrations/0001_quality_samples.sql",
    "migrations/0002_load_order.sql",
    "migrations/0003_no_checked_versions.sql",
)

# What the analysts' group may read; given anew whenever tables are made. The other grants are the owner's to run.
GRANTS = ("grants/analysts.sql",)
