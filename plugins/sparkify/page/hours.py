"""Which hours are loaded, empty, missing, failed or running: the warehouse's and Airflow's knowledge put together."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sparkify.page.airflow_runs import OpenRun

HOUR = timedelta(hours=1)
STATUSES = ("loaded", "empty", "missing", "failed", "running")
# What a day is shown as: what needs a person's eye goes first.
WORST_FIRST = ("failed", "missing", "running", "loaded", "empty")


@dataclass(frozen=True)
class Cell:
    """One hour.

    :ivar status: one of STATUSES, or `unfinished`: staged, not all loaded, and Airflow has not been asked.
    :ivar reason: what was staged: `loaded`, or why the hour is empty: `no_file`, `no_rows`, `no_plays`; None: nothing.
    :ivar run_id: the run that says so. :ivar dag_id: its DAG.
    :ivar staged_at: when it was staged, in UTC.
    """

    status: str
    reason: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    staged_at: datetime | None = None


_MISSING = Cell("missing")


def paint(start: datetime, end: datetime, loads: Iterable[Sequence[Any]], played: Container[datetime]) -> list[Cell]:
    """Return a cell an hour from `start` to before `end`, by what loads recorded of themselves and left.

    Says the same as `sql/queries/hours.sql`, which joins hours with runs by range. Over three years of hourly runs that
    is 700 million pairs; here each run touches its own hours only. A test holds both to each other.

    :param loads: rows of `sql/page/runs.sql`; of several over an hour the one staged last counts.
    :param start: a whole hour, UTC, without a zone. :param end: likewise.
    :param played: the hours with a play, UTC, without a zone.
    """
    cells = [_MISSING] * _count(start, end)
    staged = [load for load in loads if load[5] is not None]
    for dag_id, run_id, begin, finish, reason, staged_at, status in sorted(staged, key=lambda load: (load[5], load[1])):
        first, last = _span(begin, finish, start, end)
        if last > first:
            cells[first:last] = [Cell(status, reason, dag_id, run_id, staged_at)] * (last - first)
    # A run over many hours tells of all together whether it found something: of each, the facts tell.
    return [
        _emptied(cell) if cell.status == "loaded" and start + place * HOUR not in played else cell
        for place, cell in enumerate(cells)
    ]


def judge(start: datetime, cells: list[Cell], runs: Iterable[OpenRun], dag_id: str) -> list[Cell]:
    """Put in what Airflow knows: a run that waits or goes on counts before all, a failed one unless a load came later.

    What is unfinished and nobody works on, has failed.

    :param start: of the first cell.
    """
    judged = [replace(cell, status="failed") if cell.status == "unfinished" else cell for cell in cells]
    end = start + len(cells) * HOUR
    for run in sorted(runs, key=lambda run: (run.active, run.since)):
        first, last = _span(*run.window.bounds, start, end)
        since = run.since.astimezone(UTC).replace(tzinfo=None)
        for place in range(first, last):
            cell = judged[place]
            if run.active:
                judged[place] = replace(cell, status="running", dag_id=dag_id, run_id=run.run_id)
            elif cell.staged_at is None or cell.run_id == run.run_id or cell.staged_at < since:
                judged[place] = replace(cell, status="failed", dag_id=dag_id, run_id=run.run_id)
    return judged


def worst(cells: Iterable[Cell]) -> str:
    """Return the status that a day of these hours is shown as."""
    found = {cell.status for cell in cells}
    return next(status for status in WORST_FIRST if status in found)


def _emptied(cell: Cell) -> Cell:
    return replace(cell, status="empty", reason="no_plays" if cell.reason == "loaded" else cell.reason)


def _count(start: datetime, end: datetime) -> int:
    return max(0, (end - start) // HOUR)


def _span(begin: datetime, finish: datetime, start: datetime, end: datetime) -> tuple[int, int]:
    """The places of the whole hours in [begin, finish), counted from `start` and cut at both ends."""
    first = max(0, -((start - begin) // HOUR))
    last = min(_count(start, end), (finish - start) // HOUR)
    return first, max(first, last)
