"""Loads the sample into the compose stack's warehouse, through its Airflow: what its service `load` runs.

Makes the tables, loads the month by one run of `sparkify_etl`, waits for the insights that follow, and leaves a file
that the service's health check looks for. Then it stays: `docker compose up --wait` waits for what keeps running.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from local.airflow_api import AirflowApi
from local.airflow_settings import LOGIN
from local.compose_sample import DAYS, FIRST_DAY
from local.errors import StackError
from local.etl import ETL_DAG, INSIGHTS_DAG, TABLES_DAG, Etl
from local.window import Window, over_days

LOADED = Path("/tmp/loaded")  # noqa: S108 - in a container that has one user and no other process
_POLL_SECONDS = 2.0
_PATIENCE_SECONDS = 900.0
_ENDED = ("success", "failed")


def main() -> int:
    """Load the sample unless a run has done so already, and wait for the signal to end; 1 if a run fails.

    Reads SPARKIFY_AIRFLOW_URL and SPARKIFY_ADMIN_PASSWORD. Started again it tries again; loading twice gives the same
    rows.
    """
    api = AirflowApi(os.environ["SPARKIFY_AIRFLOW_URL"], LOGIN, os.environ["SPARKIFY_ADMIN_PASSWORD"])
    try:
        _wait("Airflow to have read the DAGs", lambda: api.ready((TABLES_DAG, ETL_DAG, INSIGHTS_DAG)))
        _say(_load(api, over_days(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS - 1))))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    api.close()
    LOADED.touch()
    signal.pause()
    return 0


def _load(api: AirflowApi, month: Window) -> str:
    conf = {"start": month.start.isoformat(), "end": month.end.isoformat()}
    loaded = [run for run in api.runs(ETL_DAG) if run["state"] == "success" and run["conf"] == conf]
    if loaded:
        return f"run {loaded[0]['dag_run_id']} has loaded the sample already"
    etl = Etl(api, check=lambda: None)
    etl.create_tables()
    paused = api.is_paused(ETL_DAG)
    api.unpause(ETL_DAG)
    outcome = etl.load(month, lambda *_: None)
    if outcome.failed:
        raise StackError("the sample could not be loaded: " + " ".join(outcome.messages))
    if paused:
        # Unpausing let the scheduler make the run of the last hour, too: paused now, it would never end.
        _wait("the runs of sparkify_etl to end", lambda: _all_ended(api, ETL_DAG))
        api.pause(ETL_DAG)
    _wait("the insights to be computed", lambda: _all_ended(api, INSIGHTS_DAG))
    latest = max(api.runs(INSIGHTS_DAG), key=lambda run: str(run["run_after"]))
    if latest["state"] != "success":
        raise StackError(f"the sample is loaded, but {latest['dag_run_id']} of {INSIGHTS_DAG} failed; see its log")
    return f"run {outcome.run_ids[0]} has loaded the sample"


def _all_ended(api: AirflowApi, dag_id: str) -> bool:
    runs = api.runs(dag_id)
    return bool(runs) and all(run["state"] in _ENDED for run in runs)


def _wait(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise StackError(f"waited {_PATIENCE_SECONDS:.0f} s in vain for {what}")
        time.sleep(_POLL_SECONDS)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
