"""How many hourly runs a minute the stack does, beside a DAG of the same shape whose tasks do nothing.

    python -m tests.benchmarks.hourly_runs [--data DIR] [--hours 720] [--idle-hours 120]

On one stack, with one set of settings: a backfill of the idle DAG, then one of sparkify_etl, eight runs at a time.
Prints runs a minute, their ratio, and the CPU seconds that each server took for one run, which tells where the rest
goes. Exits with 1 if the ratio is under 0.7, or if the sample month's 720 hours would take more than 20 minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from local import settings
from local.airflow_api import AirflowApi
from local.simulator import simulate
from tests.conftest import SAMPLE, stack_of_tests
from tests.stack import RunningStack

ROOT = settings.ROOT
FIRST = datetime(2018, 11, 1, tzinfo=UTC)
IDLE, REAL = "idle_like_sparkify_etl", "sparkify_etl"
RATIO, MONTH_HOURS, MONTH_MINUTES = 0.7, 720, 20
_POLL_SECONDS = 2.0
_PARALLEL = 8

IDLE_DAG = '''"""The shape of sparkify_etl, and nothing in it."""

from airflow.sdk import DAG, BaseOperator, CronDataIntervalTimetable


class Idle(BaseOperator):
    def execute(self, context):
        return None


with DAG("{name}", schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"), catchup=False,
         max_active_runs={parallel}, default_args={{"retries": 0}}):
    tasks = {{task_id: Idle(task_id=task_id) for task_id in {tasks}}}
    for upstream, downstream in {edges}:
        tasks[upstream] >> tasks[downstream]
'''


def main() -> None:
    """Measure both, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SAMPLE, help="a folder with log_data/ and song_data/")
    parser.add_argument("--hours", type=int, default=MONTH_HOURS, help="hours that sparkify_etl loads")
    parser.add_argument("--idle-hours", type=int, default=120, help="hours that the idle DAG runs through")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = arguments.data
        if not (data / "log_data").is_dir():
            data = Path(folder, "data")
            simulate(data, songs=100, events=8000, days=30, seed=0)
        dags = _dags_folder(Path(folder))
        with stack_of_tests(data, dags=dags) as stack:
            idle = _measure(stack, IDLE, arguments.idle_hours)
            real = _measure(stack, REAL, arguments.hours)
    minutes = MONTH_HOURS / real
    print(f"ratio {real / idle:.2f} (at least {RATIO}), the month's {MONTH_HOURS} hours in {minutes:.1f} minutes")
    sys.exit(0 if real / idle >= RATIO and minutes <= MONTH_MINUTES else 1)


def _dags_folder(folder: Path) -> Path:
    """Make a folder with the project's DAG files and the idle one."""
    dags = folder / "dags"
    dags.mkdir()
    for file in (ROOT / "dags").glob("*.py"):
        (dags / file.name).symlink_to(file)
    return dags


def _measure(stack: RunningStack, dag_id: str, hours: int) -> float:
    """Back-fill `hours` hours of a DAG; print and return its runs a minute."""
    if dag_id == IDLE:
        _write_idle(stack)
    stack.api.unpause(dag_id)
    before, began = _cpu(stack), time.monotonic()
    last = FIRST + timedelta(hours=hours - 1)
    stack.api.backfill(dag_id, FIRST, last, parallel=_PARALLEL)
    while (done := stack.api.count_runs(dag_id, FIRST, last, ["success", "failed"])) < hours:
        time.sleep(_POLL_SECONDS)
        stack.stack.check()
    seconds = time.monotonic() - began
    if failed := stack.api.count_runs(dag_id, FIRST, last, ["failed"]):
        sys.exit(f"{failed} of {done} runs of {dag_id} failed")
    spent = {name: (after - before[name]) / hours for name, after in _cpu(stack).items()}
    parts = ", ".join(f"{name} {value:.2f}" for name, value in sorted(spent.items(), key=lambda item: -item[1]))
    rate = hours / seconds * 60
    total = sum(spent.values())
    print(f"{dag_id:24} {hours:4} runs, {rate:5.1f} a minute, CPU s a run {total:.2f}: {parts}", flush=True)
    return rate


def _write_idle(stack: RunningStack) -> None:
    """Write the idle DAG with the tasks and edges that sparkify_etl has now, and wait until Airflow knows it."""
    api: AirflowApi = stack.api
    tasks = api.dag_tasks(REAL)
    edges = [(task["task_id"], follower) for task in tasks for follower in task["downstream_task_ids"]]
    text = IDLE_DAG.format(name=IDLE, parallel=_PARALLEL, tasks=[task["task_id"] for task in tasks], edges=edges)
    (Path(stack.stack.airflow.dags) / "idle.py").write_text(text)
    while not api.ready((IDLE,)):
        time.sleep(_POLL_SECONDS)


def _cpu(stack: RunningStack) -> dict[str, float]:
    """CPU seconds by server so far, of its own, its children and those of them that have ended."""
    spent = {}
    for server in stack.stack.servers:
        root = psutil.Process(server.pid)
        processes = [root, *root.children(recursive=True)]
        total = 0.0
        for process in processes:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        spent[server.name] = total
    return spent


if __name__ == "__main__":
    main()
