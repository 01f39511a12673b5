"""What one run over many events costs per event, and how much memory it takes.

    python -m tests.benchmarks.scale [--events 1000000 10000000]

For each size: simulates that many events over a month, puts them into S3, and loads the month in one run through the
operators, in a process of its own, on a stand-in of its own. Prints seconds per million events and the largest resident
memory of the process that ran the tasks and of the stand-in's sessions. Exits with 1 if an event of the largest size
costs more than one of the smallest, or if memory grew with the events.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from local import accounts, mirror
from local.simulator import simulate
from local.warehouse import Warehouse
from tests.pipeline import Pipeline

GROWTH = 1.5  # of memory, from the smallest to the largest
_BUCKET = "scale-source"
_ONE = "--one"


def main() -> None:
    """Load every size, print, judge."""
    if sys.argv[1:2] == [_ONE]:
        print(json.dumps(_load(int(sys.argv[2]))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    sizes = sorted(parser.parse_args().events)
    found = {}
    for events in sizes:
        command = [sys.executable, "-m", "tests.benchmarks.scale", _ONE, str(events)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[events] = one = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{events:10} events: {one['seconds']:7.1f} s, {one['seconds'] / events * 1e6:6.2f} s a million, "
            f"tasks {one['tasks_mb']:.0f} MB, a session of the stand-in {one['session_mb']:.0f} MB",
            flush=True,
        )
    least, most = found[sizes[0]], found[sizes[-1]]
    cost = (most["seconds"] / sizes[-1]) / (least["seconds"] / sizes[0])
    memory = max(most[key] / least[key] for key in ("tasks_mb", "session_mb"))
    print(f"an event costs {cost:.2f} times as much (at most 1), memory {memory:.2f} times (at most {GROWTH})")
    sys.exit(0 if cost <= 1 and memory <= GROWTH else 1)


def _load(events: int) -> dict[str, float]:
    """Load a month of that many events; seconds and memory."""
    home = Path(tempfile.mkdtemp(prefix="sparkify-scale-"))
    home.chmod(0o711)
    data = home / "data"
    simulate(data, songs=1000, events=events, days=30, seed=0)
    sessions = _Peak()
    with Warehouse(home) as warehouse, pytest.MonkeyPatch.context() as patch:
        files = {path.relative_to(data).as_posix(): path for path in data.rglob("*") if path.is_file()}
        mirror.mirror(warehouse.s3.client(), _BUCKET, files)
        shutil.rmtree(data)
        pipeline = Pipeline(warehouse, _BUCKET, patch)
        pipeline.manage_tables("reset", "reset")
        [front] = [server.pid for server in warehouse.servers if server.name == "redshift"]
        with sessions.of(front):
            began = time.perf_counter()
            pipeline.load("2018-11-01", "2018-12-01")
            seconds = time.perf_counter() - began
        staged = pipeline.query("select sum(rows_staged) from load_status where table_name = 'staging.events'")
        assert staged == [(events,)], staged
    accounts.remove_data(home / "postgres")
    shutil.rmtree(home, ignore_errors=True)
    tasks = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "tasks_mb": tasks, "session_mb": sessions.megabytes}


class _Peak:
    """The largest resident memory of any child of a process, watched from a thread."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._done = threading.Event()

    def of(self, pid: int | None) -> _Peak:
        self._thread = threading.Thread(target=self._watch, args=(psutil.Process(pid),))
        return self

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self, front: psutil.Process) -> None:
        while not self._done.wait(0.1):
            for process in front.children(recursive=True):
                try:
                    self.megabytes = max(self.megabytes, process.memory_info().rss / 2**20)
                except psutil.NoSuchProcess:
                    continue


if __name__ == "__main__":
    main()
