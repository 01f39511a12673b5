"""The S3 sources and the warehouse's tables as Airflow's assets: what the UI's asset graph and asset schedules name.

Assets are static: Airflow reads them when it parses a DAG file, where neither a connection nor a Variable may be asked.

- A table's URI has the form that the Amazon provider prescribes, redshift://host:port/database/schema/table. Host and
  database are the connection's id and the project's name: the same asset wherever the warehouse is. Airflow takes an
  asset with another URI for another asset, without the events that it had; a restored or resized cluster is the same.
- A source's URI names the bucket and prefix. They are those of Airflow's Variables `sparkify_source`,
  `sparkify_log_layout` and `sparkify_song_prefix` where these are set by environment variables of Airflow's processes,
  the one way to set a Variable that costs no question; else those of the public data set. StageToRedshiftOperator
  warns where it reads from elsewhere.

<https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/assets.html> has the forms.
"""

import os

from airflow.sdk import Asset

from sparkify.identifiers import table_name
from sparkify.s3 import join_url

_STAR_SCHEMA = ("songplays", "users", "songs", "artists", "time")
_WAREHOUSE = "redshift://redshift:5439/sparkify"
_SOURCE = "s3://udacity-dend"
_LOG_LAYOUT = "log_data/%Y/%m/%Y-%m-%d-events.json"
_SONG_PREFIX = "song_data/"


def table_asset(name: str) -> Asset:
    """Return a table's asset; the same for the same name, so that one DAG may wait for what another makes.

    :param name: `songplays`, `users`, `songs`, `artists`, `time`, `staging.events`, `staging.songs`, or
        `insights.<question>`.
    :raises ValueError: for another table: a DAG that waits for a misspelt one would wait for ever.
    """
    schema, _, table = table_name(name).rpartition(".")
    if schema not in ("staging", "insights") and name not in _STAR_SCHEMA:
        raise ValueError(f"{name!r} is no table of the star schema, nor in staging or insights")
    return Asset(name, f"{_WAREHOUSE}/{schema or 'public'}/{table}", group=schema or "star schema")


def source_assets() -> dict[str, Asset]:
    """Return the assets of the sources in S3: `logs`, the log files, and `songs`, the song catalogue."""
    source = os.environ.get("AIRFLOW_VAR_SPARKIFY_SOURCE", _SOURCE)
    layout = os.environ.get("AIRFLOW_VAR_SPARKIFY_LOG_LAYOUT", _LOG_LAYOUT)
    prefix = os.environ.get("AIRFLOW_VAR_SPARKIFY_SONG_PREFIX", _SONG_PREFIX)
    # Of a layout the directories that are the same for every hour.
    logs = layout.partition("%")[0].rpartition("/")[0]
    return {
        "logs": Asset("log files", join_url(source, logs).rstrip("/"), group="S3"),
        "songs": Asset("song catalogue", join_url(source, prefix).rstrip("/"), group="S3"),
    }
