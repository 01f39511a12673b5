"""Whether an hourly run costs the same however much is loaded already.

    python -m tests.benchmarks.flat_cost [--songs 100000] [--days 1000] [--events 1250000] [--hours 8]

Loads the same hours twice, through the operators, on one stand-in: into tables that hold nothing else, and into tables
that hold all the days before, with a catalogue of as many objects as songs. Compares the seconds of all tasks of a run,
without what they spent on listing S3, and the listing with a bare one. Exits with 1 if the full warehouse's run costs
more than 1.25 times the empty one's, or the listing more than 1.2 times a bare one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local import accounts, mirror
from local.simulator import simulate
from local.warehouse import Warehouse
from sparkify import s3
from tests.pipeline import Pipeline, execute, load_dag

FIRST = date(2018, 11, 1)
OWN, LISTING = 1.25, 1.2
_SMALL, _LARGE = "flat-cost-small", "flat-cost-large"


class Stopwatch:
    """The seconds spent within a function, wherever it is called."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
        """The function, timed from its call until its last result."""

        def timed(*arguments: Any) -> Iterator[Any]:
            began = time.perf_counter()
            results = list(function(*arguments))
            self.seconds += time.perf_counter() - began
            return iter(results)

        return timed


def main() -> None:
    """Load both, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--events", type=int, default=1_250_000)
    parser.add_argument("--hours", type=int, default=8, help="hours to measure")
    chosen = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="sparkify-flat-"))
    home.chmod(0o711)
    data = home / "data"
    print(simulate(data, songs=chosen.songs, events=chosen.events, days=chosen.days, seed=0), flush=True)
    last = datetime(FIRST.year, FIRST.month, FIRST.day) + timedelta(days=chosen.days - 1)
    watch = Stopwatch()
    with Warehouse(home) as warehouse, pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "list_objects", watch.around(s3.list_objects))
        files = {path.relative_to(data).as_posix(): path for path in data.rglob("*") if path.is_file()}
        songs = sorted(key for key in files if key.startswith("song_data/"))
        logs = f"log_data/{last:%Y/%m/%Y-%m-%d}-events.json"
        few = {key: files[key] for key in [logs, "log_json_path.json", *songs[:71]]}
        mirror.mirror(warehouse.s3.client(), _SMALL, few)
        mirror.mirror(warehouse.s3.client(), _LARGE, files)
        print("in S3", flush=True)
        small = _measure(Pipeline(warehouse, _SMALL, patch), last, chosen.hours, watch, history=None)
        history = (datetime(FIRST.year, FIRST.month, FIRST.day), last)
        large = _measure(Pipeline(warehouse, _LARGE, patch), last, chosen.hours, watch, history=history)
        bare = statistics.median(_bare_listings(warehouse.s3.client(), logs, 5))
    accounts.remove_data(home / "postgres")
    own, listing = large[0] / small[0], large[1] / bare
    print(
        f"own work {own:.2f} times (at most {OWN}), listing {listing:.2f} times a bare one's {bare:.2f} s ({LISTING})"
    )
    sys.exit(0 if own <= OWN and listing <= LISTING else 1)


def _measure(
    pipeline: Pipeline, day: datetime, hours: int, watch: Stopwatch, *, history: tuple[datetime, datetime] | None
) -> tuple[float, float]:
    """Median seconds of an hourly run's own work and of its listing, after a first run that is not counted."""
    pipeline.manage_tables("reset", "reset")
    if history:
        pipeline.load(*(moment.isoformat() for moment in history))
    else:
        pipeline.load(day.isoformat(), (day + timedelta(hours=1)).isoformat())
    own, listing = [], []
    for hour in range(9, 9 + hours):
        window = day + timedelta(hours=hour), day + timedelta(hours=hour + 1)
        watch.seconds = 0.0
        began = time.perf_counter()
        seconds = _run(pipeline, *window)
        whole = time.perf_counter() - began
        own.append(sum(seconds.values()) - watch.seconds)
        listing.append(watch.seconds)
        assert whole >= own[-1]
    facts, catalogue = (pipeline.query(f"select count(*) from {table}")[0][0] for table in ("songplays", "songs"))
    result = statistics.median(own), statistics.median(listing)
    print(f"{facts:9} facts, {catalogue:7} songs: {result[0]:.3f} s own work, {result[1]:.3f} s listing", flush=True)
    return result


def _run(pipeline: Pipeline, start: datetime, end: datetime) -> dict[str, float]:
    """Run sparkify_etl over a window; the seconds of each task."""
    dag = load_dag("sparkify_etl")
    form = {"start": start.isoformat(), "end": end.isoformat()}
    context, _ = pipeline.context("sparkify_etl", {**dag.params.dump(), **form})
    seconds = {}
    for task in dag.topological_sort():
        began = time.perf_counter()
        execute(task, context)
        seconds[task.task_id] = time.perf_counter() - began
    return seconds


def _bare_listings(client: Any, log: str, times: int) -> Iterator[float]:
    """Seconds that boto3 alone needs for the two listings of a run."""
    for _ in range(times):
        began = time.perf_counter()
        for prefix in ("song_data/", str(Path(log).parent)):
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=_LARGE, Prefix=prefix):
                len(page["Contents"])
        yield time.perf_counter() - began


if __name__ == "__main__":
    main()
