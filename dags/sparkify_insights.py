"""
# Sparkify: the analytics team's answers

Answers ten questions anew when loads have changed plays, songs or artists: most played songs and artists, busiest
hours and weekdays, plays by level, conversion and churn, active listeners, longest sessions, top locations, and the
share of plays with a known song. Each is a file in `sql/insights`, whose header says what counts, and a table in the
schema `insights`. All tables are replaced in one transaction: a reader sees either all old answers or all new ones.
`insights.refreshed` says when they were made, and from what.

**When it runs.** By asset events, one run at a time. `decide_refresh` waits while `sparkify_etl` has runs queued or
running, ten minutes at most, so that a backfill is computed from a few times and not once an hour. A run ends there,
skipped and green, if a newer one is queued, or if nothing was loaded since the last one computed. The one after the
last load always computes. It is not paused at first: nothing loads before `sparkify_etl` is unpaused.

**By hand.** Trigger it: such a run waits for nothing and always computes. Do so after a change of the tables that no
load has made, and after a run has failed.

**When `check_warehouse` fails** the answers stay as they were; it does, too, while there is a window whose own
`check_quality` has failed. Mend what it names, then clear the run, or trigger one.

**The answers as CSV:** `./sparkify insights --csv DIR`, or from the page.
"""

from datetime import timedelta

import jinja2
from airflow.sdk import DAG

from sparkify.alerts import task_failed
from sparkify.assets import table_asset
from sparkify.insights import QUESTIONS, REFRESHED_TABLE, STATE_COLUMNS
from sparkify.operators.data_quality import DataQualityOperator
from sparkify.operators.decide_refresh import DecideRefreshOperator
from sparkify.operators.refresh_insights import RefreshInsightsOperator
from sparkify.retry_policy import WarehouseRetryPolicy
from sparkify.sql_files import sql_folder

facts, songs, artists = table_asset("songplays"), table_asset("songs"), table_asset("artists")
state_sql = "insights/refreshed.sql"

with DAG(
    dag_id="sparkify_insights",
    description="After loads: check the whole warehouse, answer the analytics team's questions",
    doc_md=__doc__,
    tags=["sparkify", "insights"],
    schedule=(facts | songs | artists),
    catchup=False,
    # Events that come while a run is queued or running lead to one further run, however many they are.
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "owner": "data-engineering",
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": WarehouseRetryPolicy(),
        "execution_timeout": timedelta(minutes=30),
        "on_failure_callback": task_failed,
    },
    template_searchpath=[str(sql_folder())],
    template_undefined=jinja2.StrictUndefined,
) as dag:
    decide_refresh = DecideRefreshOperator(
        task_id="decide_refresh",
        doc_md="Wait until loads are through; end the run if another computes, or has.",
        loads_dag_id="sparkify_etl",
        state_sql=state_sql,
        state_columns=STATE_COLUMNS,
        refreshed_table=REFRESHED_TABLE,
    )

    check_warehouse = DataQualityOperator(
        task_id="check_warehouse",
        doc_md="Whole tables, in one transaction: what fails here keeps the answers from being replaced.",
        inlets=[table_asset(name) for name in ("songplays", "time", "users", "songs", "artists")],
        checks=[
            "checks/warehouse/songplays.yaml",
            "checks/warehouse/time.yaml",
            "checks/warehouse/users.yaml",
            "checks/warehouse/songs.yaml",
            "checks/warehouse/artists.yaml",
            "checks/warehouse/quality_results.yaml",
        ],
    )

    refresh_insights = RefreshInsightsOperator(
        task_id="refresh_insights",
        doc_md="Replace all answers, in one transaction.",
        tables={f"insights.{question}": columns for question, columns in QUESTIONS.items()},
        sql=[f"insights/{question}.sql" for question in QUESTIONS],
        lock_table="staging.lock_insights",
        inlets=[facts, songs, artists],
        outlets=[table_asset(f"insights.{question}") for question in QUESTIONS],
        state_sql=state_sql,
        state_columns=STATE_COLUMNS,
        refreshed_table=REFRESHED_TABLE,
    )

    decide_refresh >> check_warehouse >> refresh_insights
