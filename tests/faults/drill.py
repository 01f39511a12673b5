"""A stack under load and faults, and the operator who sets right in the end what did not come right by itself."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from local.airflow_settings import DATABASE, LOGIN
from local.warehouse import Detours
from tests.conftest import stack_of_tests
from tests.faults.driver import Driver
from tests.faults.keeper import Keeper
from tests.faults.loop import Loop
from tests.faults.plan import Fault
from tests.faults.s3_proxy import S3Proxy
from tests.faults.warehouse_proxy import WarehouseProxy
from tests.operator_api import OperatorApi
from tests.ports import named_ports
from tests.stack import ENDED, RunningStack

ETL = "sparkify_etl"
PARALLEL = 8
_HOUR = timedelta(hours=1)
# With nothing broken any more, a run that fails still fails for another reason.
_CLEARED_AT_MOST = 3
_STUCK = timedelta(seconds=60)
# A bound against hanging, not a measurement.
_SETTLE_SECONDS = 600.0
# Airflow takes minutes to call a task or a scheduler dead that is silent; sooner, the same happens in less time.
QUICK_TO_NOTICE = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
}
# For the housekeeping at the end everything is then older than the blink of an eye.
KEEP_NOTHING = {"AIRFLOW_VAR_SPARKIFY_KEEP_DAYS": "0.00001"}


class Drill:
    """Hours that are loaded again and again while faults happen.

    :ivar figures: what was done and found, for people.
    :ivar reasons: why tasks failed for good, each with how many did.
    """

    def __init__(self, stack: RunningStack, driver: Driver, keeper: Keeper, first: datetime, days: int) -> None:
        self.stack, self.driver, self.keeper = stack, driver, keeper
        self.first, self.end = first, first + timedelta(days=days)
        airflow = stack.stack.airflow
        self.api = OperatorApi(airflow.url, LOGIN, airflow.password, patience=120.0)
        self.figures: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    @property
    def hours(self) -> list[datetime]:
        """The start of each hour that is loaded."""
        return [self.first + number * _HOUR for number in range((self.end - self.first) // _HOUR)]

    def run(self, faults: list[Fault]) -> None:
        """Make a backfill, do all faults while it goes on, and load its hours again whenever it is through."""
        started = time.monotonic()
        self.api.make_backfill(ETL, *self._span, reprocess="completed", parallel=PARALLEL)
        for fault in faults:
            self._keep_busy()
            print(f"{time.monotonic() - started:6.1f} s: {fault}", flush=True)
            self.driver.apply(fault)
            self.keeper.mend()
        self.figures["seconds of faults"] = round(time.monotonic() - started)

    def settle(self) -> None:
        """Wait until every run has ended well, helping as an operator would who has been told that the trouble is over.

        What still waits for a retry is cleared, so that it need not wait. A run that failed is cleared where it failed;
        if that does not do, as a whole. An hour that found no file, though there is one, is loaded again: a listing
        that lags is a file that comes late, which a load in time cannot know of. A task that stays queued makes
        him start the scheduler again: LocalExecutor does not notice that the worker which took it was killed before it
        could say so, and cannot revoke it, which is what Airflow does with such tasks in other executors.
        """
        started = time.monotonic()
        cleared: Counter[str] = Counter()
        while not self._settled(cleared):
            assert time.monotonic() - started < _SETTLE_SECONDS, self._unfinished()
            self.keeper.mend()
            if self._stuck():
                self.keeper.restart_airflow("scheduler")
                self.figures["scheduler started again for a task that stayed queued"] += 1
            time.sleep(1)
        self.figures["seconds until all was well"] = round(time.monotonic() - started)

    def count_tries(self) -> None:
        """Add to the figures how often Airflow tried again, and tasks by themselves."""
        dsn = self.stack.stack.warehouse.postgres.dsn(DATABASE)
        with psycopg.connect(dsn) as connection:
            rows = connection.execute(
                "select state, count(*) from task_instance_history where dag_id = %s group by state", [ETL]
            ).fetchall()
        for state, count in rows:
            self.figures[f"tries that ended {state}"] = count
        logs = (self.stack.stack.home.path / "airflow" / "logs").rglob("*.log")
        self.figures["quick retries"] = sum(log.read_text(errors="replace").count("failed, again in") for log in logs)

    @property
    def _span(self) -> tuple[datetime, datetime]:
        return self.hours[0].replace(tzinfo=UTC), self.hours[-1].replace(tzinfo=UTC)

    def _keep_busy(self) -> None:
        # Some wait to be tried again; there must be others to hit.
        if self.api.count_in(ETL, "queued", "running") < PARALLEL:
            ended = [run for run in self.api.runs(ETL) if run["state"] in ENDED]
            for run in ended:
                if run["state"] == "failed":
                    self._note_reasons(run["dag_run_id"])
            self.api.clear_runs(ETL, [run["dag_run_id"] for run in ended])
            self.figures["rounds"] += 1

    def _settled(self, cleared: Counter[str]) -> bool:
        runs = self.api.runs(ETL)
        if waiting := self.api.tasks_in(ETL, "up_for_retry"):
            for task in waiting:
                self.api.clear_tasks(ETL, task["dag_run_id"], [task["task_id"]])
            self.figures["waits cut short"] += len(waiting)
        for run in runs:
            if run["state"] == "failed":
                run_id = run["dag_run_id"]
                self._note_reasons(run_id)
                self.api.clear(ETL, run_id, only_failed=not cleared[run_id])
                cleared[run_id] += 1
                assert cleared[run_id] <= _CLEARED_AT_MOST, f"{run_id} fails again and again: {self.reasons}"
                self.figures["failed runs cleared"] += 1
        if any(run["state"] != "success" for run in runs):
            return False
        late = self._without_file()
        for run_id in late:
            self.api.clear(ETL, run_id, only_failed=False)
        self.figures["hours whose file was hidden, loaded again"] += len(late)
        return not late

    def _stuck(self) -> bool:
        before = datetime.now(UTC) - _STUCK
        return any(datetime.fromisoformat(task["queued_when"]) < before for task in self.api.tasks_in(ETL, "queued"))

    def _note_reasons(self, run_id: str) -> None:
        for task, (state, tries) in self.stack.tries(run_id).items():
            if state == "failed":
                errors = [
                    f"{detail[-1]['exc_type']}: {str(detail[-1]['exc_value'])[:200]}"
                    for entry in self.api.log(ETL, run_id, task, tries)
                    if (detail := entry.get("error_detail"))
                ]
                self.reasons[f"{task}, after {tries} tries: {errors[-1] if errors else 'no word'}"] += 1

    def _without_file(self) -> list[str]:
        """Return the runs of hours that found no file; there is one for each day."""
        rows = self.stack.query(
            "select run_id from load_status where table_name = 'staging.events' and outcome = 'no_file'"
            f" and window_start >= '{self.first}' and window_end <= '{self.end}'"
        )
        return [str(run_id) for (run_id,) in rows]

    def _unfinished(self) -> list[str]:
        runs = [run["dag_run_id"] for run in self.api.runs(ETL) if run["state"] != "success"]
        return [
            f"{run_id} {task}: {state}, {tries} tries"
            for run_id in runs
            for task, (state, tries) in self.stack.tries(run_id).items()
            if state != "success"
        ]


@contextmanager
def drill(month: Path, first: datetime, days: int) -> Iterator[Drill]:
    """A running stack whose clients all go through proxies that can break what passes.

    :param first: the first hour to load. :param days: how many days of hours.
    """
    ui, redshift, s3, to_redshift, to_s3 = named_ports(5)
    warehouse_proxy, s3_proxy = WarehouseProxy(to_redshift, redshift), S3Proxy(to_s3, s3)
    with Loop() as loop:
        loop.do(warehouse_proxy.listen())
        loop.do(s3_proxy.start())
        try:
            with stack_of_tests(
                month,
                ports=(ui, redshift, s3),
                detours=Detours(to_redshift, to_s3),
                further=QUICK_TO_NOTICE | KEEP_NOTHING,
            ) as stack:
                keeper = Keeper(stack.stack)
                hidden = [f"{first + timedelta(days=day):%Y-%m-%d}" for day in range(days)]
                driver = Driver(stack, keeper, loop, warehouse_proxy, s3_proxy, hidden=hidden)
                try:
                    yield Drill(stack, driver, keeper, first, days)
                finally:
                    keeper.end_orphans()
        finally:
            loop.do(s3_proxy.stop())
