"""The S3 sources and the warehouse's tables as Airflow's assets: what the UI's asset graph and asset schedules name.

Assets are static: Airflow reads them when it parses a DAG file, where neither a connection nor a Variable may be asked.

- A table's URI has the form that the Amazon provider prescribes, redshift://host:port/database/schema/table. Host and
  database are the connection's id and the project's name: the same asset wherever the warehouse is. Airflow takes an
  asset with another URI for another asset, without the events that it had; a restored or resized cluster is the same.
- A source's URI names the bucket and prefix. They are those of Airflow's Variables `sparkify_source`,
  `sparkify_log_layout` and `sparkify_song_prefix` where these are set by environment variables of Airflow's processes,
  the one way to set a Variable that costs no question; else those of the public data set. A task that reads from
  elsewhere warns in its log. A source's name is its URI: Airflow fails every task with an asset whose name another
  asset still has, so with a name of its own no load would run for a while after the source was changed.

<https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/assets.html> has the forms.
"""

import os
from typing import TYPE_CHECKING

from airflow.sdk import Asset

from sparkify.identifiers import table_name
from sparkify.layout import shared_directory
from sparkify.s3 import join_url

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context
    from pydantic.types import JsonValue

    from sparkify.audit import LoadCounts
    from sparkify.window import Window

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
    places = {"logs": join_url(source, shared_directory(layout)), "songs": join_url(source, prefix)}
    return {name: Asset(uri=place.rstrip("/"), group="S3") for name, place in places.items()}


def warn_if_elsewhere(task: "BaseOperator", url: str) -> None:
    """Log a warning if a task whose inlet is in S3 reads from another place: the asset graph then names the wrong one.

    :param url: what the task reads, an s3:// prefix.
    """
    for inlet in task.inlets:
        if isinstance(inlet, Asset) and inlet.uri.startswith("s3://") and inlet.uri != url.rstrip("/"):
            task.log.warning(
                "The asset graph says %s, but this task reads %s: set AIRFLOW_VAR_SPARKIFY_SOURCE, _LOG_LAYOUT and "
                "_SONG_PREFIX in the environment of Airflow's processes instead of the Variables",
                inlet.uri,
                url,
            )


def tell_change(
    task: "BaseOperator", context: "Context", window: "Window", counts: "LoadCounts", *, changed_before: bool = False
) -> None:
    """See to it that the task's success makes an event of each of its outlets if rows changed, and none otherwise.

    Outlets are declared with the task, else the UI's graph would not know them; and Airflow makes an event of each
    outlet that the task still has when it succeeds. So a load that changed nothing takes them off its own copy of
    the task, which ends with the task's process. An asset alias would make its events as they come, but the graph
    would show no table before the first.

    :param task: the task as it is being executed.
    :param counts: what it did; events carry it, with the window and the run's id.
    :param changed_before: whether an earlier try has changed rows and perhaps could not tell: then this one does.
    """
    if not (counts.changed or changed_before):
        task.outlets = []
        return
    extra: dict[str, JsonValue] = {
        "run_id": context["run_id"],
        "window_start": window.start.isoformat(),
        "window_end": window.end.isoformat(),
        "rows_staged": counts.rows_staged,
        "rows_inserted": counts.rows_inserted,
        "rows_updated": counts.rows_updated,
        "rows_deleted": counts.rows_deleted,
    }
    for outlet in task.outlets:
        context["outlet_events"][outlet].extra.update(extra)
