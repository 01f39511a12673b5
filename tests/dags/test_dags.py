"""The DAG files: what they hold, and what their templates say in every kind of run."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pendulum
import pytest
import sqlglot
from airflow.sdk import DAG, Context
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineReference
from airflow.sdk.execution_time.context import VariableAccessor
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DagRunInfo

from sparkify.alerts import task_failed
from sparkify.operators.load_dimension import LoadDimensionOperator
from sparkify.retry_policy import WarehouseRetryPolicy
from tests.pipeline import VARIABLES, load_dag

ROOT = Path(__file__).resolve().parents[2]
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))
HOUR = datetime(2018, 11, 12, 7, tzinfo=UTC)

RUNS = {
    "scheduled": (HOUR, HOUR, HOUR + timedelta(hours=1), "scheduled", {}),
    "backfill": (HOUR, HOUR, HOUR + timedelta(hours=1), "backfill", {}),
    "manual": (HOUR, HOUR, HOUR + timedelta(hours=1), "manual", {}),
    "form": (HOUR, HOUR, HOUR, "manual", {"start": "2018-11-12T07:00", "end": "2018-11-12T08:00:00+00:00"}),
    "null logical date": (None, None, None, "manual", {}),
    "asset": (None, None, None, "asset_triggered", {}),
}


def dag_of(path: Path) -> DAG:
    return load_dag(path.stem)


@pytest.fixture(params=sorted(RUNS))
def context(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[DAG], dict[str, Any]]:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(f"AIRFLOW_VAR_{name.upper()}", value)
    return lambda dag: context_of(dag, request.param)


def context_of(dag: DAG, case: str) -> dict[str, Any]:
    logical_date, start, end, kind, form = RUNS[case]
    run = SimpleNamespace(
        dag_id=dag.dag_id,
        run_id=f"{kind}__1",
        run_type=kind,
        logical_date=logical_date,
        data_interval_start=start,
        data_interval_end=end,
        run_after=HOUR + timedelta(hours=1, minutes=5),
    )
    return {
        "dag_run": run,
        "run_id": run.run_id,
        "params": {**dag.params.dump(), **form},
        "var": {"value": VariableAccessor(deserialize_json=False)},
    }


def rendered(dag: DAG, context: dict[str, Any]) -> dict[str, Any]:
    tasks = {}
    for task in dag.tasks:
        task.resolve_template_files()
        task.render_template_fields(cast(Context, context))
        tasks[task.task_id] = task
    return tasks


def test_what_an_update_takes_from_is_a_select_without_with(context: Callable[[DAG], dict[str, Any]]) -> None:
    # In UPDATE Redshift documents WITH before the statement and in WHERE, not in FROM:
    # https://docs.aws.amazon.com/redshift/latest/dg/r_WITH_clause.html
    dag = load_dag("sparkify_etl")
    loads = [task for task in rendered(dag, context(dag)).values() if isinstance(task, LoadDimensionOperator)]
    assert {task.task_id for task in loads} == {"load_users", "load_songs", "load_artists"}
    for task in loads:
        [update] = sqlglot.parse(task.update_statement(), read="redshift")
        assert update is not None
        assert not update.find(sqlglot.exp.With), task.task_id


def test_the_dags_are_these_and_each_file_is_named_for_its_dag() -> None:
    assert [dag_of(path).dag_id for path in DAG_FILES] == [path.stem for path in DAG_FILES]
    assert [path.stem for path in DAG_FILES] == [
        *("sparkify_cluster_down", "sparkify_cluster_pause", "sparkify_cluster_up", "sparkify_etl"),
        *("sparkify_housekeeping", "sparkify_insights", "sparkify_tables"),
    ]


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_every_dag_has_a_runbook_tags_an_owner_retries_and_time_outs(path: Path) -> None:
    dag = dag_of(path)
    assert dag.doc_md
    assert dag.tags
    for task in dag.tasks:
        assert task.owner == "data-engineering"
        assert (task.retries or 0) >= 2
        assert task.execution_timeout


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_file_is_wiring_and_reads_nothing_when_it_is_parsed(path: Path) -> None:
    # In a process of its own, where nothing is imported yet and every door is watched.
    program = f"""
import importlib.util, sys
seen = []
def watch(event, arguments):
    if event == "socket.connect":
        seen.append((event, arguments))
