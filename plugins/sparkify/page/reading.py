"""What the page's parts show, read from the warehouse and from Airflow; each function blocks for a moment."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sparkify.insights import QUESTIONS
from sparkify.page.access import ETL_DAG
from sparkify.page.airflow_runs import OpenRun, open_runs
from sparkify.page.hours import HOUR, STATUSES, Cell, judge, paint, worst
from sparkify.page.insights import Answer, ask
from sparkify.page.statements import statement
from sparkify.page.warehouse import questions
from sparkify.session import Session
from sparkify.window import FIRST_YEAR, LAST_YEAR

_FIRST, _LAST = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR + 1, 1, 1)


def tables() -> dict[str, Any]:
    """Rows and freshness of each table."""
    with questions("tables") as session:
        counted = statement("tables").fetch(session)
        loaded = {name: moments for name, *moments in statement("freshness").fetch(session)}
    shown = []
    for name, rows, reaches_to in counted:
        loaded_at, changed_at = loaded.get(name, (None, None))
        shown.append(
            {
                "table": name,
                "rows": int(rows),
                "reaches_to": _moment(reaches_to),
                "loaded_at": _moment(loaded_at),
                "changed_at": _moment(changed_at),
            }
        )
    return {"now": _moment(datetime.now(UTC)), "tables": shown}


def year(number: int | None) -> dict[str, Any]:
    """A year of hours, as a status a day and counts a month; the latest year that has hours if None is named."""
    runs = open_runs()
    with questions("calendar") as session:
        [(first, last)] = statement("span").fetch(session)
        begin, finish = _reach(first, last, runs)
        if begin is None or finish is None:
            return {"year": number, "years": [], "months": [], "first_hour": None, "last_hour": None}
        last_year = (finish - HOUR).year
        shown = last_year if number is None else number
        start, end = datetime(shown, 1, 1), datetime(shown + 1, 1, 1)
        cells = _judged(session, start, end, runs)
    asked = max(start, begin), min(end, finish)
    return {
        "year": shown,
        "years": list(range(begin.year, last_year + 1)),
        "first_hour": _moment(begin),
        "last_hour": _moment(finish),
        "months": [_month_overview(start, cells, *asked, number=index) for index in range(1, 13)],
    }


def month(number_of_year: int, number: int) -> dict[str, Any]:
    """A month's hours, each with its status and the run that says so."""
    start, end = _month_bounds(number_of_year, number)
    runs = open_runs()
    with questions("calendar") as session:
        [(first, last)] = statement("span").fetch(session)
        begin, finish = _reach(first, last, runs)
        cells = _judged(session, start, end, runs) if begin and finish else []
    hours = []
    for place, cell in enumerate(cells):
        hour = start + place * HOUR
        if begin and finish and begin <= hour < finish:
            hours.append(_hour(hour, cell))
    counted = Counter(hour["status"] for hour in hours)
    return {
        "month": f"{start:%Y-%m}",
        "days": (end - start).days,
        "hours": hours,
        "counts": {status: counted[status] for status in STATUSES},
    }


def quality(days: int) -> dict[str, Any]:
    """How the checks went in the span of so many days that ends with the last check."""
    with questions("quality") as session:
        [(last,)] = statement("quality_end").fetch(session)
        if last is None:
            return {"since": None, "until": None, "checks": [], "days": [], "problems": []}
        since = datetime.combine(last.date() - timedelta(days=days - 1), datetime.min.time())
        latest = statement("quality_latest").fetch(session, start=since)
        by_day = statement("quality_days").fetch(session, start=since)
        problems = statement("quality_problems").fetch(session, start=since)
    per_check: dict[str, list[list[Any]]] = {}
    for name, _, day, passed, warned, failed in by_day:
        per_check.setdefault(name, []).append([day.isoformat(), int(passed), int(warned), int(failed)])
    return {
        "since": since.date().isoformat(),
        "until": last.date().isoformat(),
        "checks": [
            {
                "check": name,
                "table": table,
                "severity": severity,
                "passed": passed,
                "expected": expected,
                "found": found,
                "checked_at": _moment(at),
                "days": per_check.get(name, []),
            }
            for name, table, severity, passed, expected, found, at in latest
        ],
        "problems": [_problem(*row) for row in problems],
    }


def load_runs() -> dict[str, Any]:
    """How long each table of the latest runs took."""
    with questions("loads") as session:
        rows = statement("load_runs").fetch(session)
    runs: dict[tuple[str, str], dict[str, Any]] = {}
    for dag_id, run_id, loaded_at, table, start, end, seconds, staged, written in rows:
        run = runs.setdefault(
            (dag_id, run_id),
            {
                "dag_id": dag_id,
                "run_id": run_id,
                "loaded_at": _moment(loaded_at),
                "window_start": _moment(start),
                "window_end": _moment(end),
                "tables": {},
            },
        )
        run["tables"][table] = {"seconds": float(seconds), "staged": int(staged), "written": int(written)}
    return {"runs": list(runs.values())}


