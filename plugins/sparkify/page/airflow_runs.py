"""The runs of the DAG that did not come to their end: they wait, are going on, or have failed.

Read from Airflow's metadata with its own session, in the api-server, which holds one anyhow. Its REST API, called from
the browser, would do with public means only, but a month has 744 runs and a page of the API a hundred; and which hours
a run loads is for `sparkify.window` to tell, in one place. Which columns this takes, a test on a real Airflow holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sparkify.page.access import ETL_DAG
from sparkify.window import Window, WindowError, resolve_window

_ACTIVE = ("queued", "running")
# The newest; whoever has more runs failed than this has other worries. Of those that wait, none is left out: a backfill
# queues one an hour, and begins with the oldest.
_MOST_FAILED = 20_000


@dataclass(frozen=True)
class OpenRun:
    """A run that has not succeeded.

    :ivar active: whether it waits or goes on; else it has failed.
    :ivar since: when it began, last time.
    """

    run_id: str
    active: bool
    since: datetime
    window: Window


def open_runs() -> list[OpenRun]:
    """Ask Airflow for the runs that wait, go on or have failed; blocks."""
    return list(_open_runs())


def _open_runs() -> Iterator[OpenRun]:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select, union_all

    runs = select(
        DagRun.run_id,
        DagRun.state,
        DagRun.start_date,
        DagRun.queued_at,
        DagRun.logical_date,
        DagRun.data_interval_start,
        DagRun.data_interval_end,
        DagRun.run_after,
        DagRun.conf,
    ).where(DagRun.dag_id == ETL_DAG)
    failed = runs.where(DagRun.state == "failed").order_by(DagRun.run_after.desc()).limit(_MOST_FAILED)
    # In one statement: a run that fails between two would be in neither.
    wanted = union_all(runs.where(DagRun.state.in_(_ACTIVE)), select(failed.subquery()))
    with create_session(scoped=False) as session:
        found = session.execute(wanted).all()
    for run in found:
        try:
            window = resolve_window(run, run.conf or {})
        except WindowError:
            continue  # its form said nonsense: it failed and loaded nothing
        yield OpenRun(run.run_id, run.state in _ACTIVE, run.start_date or run.queued_at or run.run_after, window)
