"""Loads the sample into the compose stack's warehouse, through its Airflow: what its service `load` runs.

Makes the tables, loads the month by one run of `sparkify_etl`, waits for the insights that follow, and leaves a file
that the service's health check looks for. Then it stays: `docker compose up --wait` waits for what keeps running. Into
a warehouse that is not the stack's stand-in it loads nothing. Told to end by SIGTERM, it first pauses
`sparkify_etl` again.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType

from local.airflow_api import AirflowApi
from local.airflow_settings import LOGIN
from local.compose_env import is_stand_ins
from local.compose_sample import DAYS, FIRST_DAY
from local.errors import StackError
from local.etl import ETL_DAG, INSIGHTS_DAG, TABLES_DAG, Etl
from local.window import Window, over_days

LOADED = Path("/tmp/loaded")  # noqa: S108 - in a container that has one user and no other process
# Outlives an end of this program that no code of its own sees; the service is then started again in its container.
UNPAUSED = Path("/tmp/unpaused")  # noqa: S108 - as above
_POLL_SECONDS = 2.0
_PATIENCE_SECONDS = 900.0
_ENDED = ("success", "failed")


def main() -> int:
    """Load the sample unless a run has done so already, and wait for the signal to end; 1 if a run fails.

    Reads SPARKIFY_AIRFLOW_URL, SPARKIFY_ADMIN_PASSWORD and AIRFLOW_CONN_REDSHIFT. Started again it tries again, what is
    loaded already is not loaded again, and insights that failed are computed again.
    """
    signal.signal(signal.SIGTERM, _end)
    api = AirflowApi(os.environ["SPARKIFY_AIRFLOW_URL"], LOGIN, os.environ["SPARKIFY_ADMIN_PASSWORD"])
    try:
        require_stand_in(os.environ["AIRFLOW_CONN_REDSHIFT"])
        _wait("Airflow to have read the DAGs", lambda: api.ready((TABLES_DAG, ETL_DAG, INSIGHTS_DAG)))
        _say(load(api, over_days(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS - 1))))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    api.close()
    LOADED.touch()
    signal.pause()
    return 0


def require_stand_in(connection: str) -> None:
    """Raise StackError unless the connection leads to the stack's stand-in for Redshift."""
    if not is_stand_ins(connection):
        raise StackError(
            "AIRFLOW_CONN_REDSHIFT is not the stand-in's: nothing is loaded",
            "take `local` out of COMPOSE_PROFILES, or make the file for the stand-in: docs/deploy/compose.md",
        )


def load(api: AirflowApi, month: Window) -> str:
    """Load the month and return what was done; what a run has loaded already is not loaded again.

    `sparkify_etl` is left paused if it was, however this ends. Insights whose latest run failed are computed again.

    :raises StackError: if the load fails, or the insights fail again.
    """
    etl = Etl(api, check=lambda: None)
    with _pause_kept(api):
        conf = {"start": month.start.isoformat(), "end": month.end.isoformat()}
        ours = [run["dag_run_id"] for run in api.runs(ETL_DAG) if run["state"] == "success" and run["conf"] == conf]
        said = f"run {ours[0]} has loaded the sample already" if ours else _load(api, etl, month)
    _wait("the insights to be computed", lambda: _all_ended(api, INSIGHTS_DAG))
    latest = max(api.runs(INSIGHTS_DAG), key=lambda run: str(run["run_after"]))
    if latest["state"] != "success":
        _say(f"run {latest['dag_run_id']} of {INSIGHTS_DAG} failed: computing the insights again")
        outcome = etl.refresh_insights(lambda *_: None)
        if outcome.failed:
            raise StackError("the sample is loaded, but its insights failed: " + " ".join(outcome.messages))
    return said


def _load(api: AirflowApi, etl: Etl, month: Window) -> str:
    etl.create_tables()
    api.unpause(ETL_DAG)
    outcome = etl.load(month, lambda *_: None)
    if outcome.failed:
        raise StackError("the sample could not be loaded: " + " ".join(outcome.messages))
    # Unpausing let the scheduler make the run of the last hour, too: paused now, it would never end.
    _wait("the runs of sparkify_etl to end", lambda: _all_ended(api, ETL_DAG))
    return f"run {outcome.run_ids[0]} has loaded the sample"


@contextmanager
def _pause_kept(api: AirflowApi) -> Iterator[None]:
    """Leave `sparkify_etl` paused if it was so before: by our load nobody asked for its schedule."""
    if api.is_paused(ETL_DAG):
        UNPAUSED.touch()
    try:
        yield
    finally:
        if UNPAUSED.exists():
            api.pause(ETL_DAG)
            UNPAUSED.unlink()


def _all_ended(api: AirflowApi, dag_id: str) -> bool:
    runs = api.runs(dag_id)
    return bool(runs) and all(run["state"] in _ENDED for run in runs)


def _wait(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise StackError(f"waited {_PATIENCE_SECONDS:.0f} s in vain for {what}")
        time.sleep(_POLL_SECONDS)


def _end(number: int, _: FrameType | None) -> None:
    """End by an exception, so that the pause comes: `docker compose down` takes the note away with the container."""
    sys.exit(128 + number)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
