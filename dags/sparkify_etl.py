"""
# Sparkify: an hour of logs, from S3 into the star schema

Stages the log objects that overlap the run's window and mirrors the song catalogue, loads the fact `songplays` and
the dimensions `users`, `songs`, `artists` and `time`, checks them, and drops the run's staging table.

**Window.** Scheduled and backfill runs load their data interval, one hour. A manual run loads what the form's
`start` and `end` say (both or neither; a month is fine), or without them the last whole hour. Each task logs it.

**To load an old window** trigger with `start` and `end`, or make a backfill. Do not give a manual run an old logical
date: Airflow gives a run outside the DAG's dates no tasks, and calls it a success.

**To load a window again** clear its run from `stage_events` with downstream, or trigger it anew. A window's facts are
replaced, never added to; users are upserted, the latest event winning. Any order of hours gives the same tables.

**When a task fails** its last lines say what and where. Bad data, a missing bucket and a denied role fail at once;
lost connections and conflicts are retried. A failed run keeps its table `staging.events_…` and its manifests, until
`sparkify_housekeeping` removes them; correct the file, then clear `stage_events` with downstream. An hour without file
or rows is green: `load_status` says which. To kill a task, mark it failed: its statement ends in the warehouse, too.

**Which hours are loaded**, empty or missing, the query `sql/queries/hours.sql` tells.

**Alerts.** A failed task tells the webhook that the connection `sparkify_alerts` names, if there is one. So does a run
that is not finished `SPARKIFY_DEADLINE_MINUTES` after it was queued, if the environment of Airflow's processes says so;
Airflow's triggerer sends that. The runs of a backfill wait for each other, and so have no deadline.

**Schedule.** Hourly once unpaused, from the current hour on. To begin earlier, set `SPARKIFY_SCHEDULE_START` for all of
Airflow's processes before the first scheduled or backfill run: Airflow goes on after the latest. Later, backfill.

**Settings** are the connections `redshift`, `redshift_s3_role` and `aws_default`, and the Variables `sparkify_source`,
`sparkify_log_layout`, `sparkify_song_prefix`, `sparkify_jsonpaths`, `sparkify_manifest_prefix` and `sparkify_region`.
A task that cannot read one of these Variables fails, names it, and is tried again.
"""

import os
from datetime import UTC, datetime, timedelta

import jinja2
from airflow.sdk import DAG, CronDataIntervalTimetable, Param
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from sparkify.alerts import deadline_missed, task_failed
from sparkify.assets import source_assets, table_asset
from sparkify.identifiers import staging_table
from sparkify.operators.data_quality import DataQualityOperator
from sparkify.operators.drop_staging import DropStagingOperator
from sparkify.operators.load_dimension import LoadDimensionOperator
from sparkify.operators.load_fact import LoadFactOperator
from sparkify.operators.stage_to_redshift import StageToRedshiftOperator
from sparkify.retry_policy import WarehouseRetryPolicy
from sparkify.sql_files import sql_folder
from sparkify.window import parse_utc, resolve_window

schedule_start: datetime | None = None
if start_text := os.environ.get("SPARKIFY_SCHEDULE_START"):
    schedule_start = parse_utc(start_text).astimezone(UTC)

deadline: DeadlineAlert | None = None
if minutes := os.environ.get("SPARKIFY_DEADLINE_MINUTES"):
    # Counted from when the run was queued: an old hour that is loaded late has missed nothing.
    deadline = DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=float(minutes)),
        callback=AsyncCallback(deadline_missed),
    )

window = {
    "window_start": "{{ window(dag_run, params).start.isoformat() }}",
    "window_end": "{{ window(dag_run, params).end.isoformat() }}",
}
# No Variable has a default: to Airflow one that cannot be read for a moment is one that is not set, and would become
# its default. Loaded from there instead, an hour finds no file, is emptied, and all is green.
source = {
    "source": "{{ var.value.sparkify_source }}",
    "region": "{{ var.value.sparkify_region }}",
    "manifest_prefix": "{{ var.value.sparkify_manifest_prefix }}",
}
staging_events = "{{ staging_table('staging.events', dag_run) }}"
staged = {"staging": staging_events, "staged_by": "stage_events"}
sources = source_assets()