def insights() -> dict[str, Any]:
    """The answers to all questions, as of one moment."""
    with questions("insights") as session, session.transaction():
        refreshed = _refreshed(session)
        answers = {question: ask(session, question) for question in QUESTIONS}
    return {
        "refreshed": refreshed,
        "answers": {
            question: {"columns": answer.columns, "rows": [[_plain(value) for value in row] for row in answer.rows]}
            for question, answer in answers.items()
        },
    }


def whole_answer(question: str) -> Answer:
    """One question's whole table, for a download."""
    with questions(f"insights {question}") as session:
        return ask(session, question, most=None)


def _refreshed(session: Session) -> dict[str, Any] | None:
    found = statement("refreshed").fetch(session)
    if not found:
        return None
    computed_at, facts, first_play, last_play, run_id = found[0]
    return {
        "computed_at": _moment(computed_at),
        "facts": int(facts),
        "first_play": _moment(first_play),
        "last_play": _moment(last_play),
        "run_id": run_id,
    }


def _judged(session: Session, start: datetime, end: datetime, runs: list[OpenRun]) -> list[Cell]:
    loads = statement("runs").fetch(session, start=start, end=end)
    if unknown := _unknown(loads, runs):
        # Not loaded to the end, and Airflow knew of nobody at work: such a run has failed, or begun since Airflow was
        # asked. If Airflow still knows of nobody, it has ended, and what the loads tell now is its end. Whatever begins
        # between these two is left for the next time.
        runs = open_runs()
        loads = statement("runs").fetch(session, start=start, end=end)
        begun = _unknown(loads, runs) - unknown
        loads = [load for load in loads if load[1] not in begun]
    # After the loads: whoever has recorded that it loaded has committed its plays before.
    played = {hour for (hour,) in statement("played").fetch(session, start=start, end=end)}
    return judge(start, paint(start, end, loads, played), runs, ETL_DAG)


def _unknown(loads: list[tuple[Any, ...]], runs: list[OpenRun]) -> set[str]:
    """The runs that have not loaded to the end, by what the warehouse knows, and that Airflow has not told of."""
    return {load[1] for load in loads if load[6] == "unfinished"} - {run.run_id for run in runs}


def _reach(
    first: datetime | None, last: datetime | None, runs: list[OpenRun]
) -> tuple[datetime | None, datetime | None]:
    """From which to before which hour was asked for, of the warehouse's loads and of Airflow's runs."""
    spans = [run.window.bounds for run in runs]
    begins = [begin for begin in (first, *(start for start, _ in spans)) if begin]
    ends = [end for end in (last, *(end for _, end in spans)) if end]
    if not begins or not ends:
        return None, None
    # The warehouse may know of a mistyped year that was loaded before such were refused.
    begin, end = max(min(begins), _FIRST), min(max(ends), _LAST)
    if begin >= end:
        return None, None
    # An hour that was asked for in part counts.
    begin = begin.replace(minute=0, second=0, microsecond=0)
    return begin, -(-(end - begin) // HOUR) * HOUR + begin


def _month_overview(
    start: datetime, cells: list[Cell], begin: datetime, finish: datetime, *, number: int
) -> dict[str, Any]:
    """One month of a year that begins at `start`; hours outside of [begin, finish) were never asked for."""
    first, last = _month_bounds(start.year, number)
    counted: Counter[str] = Counter()
    days: list[str | None] = []
    for day in range((last - first).days):
        morning = first + timedelta(days=day)
        lower, upper = max(morning, begin), min(morning + timedelta(days=1), finish)
        held = cells[(lower - start) // HOUR : (upper - start) // HOUR] if lower < upper else []
        counted.update(cell.status for cell in held)
        days.append(worst(held) if held else None)
    return {
        "month": f"{first:%Y-%m}",
        "days": days,
        "counts": {status: counted[status] for status in STATUSES},
    }


def _month_bounds(number_of_year: int, number: int) -> tuple[datetime, datetime]:
    return datetime(number_of_year, number, 1), datetime(number_of_year + number // 12, number % 12 + 1, 1)


def _hour(hour: datetime, cell: Cell) -> dict[str, Any]:
    return {
        "hour": _moment(hour),
        "status": cell.status,
        "reason": cell.reason,
        "dag_id": cell.dag_id,
        "run_id": cell.run_id,
        "staged_at": _moment(cell.staged_at),
    }


def _problem(
    checked_at: datetime,
    severity: str,
    check: str,
    table: str,
    expected: str,
    found: str,
    samples: str | None,
    start: datetime | None,
    end: datetime | None,
    dag_id: str,
    run_id: str,
) -> dict[str, Any]:
    return {
        "checked_at": _moment(checked_at),
        "severity": severity,
        "check": check,
        "table": table,
        "expected": expected,
        "found": found,
        "samples": _samples(samples),
        "window_start": _moment(start),
        "window_end": _moment(end),
        "dag_id": dag_id,
        "run_id": run_id,
    }


def _samples(text: str | None) -> list[str]:
    """The sample keys; what is no JSON array, cut off by the column's width say, is shown as it is."""
    if not text:
        return []
    try:
        found = json.loads(text)
    except ValueError:
        return [text]
    return (
        [part if isinstance(part, str) else json.dumps(part) for part in found] if isinstance(found, list) else [text]
    )


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    known = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return known.strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _moment(value)
    return value.isoformat() if isinstance(value, date) else value
