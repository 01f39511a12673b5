"""Which spans of time are in the hands of other runs, by what loads have recorded of themselves.

A run replaces a window of the fact, then of what it makes from that, in two transactions. Between the two they do not
fit each other, and nobody is to blame. And what one run has staged says nothing about a window that another run has
loaded since. So a run's own checks leave such spans out, for the other run's own check asks about them; and of the
checks of whole tables the one that compares the fact with what is made from it.

Read in the transaction of the checks, so that the loads are exactly those whose rows are seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkify.audit import TaskRun
from sparkify.identifiers import table_name
from sparkify.quality.declaration import Settled
from sparkify.session import Session
from sparkify.window import Window


@dataclass(frozen=True)
class FactLoad:
    """A run's latest load of the fact.

    :ivar order: greater for the later of two loads: loads of one table follow each other, for they lock it.
    :ivar finished: whether the run has made from it what is made from it.
    """

    run: tuple[str, str]
    window: Window
    order: tuple[datetime, datetime]
    finished: bool


def open_spans(loads: Iterable[FactLoad], own: tuple[str, str] | None) -> list[Window]:
    """Tell the spans in the hands of other runs; of several loads of a moment the latest counts.

    :param own: the run whose staged rows are compared: all that others have loaded since is theirs. None, or a run
        without a load among these: what has been loaded and is not finished is.
    """
    latest_first = sorted(loads, key=lambda load: load.order, reverse=True)
    asking = own if any(load.run == own for load in latest_first) else None
    found: list[Window] = []
    claimed: list[Window] = []
    for load in latest_first:
        if asking and load.run == asking:
            break
        if asking or not load.finished:
            found += subtract(load.window, claimed)
        claimed = merged([*claimed, load.window])
    return merged(found)


def merged(windows: Iterable[Window]) -> list[Window]:
    """The same moments in as few windows as can be, in their order."""
    result: list[Window] = []
    for window in sorted(windows, key=lambda each: each.start):
        if result and window.start <= result[-1].end:
            result[-1] = Window(result[-1].start, max(result[-1].end, window.end))
        else:
            result.append(window)
    return result


def subtract(window: Window, others: Sequence[Window]) -> list[Window]:
    """The parts of a window that lie in none of the others, which are in order and apart."""
    result, start = [], window.start
    for other in others:
        if other.end <= start or other.start >= window.end:
            continue
        if other.start > start:
            result.append(Window(start, other.start))
        start = other.end
    if start < window.end:
        result.append(Window(start, window.end))
    return result


def unsettled(
    session: Session, audit_table: str, settled: Settled, window: Window | None, run: TaskRun
) -> tuple[Window, ...]:
    """Read the spans that a check of `run` has to leave out; within its window if it has one."""
    if window is None:
        # Only from the first load on that is not finished; mostly there is none.
        loads = _loads(session, audit_table, settled, unfinished=True)
        if loads:
            loads = _loads(session, audit_table, settled, since=min(load.order[0] for load in loads))
        return tuple(open_spans(loads, None))
    own = (run.dag_id, run.run_id)
    spans = open_spans(_loads(session, audit_table, settled, within=window), own)
    return tuple(span.within(window) for span in spans)


def is_loaded(session: Session, audit_table: str, settled: Settled, window: Window) -> bool:
    """Tell whether runs have loaded all of a window, whatever its rows."""
    loads = _loads(session, audit_table, settled, within=window)
    return not subtract(window, merged(load.window for load in loads))


def _loads(
    session: Session,
    audit_table: str,
    settled: Settled,
    *,
    within: Window | None = None,
    since: datetime | None = None,
    unfinished: bool = False,
) -> list[FactLoad]:
    """Each run's latest load of the fact.

    :param within: only loads whose window has time in common with this one.
    :param since: only runs that recorded a load then or later.
    :param unfinished: only those from which not all is made.
    """
    conditions = ["table_name in (%s, %s)"]
    parameters: list[Any] = [settled.table, settled.then]
    if within:
        start, end = within.bounds
        conditions.append("window_start < %s and window_end > %s")
        parameters += [end, start]
    if since:
        conditions.append("loaded_at >= %s")
        parameters.append(since)
    # Rows from before began_at was recorded have whole seconds only.
    rows = session.fetch(
        "select dag_id, run_id, window_start, window_end, fact_loaded, fact_began, then_began\nfrom (\n"
        "select\n    dag_id,\n    run_id,\n    min(window_start) as window_start,\n    max(window_end) as window_end,\n"
        "    max(case when table_name = %s then loaded_at end) as fact_loaded,\n"
        "    max(case when table_name = %s then coalesce(began_at, loaded_at) end) as fact_began,\n"
        "    max(case when table_name = %s then coalesce(began_at, loaded_at) end) as then_began\n"
        f"from {table_name(audit_table)}\nwhere {' and '.join(conditions)}\ngroup by dag_id, run_id\n) as loads\n"
        f"where fact_loaded is not null{' and (then_began is null or then_began < fact_began)' if unfinished else ''}",
        [settled.table, settled.table, settled.then, *parameters],
    )
    return [
        FactLoad(
            (dag_id, run_id),
            Window.of_bounds(start, end),
            (loaded, began),
            then is not None and then >= began,
        )
        for dag_id, run_id, start, end, loaded, began, then in rows
    ]