with DAG(
    dag_id="sparkify_etl",
    description="Hourly: S3 logs and songs → staging → star schema → checks",
    doc_md=__doc__,
    tags=["sparkify", "hourly"],
    # A bare cron string would give runs an interval of no width in Airflow 3.
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    start_date=schedule_start,
    catchup=schedule_start is not None,
    max_active_runs=8,
    deadline=deadline,
    default_args={
        "owner": "data-engineering",
        "retries": 5,
        "retry_policy": WarehouseRetryPolicy(),
        # For a task that was killed: nobody is left then to ask the policy, whose waits these are without the draw.
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": 4,
        "max_retry_delay": timedelta(minutes=10),
        # The warehouse ends a statement after as long by itself.
        "execution_timeout": timedelta(minutes=30),
        "on_failure_callback": task_failed,
    },
    params={
        "start": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Start of the window",
            description="The first moment to load. Empty: the run's own hour.",
        ),
        "end": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="End of the window",
            description="The first moment no longer to load. Fill in both or neither.",
        ),
    },
    template_searchpath=[str(sql_folder())],
    template_undefined=jinja2.StrictUndefined,
    user_defined_macros={"window": resolve_window, "staging_table": staging_table},
) as dag:
    stage_events = StageToRedshiftOperator(
        task_id="stage_events",
        doc_md="COPY the log objects that overlap the window into a staging table of this run's own.",
        inlets=[sources["logs"]],
        outlets=[table_asset("staging.events")],
        mode="replace",
        table=staging_events,
        like="staging.events",
        columns=[
            "artist",
            "auth",
            "first_name",
            "gender",
            "item_in_session",
            "last_name",
            "length",
            "level",
            "location",
            "method",
            "page",
            "registration",
            "session_id",
            "song",
            "status",
            "ts",
            "user_agent",
            "user_id",
        ],
        layout="{{ var.value.sparkify_log_layout }}",
        json="{{ var.value.sparkify_jsonpaths }}",
        copy_options=["timeformat 'epochmillisecs'", "compupdate off", "statupdate off"],
        window_column="ts",
        **source,
        **window,
    )

    stage_songs = StageToRedshiftOperator(
        task_id="stage_songs",
        doc_md="Mirror the song catalogue: COPY only new objects, or all if one changed or is gone.",
        inlets=[sources["songs"]],
        outlets=[table_asset("staging.songs")],
        mode="synchronise",
        table="staging.songs",
        ledger="staging.songs_ledger",
        version_table="staging.version_songs_mirror",
        lock_table="staging.lock_songs_mirror",
        columns=[
            "num_songs",
            "artist_id",
            "artist_latitude",
            "artist_longitude",
            "artist_location",
            "artist_name",
            "song_id",
            "title",
            "duration",
            "year",
        ],
        prefix="{{ var.value.sparkify_song_prefix }}",
        copy_options=["compupdate off", "statupdate off"],
        **source,
        **window,
    )

    load_users = LoadDimensionOperator(
        task_id="load_users",
        doc_md="Upsert every user with an event in the window; the latest event wins.",
        inlets=[table_asset("staging.events")],
        outlets=[table_asset("users")],
        table="users",
        key=["user_id"],
        columns=["first_name", "last_name", "gender", "level", "last_event_at"],
        version_column="last_event_at",
        sql="load/users.sql",
        lock_table="staging.lock_users",
        **staged,
        **window,
    )

    load_songs = LoadDimensionOperator(
        task_id="load_songs",
        doc_md="Reconcile `songs` with the whole mirrored catalogue.",
        inlets=[table_asset("staging.songs")],
        outlets=[table_asset("songs")],
        table="songs",
        key=["song_id"],
        columns=["title", "artist_id", "year", "duration"],
        sql="load/songs.sql",
        version_table="staging.version_songs",
        source_version_table="staging.version_songs_mirror",
        lock_table="staging.lock_songs",
        **window,
    )

    load_artists = LoadDimensionOperator(
        task_id="load_artists",
        doc_md="Reconcile `artists` with the whole mirrored catalogue.",
        inlets=[table_asset("staging.songs")],
        outlets=[table_asset("artists")],
        table="artists",
        key=["artist_id"],
        columns=["name", "location", "latitude", "longitude"],
        sql="load/artists.sql",
        version_table="staging.version_artists",
        source_version_table="staging.version_songs_mirror",
        lock_table="staging.lock_artists",
        **window,
    )

    load_songplays = LoadFactOperator(
        task_id="load_songplays",
        doc_md="Replace the window's plays.",
        inlets=[table_asset("staging.events"), table_asset("staging.songs")],
        outlets=[table_asset("songplays")],
        table="songplays",
        columns=[
            "songplay_id",
            "start_time",
            "user_id",
            "level",
            "song_id",
            "artist_id",
            "session_id",
            "location",
            "user_agent",
        ],
        window_column="start_time",
        sql="load/songplays.sql",
        lock_table="staging.lock_songplays",
        **staged,
        **window,
    )

    load_time = LoadFactOperator(
        task_id="load_time",
        doc_md="Replace the window's moments by those of its plays.",
        inlets=[table_asset("songplays")],
        outlets=[table_asset("time")],
        table="time",
        columns=["start_time", "hour", "day", "week", "month", "year", "weekday"],
        window_column="start_time",
        sql="load/time.sql",
        lock_table="staging.lock_time",
        **window,
    )

    check_quality = DataQualityOperator(
        task_id="check_quality",
        doc_md="The window: staged events against facts, keys, references, values. Whole tables: sparkify_insights.",
        inlets=[table_asset(name) for name in ("songplays", "users", "time")],
        checks=[
            "checks/staging_events.yaml",
            "checks/songplays.yaml",
            "checks/time.yaml",
            "checks/users.yaml",
        ],
        **staged,
        **window,
    )

    # An ordinary last task, no teardown: a failed run keeps its staging table for diagnosis.
    drop_staging = DropStagingOperator(
        task_id="drop_staging",
        doc_md="Drop the run's own staging table.",
        table=staging_events,
    )

    # Nothing is loaded until everything is staged: bad input leaves neither fact nor dimensions half changed.
    for load_dimension in (load_users, load_songs, load_artists):
        [stage_events, stage_songs] >> load_dimension
    # What a play refers to before the play. Only a song that another run has mirrored meanwhile, and its artist, may be
    # still to come, by that run; leaving it out of the play would make the play depend on timing.
    [load_users, load_songs, load_artists] >> load_songplays >> load_time >> check_quality >> drop_staging
