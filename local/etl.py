"""Drives the DAGs of a running stack: makes the tables, loads a window, waits, and tells what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from local.airflow_api import AirflowApi
from local.errors import StackError
from local.window import Window

TABLES_DAG = "sparkify_tables"
ETL_DAG = "sparkify_etl"
INSIGHTS_DAG = "sparkify_insights"
_POLL_SECONDS = 0.4
# A backfill keeps the api-server busy enough: its workers need it more than we do.
_POLL_BACKFILL_SECONDS = 1.5
_ENDED = ("success", "failed")
_TASK_ENDED = ("success", "failed", "upstream_failed", "skipped", "removed")
# As many as the executor has workers; Airflow's own limit per DAG applies on top.
_PARALLEL_RUNS = 8
_MESSAGES_SHOWN = 5

Progress = Callable[[int, int, str], None]


@dataclass
class Outcome:
    """How runs ended.

    :ivar messages: one for each failed task, at most a few.
    """

    run_ids: list[str] = field(default_factory=list)
    success: int = 0
    failed: int = 0
    messages: list[str] = field(default_factory=list)


class Etl:
    """The project's DAGs on one Airflow.

    :param check: raises when a server has died; called while waiting.
    :param unpaused: where to note a DAG that is unpaused for a load, so that a later start pauses it
        if we cannot; None for a stack that nobody starts again.
    """

    def __init__(self, api: AirflowApi, check: Callable[[], None], unpaused: Path | None = None) -> None:
        self._api = api
        self._unpaused_note = unpaused
        self._check = check

    def create_tables(self) -> None:
        """Make the warehouse's tables; StackError with the task's own words when that fails. Idempotent."""
        self._api.unpause(TABLES_DAG)
        outcome = self._one_run(TABLES_DAG, {"action": "create"}, lambda *_: None)
        if outcome.failed:
            raise StackError("the tables could not be made: " + " ".join(outcome.messages))

    def load(self, window: Window, progress: Progress) -> Outcome:
        """Load the window in one run and wait for it."""
        conf = {"start": window.start.isoformat(), "end": window.end.isoformat()}
        with self._unpaused(ETL_DAG):
            return self._one_run(ETL_DAG, conf, progress)

    def load_hourly(self, window: Window, progress: Progress) -> Outcome:
        """Load the window by one backfill, a run for each hour, again where there was one, and wait for all."""
        bounds = (window.start, window.last_hour)
        with self._unpaused(ETL_DAG):
            self._backfill(window, bounds, progress)
        runs = self._api.runs(ETL_DAG, *bounds)
        outcome = Outcome([run["dag_run_id"] for run in runs])
        outcome.success = sum(run["state"] == "success" for run in runs)
        outcome.failed = len(runs) - outcome.success
        failed = [run["dag_run_id"] for run in runs if run["state"] != "success"]
        for run_id in failed[:_MESSAGES_SHOWN]:
            outcome.messages += self._messages(ETL_DAG, run_id)
        self._distrust_empty_runs(outcome, self._api.count_succeeded_tasks(ETL_DAG, *bounds))
        return outcome

    def refresh_insights(self, progress: Progress) -> Outcome:
        """Check the whole warehouse and compute the insights in one run, and wait for it.

        `run` makes no runs by the clock, and with that setting Airflow makes none for asset events either.
        """
        with self._unpaused(INSIGHTS_DAG):
            return self._one_run(INSIGHTS_DAG, {}, progress)

    @contextmanager
    def _unpaused(self, dag_id: str) -> Iterator[None]:
        """Let a DAG run, and leave it as it was: by our load nobody asked for its schedule."""
        paused = self._api.is_paused(dag_id)
        if paused:
            if self._unpaused_note:
                self._unpaused_note.write_text(dag_id)
            self._api.unpause(dag_id)
        yield
        if paused:
            self._api.pause(dag_id)
            if self._unpaused_note:
                self._unpaused_note.unlink()

    def _backfill(self, window: Window, bounds: tuple[datetime, datetime], progress: Progress) -> None:
        self._api.backfill(ETL_DAG, *bounds, parallel=_PARALLEL_RUNS)
        while True:
            ended = {state: self._api.count_runs(ETL_DAG, *bounds, [state]) for state in _ENDED}
            done = sum(ended.values())
            progress(done, window.hours, f"{ended['failed']} failed" if ended["failed"] else "")
            if done >= window.hours:
                break
            self._wait(_POLL_BACKFILL_SECONDS)

    def _one_run(self, dag_id: str, conf: dict[str, Any], progress: Progress) -> Outcome:
        run_id = self._api.trigger(dag_id, conf)
        while True:
            state = self._api.run_state(dag_id, run_id)
            tasks = self._api.tasks(dag_id, run_id)
            running = sorted(task["task_id"] for task in tasks if task["state"] == "running")
            done = sum(task["state"] in _TASK_ENDED for task in tasks)
            if tasks:
                progress(done, len(tasks), ", ".join(running))
            if state in _ENDED:
                break
            self._wait()
        outcome = Outcome([run_id])
        if state == "success":
            outcome.success = 1
            self._distrust_empty_runs(outcome, sum(task["state"] == "success" for task in tasks), dag_id)
        else:
            outcome.failed = 1
            outcome.messages = self._messages(dag_id, run_id)
        return outcome

    def _distrust_empty_runs(self, outcome: Outcome, succeeded_tasks: int, dag_id: str = ETL_DAG) -> None:
        # Airflow calls a run outside its DAG's dates a success without having run a task. In the runs that we make no
        # task is skipped, so one that succeeded has one success for each.
        missing = outcome.success * len(self._api.dag_tasks(dag_id)) - succeeded_tasks
        if missing > 0:
            outcome.failed, outcome.success = outcome.failed + outcome.success, 0
            outcome.messages.append(f"{dag_id} ended green, but {missing} of its tasks never ran: nothing was loaded")

    def _messages(self, dag_id: str, run_id: str) -> list[str]:
        failed = [task for task in self._api.tasks(dag_id, run_id) if task["state"] == "failed"]
        said = []
        for task in failed[:_MESSAGES_SHOWN]:
            entries = self._api.log(dag_id, run_id, task["task_id"], task["try_number"])
            said.append(f"{task['task_id']} (run {run_id}, try {task['try_number']}): {_error_line(entries)}")
        return said or [f"run {run_id} failed without a failed task"]

    def _wait(self, seconds: float = _POLL_SECONDS) -> None:
        self._check()
        time.sleep(seconds)


def _error_line(entries: list[dict[str, Any]]) -> str:
    """Return what a task's log says of its end: the last exception's text, else the last error's."""
    for entry in reversed(entries):
        if details := entry.get("error_detail"):
            return f"{details[0].get('exc_type', '')}: {details[0].get('exc_value', '')}"
    for entry in reversed(entries):
        if entry.get("level") in ("error", "critical"):
            return str(entry.get("event", ""))
    return "its log says nothing of an error"
