"""Ends the stack's servers when the process that started them has gone, however it went.

Runs as `python local/watchdog.py` with the read end of a pipe as its standard input. Every server announces
itself on that pipe before it becomes itself (`local.processes` starts it through a shell that writes `+ PID
SIGNAL`), so there is no moment at which a crash of the supervisor could leave one unknown. When the last
writer is gone, everything that was announced and not withdrawn (`- PID`) is ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_SECONDS = 3.0


def main() -> None:
    """Read announcements until the pipe closes, then end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    announced: dict[int, signal.Signals] = {}
    for line in sys.stdin:
        match line.split():
            case ["+", pid, name]:
                announced[int(pid)] = signal.Signals[name]
            case ["-", pid]:
                announced.pop(int(pid), None)
    if announced:
        _end(announced)


def _end(announced: dict[int, signal.Signals]) -> None:
    from local import sessions

    # PostgreSQL's backends are found through their parent, so they are listed while it is there.
    found = {pid: sessions.members(pid) for pid in announced}
    for pid, number in announced.items():
        sessions.send(pid, number)
    gentle = [pid for pid, number in announced.items() if number is not signal.SIGKILL]
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(sessions.started(pid) for pid in gentle):
        time.sleep(0.05)
    for pid, known in found.items():
        sessions.kill([*known, *sessions.members(pid)])


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    main()
