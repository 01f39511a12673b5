"""What the whole set of checks costs on a large warehouse, in full scans of its facts.

    python -m tests.benchmarks.quality_scans [--events 1250000] [--days 30] [--songs 10000]

Loads simulated events in one run, on the stand-in, then runs the run's own checks, whose window is all of the time, and
those of whole tables. Counts by PostgreSQL's own counters how many rows of the facts they read, sequentially and by
index, and how long they take beside a bare `select count(*)` of the facts. Exits with 1 if they read the facts more
than three times, or a check does not pass.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest

from local import accounts, mirror
from local.simulator import simulate
from local.warehouse import Warehouse
from tests.pipeline import Pipeline, execute, load_dag
from tests.warehouse.checking import check_warehouse, check_window, not_passed

Result = TypeVar("Result")
FIRST = date(2018, 11, 1)
SCANS = 3.0
_BUCKET, _RUN = "quality-scans", "manual__scans"


def main() -> None:
    """Load, check, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_250_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--songs", type=int, default=10_000)
    chosen = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="sparkify-scans-"))
    home.chmod(0o711)
    data = home / "data"
    print(simulate(data, songs=chosen.songs, events=chosen.events, days=chosen.days, seed=0), flush=True)
    form = {"start": FIRST.isoformat(), "end": (FIRST + timedelta(days=chosen.days)).isoformat()}
    with Warehouse(home) as warehouse, pytest.MonkeyPatch.context() as patch:
        files = {path.relative_to(data).as_posix(): path for path in data.rglob("*") if path.is_file()}
        mirror.mirror(warehouse.s3.client(), _BUCKET, files)
        pipeline = Pipeline(warehouse, _BUCKET, patch)
        pipeline.manage_tables("reset", "reset")
        load_without_checks(pipeline, form, _RUN)
        [(facts,)] = pipeline.query("select count(*) from songplays")
        bare = min(_timed(lambda: pipeline.query("select count(*) from songplays"))[1] for _ in range(5))
        print(f"{facts} facts, a bare scan {bare:.3f} s", flush=True)
        scans, wrong = 0.0, set()
        for name, check in (
            ("of the run", lambda: check_window(pipeline, form, _RUN)),
            ("of whole tables", lambda: check_warehouse(pipeline)),
        ):
            before = rows_read(warehouse, "songplays")
            results, seconds = _timed(check)
            read = (rows_read(warehouse, "songplays") - before) / facts
            scans += read
            wrong |= not_passed(results)
            print(f"checks {name}: {len(results)}, {read:.2f} scans, {seconds:.2f} s, {seconds / bare:.0f} bare scans")
    accounts.remove_data(home / "postgres")
    print(f"{scans:.2f} scans of the facts (at most {SCANS}); not passed: {', '.join(sorted(wrong)) or 'none'}")
    sys.exit(0 if scans <= SCANS and not wrong else 1)


def load_without_checks(pipeline: Pipeline, form: dict[str, str], run_id: str) -> None:
    """Run a run's tasks but its checks, and leave its staging."""
    dag = load_dag("sparkify_etl")
    context, _ = pipeline.context("sparkify_etl", {**dag.params.dump(), **form}, run_id)
    for task in dag.topological_sort():
        if task.task_id not in ("check_quality", "drop_staging"):
            execute(task, context)


def rows_read(warehouse: Warehouse, table: str) -> int:
    """How many rows of a table all sessions that have ended have read, sequentially and by index."""
    with psycopg.connect(warehouse.postgres.dsn("dev"), autocommit=True) as server:
        row = server.execute(
            "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables"
            " where relname = %s and schemaname = 'public'",
            (table,),
        ).fetchone()
    assert row
    return int(row[0])


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


if __name__ == "__main__":
    main()