sys.addaudithook(watch)
from airflow.sdk import Asset, BaseHook, Connection, Variable
Asset("any", "s3://bucket/key")  # Airflow itself asks every provider once how its assets are spelt.
Variable.get = classmethod(lambda cls, *a, **k: seen.append(("Variable.get", a)))
Connection.get = classmethod(lambda cls, *a, **k: seen.append(("Connection.get", a)))
BaseHook.get_connection = classmethod(lambda cls, *a, **k: seen.append(("get_connection", a)))
before = set(sys.modules)
spec = importlib.util.spec_from_file_location("parsed", {str(path)!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
drivers = ("redshift_connector", "psycopg", "psycopg2", "boto3", "botocore")
providers = ("airflow.providers.amazon", "airflow.providers.postgres")
hooks = [name for name in set(sys.modules) - before if name.split(".")[0] in drivers or name.startswith(providers)]
assert not seen, seen
assert not hooks, sorted(hooks)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "plugins"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(path.read_text().splitlines()) < 300


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_every_template_renders_in_every_kind_of_run(path: Path, context: Callable[[DAG], dict[str, Any]]) -> None:
    dag = dag_of(path)
    for task in rendered(dag, context(dag)).values():
        for field in task.template_fields:
            assert "{{" not in str(getattr(task, field))


def test_every_kind_of_run_of_this_hour_loads_this_hour(context: Callable[[DAG], dict[str, Any]]) -> None:
    dag = dag_of(ROOT / "dags" / "sparkify_etl.py")
    tasks = rendered(dag, context(dag))
    windows = {(t.window_start, t.window_end) for t in tasks.values() if t.task_id != "drop_staging"}
    assert windows == {("2018-11-12T07:00:00+00:00", "2018-11-12T08:00:00+00:00")}


def test_every_rendered_statement_is_one_that_redshift_can_parse(context: Callable[[DAG], dict[str, Any]]) -> None:
    dag = dag_of(ROOT / "dags" / "sparkify_etl.py")
    statements = []
    for task in rendered(dag, context(dag)).values():
        for make in ("delete_statement", "insert_statement", "update_statement"):
            if hasattr(task, make):
                statements.append(getattr(task, make)().replace("%s", "'2018-11-12'"))
    assert len(statements) == 10
    for statement in statements:
        [parsed] = sqlglot.parse(statement, read="redshift")
        assert isinstance(parsed, sqlglot.exp.Insert | sqlglot.exp.Update | sqlglot.exp.Delete)
        assert not list(parsed.find_all(sqlglot.exp.Star, bfs=True)) or "count(*)" in statement.lower()


def test_loads_wait_until_everything_is_staged_and_the_fact_waits_for_what_it_refers_to() -> None:
    dag = dag_of(ROOT / "dags" / "sparkify_etl.py")
    assert {task.task_id: set(task.upstream_task_ids) for task in dag.tasks} == {
        "stage_events": set(),
        "stage_songs": set(),
        "load_users": {"stage_events", "stage_songs"},
        "load_songs": {"stage_events", "stage_songs"},
        "load_artists": {"stage_events", "stage_songs"},
        "load_songplays": {"load_users", "load_songs", "load_artists"},
        "load_time": {"load_songplays"},
        "check_quality": {"load_time"},
        "drop_staging": {"check_quality"},
    }


def test_nothing_is_skipped_and_nothing_runs_after_a_failure() -> None:
    assert {task.trigger_rule for task in dag_of(ROOT / "dags" / "sparkify_etl.py").tasks} == {"all_success"}


def test_without_a_schedule_start_no_past_hour_is_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARKIFY_SCHEDULE_START", raising=False)
    dag = dag_of(ROOT / "dags" / "sparkify_etl.py")
    assert (dag.start_date, dag.end_date, dag.catchup) == (None, None, False)


def test_a_schedule_start_is_where_catching_up_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_SCHEDULE_START", "2018-11-01")
    dag = dag_of(ROOT / "dags" / "sparkify_etl.py")
    assert (dag.start_date, dag.end_date, dag.catchup) == (datetime(2018, 11, 1, tzinfo=UTC), None, True)


@pytest.mark.parametrize(
    ("latest", "following"),
    [
        (None, pendulum.datetime(2018, 11, 1)),
        # Of a backfill or of the schedule; the hours before it are left to a backfill.
        (pendulum.datetime(2018, 11, 12, 23), pendulum.datetime(2018, 11, 13)),
    ],
    ids=["no run", "an earlier run"],
)
def test_a_schedule_start_counts_until_there_is_a_run_which_the_schedule_goes_on_from(
    monkeypatch: pytest.MonkeyPatch, latest: pendulum.DateTime | None, following: pendulum.DateTime
) -> None:
    monkeypatch.setenv("SPARKIFY_SCHEDULE_START", "2018-11-01")
    dag = DagSerialization.from_dict(DagSerialization.to_dict(dag_of(ROOT / "dags" / "sparkify_etl.py")))
    last = DagRunInfo.interval(latest, latest.add(hours=1)) if latest else None
    coming = dag.next_dagrun_info(last_automated_run_info=last)
    assert coming
    assert coming.logical_date == following


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_every_task_tells_its_final_failure_and_gives_up_on_what_a_retry_cannot_mend(path: Path) -> None:
    for task in dag_of(path).tasks:
        assert task.on_failure_callback == [task_failed]
        assert isinstance(task.retry_policy, WarehouseRetryPolicy)


def test_no_deadline_is_set_unless_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARKIFY_DEADLINE_MINUTES", raising=False)
    assert not dag_of(ROOT / "dags" / "sparkify_etl.py").deadline


def test_a_deadline_counts_from_when_the_run_was_queued_and_is_told_by_the_triggerer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPARKIFY_DEADLINE_MINUTES", "90")
    deadlines: Any = dag_of(ROOT / "dags" / "sparkify_etl.py").deadline
    [deadline] = deadlines
    assert deadline.interval == timedelta(minutes=90)
    assert deadline.reference == DeadlineReference.DAGRUN_QUEUED_AT
    assert isinstance(deadline.callback, AsyncCallback)
    assert deadline.callback.path == "sparkify.alerts.deadline_missed"


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_every_dag_can_be_written_down_for_the_scheduler(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_DEADLINE_MINUTES", "90")
    written = DagSerialization.to_dict(dag_of(path))
    assert written["dag"]["dag_id"] == path.stem
