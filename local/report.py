"""What a run loaded: read from the warehouse, printed for people, written for programs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local import insights, picture
from local.etl import ETL_DAG, INSIGHTS_DAG, Outcome
from local.insights import Insights
from local.warehouse import RedshiftAddress
from local.window import Window

_TABLES = ("songplays", "users", "songs", "artists", "time")


@dataclass
class Quality:
    """Results of the checks: how many passed, and what the others found."""

    passed: int = 0
    warned: int = 0
    failed: int = 0
    complaints: list[str] = field(default_factory=list)


@dataclass
class Report:
    """One invocation of `run`.

    :ivar seconds: `install` of .venv, `start` of the stack up to ready tables, `load` of the data into S3 (beside
        the start), `etl` of the DAG runs, `insights` of their run, `total` from the command's start to its end.
    :ivar computed: how the run that computes the insights ended; None if there was none, as nothing was loaded.
    :ivar insights: what it computed; None if it failed.
    """

    window: Window
    outcome: Outcome
    rows: dict[str, int]
    songplays_with_song: int
    quality: Quality
    computed: Outcome | None = None
    insights: Insights | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether every run and every check of severity `fail` succeeded."""
        loaded = not self.outcome.failed and self.outcome.success > 0
        return loaded and self.insights is not None and not self.quality.failed

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        body = {
            "window": [_iso(self.window.start), _iso(self.window.end)],
            "runs": {"success": self.outcome.success, "failed": self.outcome.failed},
            "rows": self.rows,
            "songplays_with_song": self.songplays_with_song,
            "quality": {
                "passed": self.quality.passed,
                "warned": self.quality.warned,
                "failed": self.quality.failed,
            },
            "insights": picture.figures(self.insights) if self.insights else None,
            "seconds": {name: round(value, 2) for name, value in self.seconds.items()},
        }
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(json.dumps(body, indent=2) + "\n")
        aside.replace(path)

    def print(self, console: Console) -> None:
        """Show it: rows, checks, timings, and what failed."""
        console.print()
        console.print(f"Window {_iso(self.window.start)} to {_iso(self.window.end)}", markup=False)
        self._print_rows(console)
        quality, runs = self.quality, self.outcome
        console.print(
            f"Checks: {quality.passed} passed, {quality.warned} warned, {quality.failed} failed", markup=False
        )
        console.print(f"Runs: {runs.success} succeeded, {runs.failed} failed", markup=False)
        if self.insights:
            console.print()
            picture.show(console, self.insights)
            console.print()
        elif self.computed:
            console.print("Insights: not computed, they are as they were before", markup=False)
        timings = ", ".join(f"{name} {value:.1f} s" for name, value in self.seconds.items())
        console.print(f"Time: {timings}", markup=False)
        for line in [*quality.complaints, *runs.messages, *(self.computed.messages if self.computed else [])]:
            console.print(line, markup=False, style="red", soft_wrap=True)

    def _print_rows(self, console: Console) -> None:
        counts = {**self.rows, "songplays with a song": self.songplays_with_song}
        if not console.is_terminal:
            for name, count in counts.items():
                console.print(f"  {name}: {count}", markup=False)
            return
        table = Table("rows in", "")
        table.columns[1].justify = "right"
        for name, count in counts.items():
            table.add_row(name, f"{count:,}")
        console.print(table)


def read(redshift: RedshiftAddress, window: Window, outcome: Outcome, computed: Outcome | None) -> Report:
    """Read what the warehouse holds after the loads and the computation, and what their runs recorded."""
    import psycopg

    # Parameters are merged on this side: a statement of 720 run ids then needs no prepared plan.
    with psycopg.connect(
        redshift.dsn, sslmode="disable", autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:

        def number(sql: str, parameters: list[str] | None = None) -> int:
            row = connection.execute(sql, parameters).fetchone()
            return int(row[0] or 0) if row else 0

        runs = ", ".join(["%s"] * len(outcome.run_ids)) or "null"
        of_runs = f"dag_id = '{ETL_DAG}' and run_id in ({runs})"
        rows = {
            "staging_events": number(
                f"select sum(rows_staged) from public.load_status where table_name = 'staging.events' and {of_runs}",
                outcome.run_ids,
            ),
            "staging_songs": number("select count(*) from staging.songs"),
            **{name: number(f'select count(*) from public."{name}"') for name in _TABLES},
        }
        with_song = number("select count(*) from public.songplays where song_id is not null")
        checked_by = [*outcome.run_ids, *(computed.run_ids if computed else [])]
        checks = connection.execute(
            "select run_id, check_name, table_name, severity, passed, expected, observed, try_number, checked_at"
            f" from public.quality_results where dag_id in ('{ETL_DAG}', '{INSIGHTS_DAG}')"
            f" and run_id in ({', '.join(['%s'] * len(checked_by)) or 'null'})",
            checked_by,
        ).fetchall()
        # Answers of an earlier run would be none to what was loaded now.
        answers = insights.read(connection) if computed and computed.success else None
    return Report(window, outcome, rows, with_song, _quality(checks), computed, answers)


def _quality(checks: list[tuple[Any, ...]]) -> Quality:
    """Count the results of each run's last try; an earlier try's are history."""
    last: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for check in sorted(checks, key=lambda check: check[7:9]):
        last[check[:3]] = check
    quality = Quality()
    for run_id, name, table, severity, passed, expected, observed, *_ in last.values():
        if passed:
            quality.passed += 1
            continue
        if severity == "fail":
            quality.failed += 1
        else:
            quality.warned += 1
        quality.complaints.append(
            f"{severity}: {name} on {table}: expected {expected}, found {observed} (run {run_id})"
        )
    return quality


def _iso(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))
