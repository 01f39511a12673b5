"""`./sparkify hours`: which hours of a range are loaded, empty, missing, failed or running.

What is loaded the warehouse knows, by the query that works on Redshift, too. Which runs failed or are going on Airflow
knows; without a running Airflow such hours count as failed or missing.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rich.table import Table

from local.airflow_api import AirflowApi
from local.console import out
from local.errors import StackError
from local.etl import ETL_DAG
from local.settings import ROOT
from local.window import Window

_HOUR = timedelta(hours=1)
_LONGEST = 100_000
_BAD = ("missing", "failed")
_STYLES = {"loaded": "green", "empty": "dim", "running": "cyan", "missing": "yellow", "failed": "red"}


@dataclass(frozen=True)
class Hour:
    """One hour of the range.

    :ivar status: `loaded`, `empty`, `running`, `missing` or `failed`.
    :ivar reason: what was staged (`loaded`), why it is empty (`no_file`, `no_rows`, `no_plays`), or None.
    :ivar run_id: the run that says so, or None.
    """

    start: str
    status: str
    reason: str | None
    run_id: str | None


@dataclass(frozen=True)
class Run:
    """One of Airflow's runs of the DAG and the span that it loads."""

    run_id: str
    state: str
    since: str
    start: datetime
    end: datetime


def run(found: dict[str, Any], window: Window, *, as_json: bool) -> int:
    """Print the hours of the window and return 1 if one is missing or failed, else 0.

    :param found: how to reach the warehouse and, where it runs, Airflow.
    """
    window.require_whole_hours()
    if window.hours > _LONGEST:
        raise StackError(f"{window.hours} hours are too many", f"ask for {_LONGEST} at most")
    loaded = read(found["redshift"], window)
    environment = found.get("airflow")
    hours = list(judge(loaded, of_airflow(environment, window)) if environment else judge(loaded, []))
    if as_json:
        print(json.dumps([asdict(hour) for hour in hours], indent=1))  # noqa: T201 - for programs
    else:
        _show(hours)
    return 1 if any(hour.status in _BAD for hour in hours) else 0


def read(dsn: str, window: Window) -> list[Hour]:
    """Ask the warehouse for each hour of the window."""
    import jinja2
    import psycopg

    text = (Path(ROOT) / "sql" / "queries" / "hours.sql").read_text(encoding="utf-8")
    bounds = {name: bound.strftime("%Y-%m-%d %H:%M:%S") for name, bound in vars(window).items()}
    query = jinja2.Template(text, undefined=jinja2.StrictUndefined).render(bounds)
    with psycopg.connect(dsn, sslmode="disable", autocommit=True) as connection:
        rows = connection.execute(query.encode()).fetchall()
    return [Hour(_iso(start), status, reason, run_id) for start, status, reason, run_id, _ in rows]


def of_airflow(environment: dict[str, str], window: Window) -> list[Run]:
    """Ask Airflow for the runs that load part of the window."""
    passwords = json.loads(Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).read_text())
    [(login, password)] = passwords.items()
    api = AirflowApi(environment["AIRFLOW__API__BASE_URL"], login, password)
    try:
        api.log_in()
        return list(spans(api.runs(ETL_DAG), window))
    finally:
        api.close()


def spans(runs: list[dict[str, Any]], window: Window) -> Iterator[Run]:
    """Yield the runs of Airflow's answer that load part of the window, each with its span."""
    # Where Airflow finds it, too; nobody else of ours needs it.
    sys.path.append(str(ROOT / "plugins"))
    from sparkify.window import WindowError, resolve_window

    for each in runs:
        moments = {
            name: datetime.fromisoformat(each[name]) if each.get(name) else None
            for name in ("logical_date", "data_interval_start", "data_interval_end", "run_after")
        }
        try:
            span = resolve_window(SimpleNamespace(**moments), each.get("conf") or {})
        except WindowError:
            continue  # a form that says nonsense: the run failed and loads nothing
        if span.start < window.end and span.end > window.start:
            since = each.get("start_date") or each.get("queued_at") or ""
            yield Run(each["dag_run_id"], each["state"], str(since), span.start, span.end)


def judge(loaded: list[Hour], runs: list[Run]) -> Iterator[Hour]:
    """Combine both: an hour is what the latest run over it has come to; a run that goes on counts before all."""
    by_hour: dict[str, Run] = {}
    for each in sorted(runs, key=lambda run: (run.state in ("running", "queued"), run.since)):
        start = each.start
        while start + _HOUR <= each.end:
            by_hour[_iso(start)] = each
            start += _HOUR
    for hour in loaded:
        latest = by_hour.get(hour.start)
        if latest and latest.state in ("running", "queued"):
            yield replace(hour, status="running", run_id=latest.run_id)
        elif latest and latest.state == "failed":
            yield replace(hour, status="failed", run_id=latest.run_id)
        elif hour.status == "unfinished":
            yield replace(hour, status="failed")
        else:
            yield hour


def _show(hours: list[Hour]) -> None:
    table = Table("hour", "status", "reason", "run")
    for hour in hours:
        table.add_row(hour.start, hour.status, hour.reason or "", hour.run_id or "", style=_STYLES[hour.status])
    out.print(table)
    counted = Counter(hour.status for hour in hours)
    out.print(", ".join(f"{counted[status]} {status}" for status in _STYLES if counted[status]), markup=False)


def _iso(moment: datetime) -> str:
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return known.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
