"""The project's own DAGs, run task by task in this process on a real warehouse; quick, where Airflow itself is not."""

import importlib.util
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRunType
from airflow.sdk.execution_time.context import OutletEventAccessors, VariableAccessor

from local.warehouse import Warehouse
from sparkify.session import Session

_reading = threading.Lock()
ROOT = Path(__file__).resolve().parent.parent
# As the public data set has them; where it lies is each test's own.
VARIABLES = {
    "sparkify_source": "s3://udacity-dend",
    "sparkify_manifest_prefix": "s3://manifests/sparkify/",
    "sparkify_region": "us-west-2",
    "sparkify_log_layout": "log_data/%Y/%m/%Y-%m-%d-events.json",
    "sparkify_song_prefix": "song_data/",
    "sparkify_jsonpaths": "log_json_path.json",
    "sparkify_keep_days": "7",
}
COLUMNS = {
    "songplays": "songplay_id, start_time, user_id, level, song_id, artist_id, session_id, location, user_agent",
    "users": "user_id, first_name, last_name, gender, level, last_event_at",
    "songs": "song_id, title, artist_id, year, duration",
    "artists": "artist_id, name, location, latitude, longitude",
    "time": "start_time, hour, day, week, month, year, weekday",
}


class Pipeline:
    """One warehouse, one source bucket, and the DAG files; connections and Variables come from the environment.

    :param connection_type: `redshift` (redshift_connector) or `postgres` (psycopg).
    """

    def __init__(
        self, warehouse: Warehouse, bucket: str, monkeypatch: pytest.MonkeyPatch, connection_type: str = "redshift"
    ) -> None:
        self.warehouse, self.bucket, self.s3 = warehouse, bucket, warehouse.s3.client()
        self._runs = 0
        # The ids of runs that Airflow would say are queued or running.
        self.unfinished: set[str] = set()
        # The other runs that there are, as DAG and state.
        self.others: list[tuple[str, str]] = []
        address = warehouse.redshift
        redshift: dict[str, Any] = {
            "conn_type": connection_type,
            "host": address.host,
            "port": address.port,
            "login": address.user,
            "password": address.password,
            "schema": address.database,
        }
        if connection_type == "redshift":
            redshift["extra"] = {"ssl": False}
        worker = {
            "conn_type": "aws",
            "login": warehouse.s3.access_key,
            "password": warehouse.s3.secret_key,
            "extra": {"endpoint_url": warehouse.s3.endpoint_url, "region_name": warehouse.s3.region},
        }
        self.set_role = lambda arn: monkeypatch.setenv(
            "AIRFLOW_CONN_REDSHIFT_S3_ROLE", json.dumps({"conn_type": "aws", "extra": {"role_arn": arn}})
        )
        self.set_variable = lambda name, value: monkeypatch.setenv(f"AIRFLOW_VAR_{name.upper()}", value)
        self.set_role(warehouse.iam_role)
        monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps(redshift))
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(worker))
        own = {"sparkify_source": f"s3://{bucket}", "sparkify_manifest_prefix": f"s3://{bucket}/manifests/"}
        for name, value in {**VARIABLES, **own}.items():
            self.set_variable(name, value)

    def put(self, key: str, body: str | bytes) -> None:
        """Write one object of the source."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def put_folder(self, folder: Path) -> None:
        """Write a folder with log_data/ and song_data/."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(path.relative_to(folder).as_posix(), path.read_bytes())

    def manage_tables(self, action: str, confirm: str = "") -> dict[str, Any]:
        """Run sparkify_tables."""
        results, _ = self.run("sparkify_tables", {"action": action, "confirm": confirm})
        return dict(results["manage_tables"])

    def load(self, start: str, end: str, **options: Any) -> dict[str, Any]:
        """Run sparkify_etl over a window and return what each task returned."""
        results, _ = self.run("sparkify_etl", {"start": start, "end": end}, **options)
        return results

    def run(
        self,
        dag_id: str,
        form: dict[str, Any],
        *,
        only: str | None = None,
        run_id: str | None = None,
        try_number: int = 1,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Run a DAG's tasks in their order, as a manual run with this form; the first error ends it.

        :param only: run this one task.
        :return: what the tasks returned, and what they pushed to XCom.
        """
        dag = load_dag(dag_id)
        context, pushed = self.context(dag_id, {**dag.params.dump(), **form}, run_id, try_number)
        results = {}
        for task in dag.topological_sort():
            if only in (None, task.task_id):
                results[task.task_id] = execute(task, context)
        return results, pushed

    def run_tasks(self, dag_id: str, form: dict[str, Any], tasks: Sequence[str], **options: Any) -> None:
        """Run some of a run's tasks, one after the other."""
        for task in tasks:
            self.run(dag_id, form, only=task, **options)

    def task(self, dag_id: str, task_id: str, form: dict[str, Any], run_id: str) -> tuple[Any, Any]:
        """One task of a DAG, rendered and ready to execute, and its context."""
        dag = load_dag(dag_id)
        context, _ = self.context(dag_id, {**dag.params.dump(), **form}, run_id)
        task = dag.get_task(task_id)
        task.resolve_template_files()
        task.render_template_fields(context)
        return task, context

    def context(
        self, dag_id: str, params: dict[str, Any], run_id: str | None = None, try_number: int = 1
    ) -> tuple[Any, dict[str, Any]]:
        """A manual run's context as tasks get it, and the dictionary that its XComs go to."""
        self._runs += 1
        run = SimpleNamespace(
            dag_id=dag_id,
            run_id=run_id or f"manual__{self.bucket}_{self._runs}",
            run_type=DagRunType.MANUAL,
            logical_date=None,
            data_interval_start=None,
            data_interval_end=None,
            run_after=datetime(2018, 12, 1, tzinfo=UTC),
        )
        pushed: dict[str, Any] = {}
        task_instance = SimpleNamespace(
            dag_id=dag_id,
            run_id=run.run_id,
            try_number=try_number,
            get_dr_count=self._count_runs,
            xcom_push=lambda key, value: pushed.update({key: json.loads(json.dumps(value))}),
        )
        context = {
            "dag_run": run,
            "run_id": run.run_id,
            "params": params,
            "ti": task_instance,
            "outlet_events": OutletEventAccessors(),
            "var": {"value": VariableAccessor(deserialize_json=False)},
        }
        return context, pushed

    def _count_runs(self, dag_id: str, *, run_ids: list[str] | None = None, states: list[str] | None = None) -> int:
        if run_ids is not None:
            return sum(run in self.unfinished for run in run_ids)
        return sum(dag == dag_id and state in (states or []) for dag, state in self.others)

    def execute(self, statement: str) -> None:
        """Change something in the warehouse."""
        with psycopg.connect(self.warehouse.redshift.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with psycopg.connect(self.warehouse.redshift.dsn, autocommit=True) as connection:
            return [tuple(row) for row in connection.execute(statement.encode()).fetchall()]

    def table(self, name: str) -> set[tuple[Any, ...]]:
        """One table's rows; fails if one is there twice."""
        rows = self.query(f"select {COLUMNS[name]} from {name}")
        assert len(rows) == len(set(rows)), f"{name} holds a row twice"
        return set(rows)

    def tables(self) -> dict[str, set[tuple[Any, ...]]]:
        """All five tables' rows."""
        return {name: self.table(name) for name in COLUMNS}

    def staging_tables(self) -> list[str]:
        """The staging tables of runs that are there."""
        rows = self.query("select table_name from information_schema.tables where table_schema = 'staging'")
        return sorted(name for (name,) in rows if name.startswith("events_"))


def execute(task: Any, context: Any) -> Any:
    """Render a task and execute it."""
    task.resolve_template_files()
    task.render_template_fields(context)
    return task.execute(context)


def load_dag(dag_id: str) -> DAG:
    """Read a DAG file anew, with the environment as it is now; one at a time, for `with DAG(…)` knows no threads."""
    with _reading:
        return _read_dag(dag_id)


def _read_dag(dag_id: str) -> DAG:
    path = ROOT / "dags" / f"{dag_id}.py"
    spec = importlib.util.spec_from_file_location(dag_id, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    [dag] = [value for value in vars(module).values() if isinstance(value, DAG)]
    return dag


def after_first_commit(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    """Do something, which may raise, once the first transaction has committed, before its session learns of it."""
    transaction, done = Session.transaction, False

    @contextmanager
    def watched(session: Session, lock: str | None = None) -> Iterator[None]:
        nonlocal done
        with transaction(session, lock):
            yield
        if not done:
            done = True
            do()

    monkeypatch.setattr(Session, "transaction", watched)
