"""A real stack for the tests that need Airflow itself: PostgreSQL, S3, the stand-in and Airflow's own processes."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from local import dataset, mirror
from local.airflow_api import AirflowApi
from local.airflow_settings import SOURCE_BUCKET
from local.home import Home
from local.s3 import S3Server
from local.settings import ROOT
from local.stack import Stack
from local.warehouse import Detours
from tests.pipeline import COLUMNS

T = TypeVar("T")
_POLL_SECONDS = 0.5
ENDED = ("success", "failed")


class RunningStack:
    """A started stack with a data set in S3 and its tables created."""

    def __init__(self, stack: Stack, api: AirflowApi, data: Path) -> None:
        self.stack, self.api, self.data = stack, api, data
        self.s3 = stack.warehouse.s3.client()

    def put(self, key: str, body: str | bytes) -> None:
        """Write one object of the source."""
        self.s3.put_object(Bucket=SOURCE_BUCKET, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def get(self, key: str) -> bytes:
        """Read one object of the source."""
        return self.s3.get_object(Bucket=SOURCE_BUCKET, Key=key)["Body"].read()

    def wait_for(self, dag_id: str, run_id: str) -> str:
        """Wait until a run has ended, and return its state."""
        return until(lambda: state if (state := self.api.run_state(dag_id, run_id)) in ENDED else "")

    def load(self, start: str, end: str) -> tuple[str, str]:
        """Trigger sparkify_etl over a window through the REST API; return the run's id and its last state."""
        run_id = self.api.trigger("sparkify_etl", {"start": start, "end": end})
        return run_id, self.wait_for("sparkify_etl", run_id)

    def tries(self, run_id: str) -> dict[str, tuple[str, int]]:
        """State and number of tries of each task of a run."""
        tasks = self.api.tasks("sparkify_etl", run_id)
        return {task["task_id"]: (task["state"], task["try_number"]) for task in tasks}

    def log(self, run_id: str, task_id: str, try_number: int = 1) -> str:
        """All that one try has logged, errors included."""
        return "\n".join(map(str, self.api.log("sparkify_etl", run_id, task_id, try_number)))

    def execute(self, statement: str) -> None:
        """Change something in the warehouse."""
        with psycopg.connect(self.stack.warehouse.redshift.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with psycopg.connect(self.stack.warehouse.redshift.dsn, autocommit=True) as connection:
            return [tuple(row) for row in connection.execute(statement.encode()).fetchall()]

    def table(self, name: str, start: datetime, end: datetime) -> set[tuple[Any, ...]]:
        """The rows of songplays or time in a window; fails if one is there twice."""
        rows = self.query(f"select {COLUMNS[name]} from {name} where start_time >= '{start}' and start_time < '{end}'")
        assert len(rows) == len(set(rows)), f"{name} holds a row twice"
        return set(rows)

    def tables(self) -> dict[str, set[tuple[Any, ...]]]:
        """All five tables, whole; fails if one holds a row twice."""
        found = {name: self.query(f"select {columns} from {name}") for name, columns in COLUMNS.items()}
        for name, rows in found.items():
            assert len(rows) == len(set(rows)), f"{name} holds a row twice"
        return {name: set(rows) for name, rows in found.items()}


@contextmanager
def running_stack(
    home: Path,
    data: Path,
    *,
    scheduled: bool = False,
    dags: Path = ROOT / "dags",
    detours: Detours = Detours(),  # noqa: B008
    further: Mapping[str, str] | None = None,
) -> Iterator[RunningStack]:
    """Start a stack in `home` with `data` in S3, and create the tables by sparkify_tables.

    :param scheduled: whether Airflow makes runs by the clock; sparkify_etl then stays paused.
    :param dags: the folder with the DAG files, among them the project's.
    :param detours: what stands between the servers and their clients.
    :param further: settings of Airflow besides the stack's own.
    """
    held = Home(home)
    files = dataset.from_folder(data).files

    def fill(server: S3Server) -> None:
        mirror.mirror(server.client(), SOURCE_BUCKET, files)

    with held.held("tests"):
        stack = Stack(held, scheduled=scheduled, interactive=False, dags=dags, detours=detours, further=further)
        try:
            api = stack.start(with_s3=fill)
            running = RunningStack(stack, api, data)
            api.unpause("sparkify_tables")
            if not scheduled:
                api.unpause("sparkify_etl")
            created = api.trigger("sparkify_tables", {"action": "create"})
            assert running.wait_for("sparkify_tables", created) == "success"
            yield running
        finally:
            stack.stop()


def until(found: Callable[[], T], *, seconds: float = 180.0) -> T:
    """Poll until `found` returns something true, and return that; a bound against hanging, not a measurement."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, f"nothing after {seconds} s"
        time.sleep(_POLL_SECONDS)
    return result
