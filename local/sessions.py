"""Whole sessions of processes: who is in one, and how to end all of it.

Every server leads a session of its own. Airflow's tasks leave their parent's process group, but not its
session; PostgreSQL's backends leave the session, but not their parent. So a server's processes are its
session's members and its descendants together.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable

import psutil


def members(leader: int) -> list[psutil.Process]:
    """Return the living processes of the session that `leader` leads or led, itself and all descendants."""
    found: dict[int, psutil.Process] = {}
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if pid == leader or os.getsid(pid) == leader:
                process = psutil.Process(pid)
                found[pid] = process
                found.update({child.pid: child for child in process.children(recursive=True)})
    return [process for process in found.values() if _alive(process)]


def kill(processes: Iterable[psutil.Process], *, wait: float = 5.0) -> None:
    """Send SIGKILL to every process that still is the one it was; wait up to `wait` seconds for all to go."""
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    # Not psutil's own wait: a dead process stays visible until its parent takes note of it, who may be slow.
    deadline = time.monotonic() + wait
    while any(_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.01)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to one process, if it still is there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def started(pid: int) -> float | None:
    """Return when a process started (seconds since the epoch), which with its pid names it; None if gone."""
    try:
        process = psutil.Process(pid)
        return process.create_time() if _alive(process) else None
    except psutil.Error:
        return None


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
