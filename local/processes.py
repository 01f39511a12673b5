"""Servers as child processes: each in a session of its own, watched, stopped in order, never left behind."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from local import sessions
from local.accounts import Account
from local.errors import CancelledError, ServerDiedError, StackError
from local.settings import ROOT

_TAIL_BYTES = 4096
_TAIL_LINES = 15
# A user's shell may carry settings of other clusters, accounts and interpreters; none of them is meant for
# this stack.
_FOREIGN = ("PYTHON", "AWS_", "PG", "AIRFLOW", "S3_", "WEED_", "_AIRFLOW")


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a server: the user's without what would redirect it, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, "TZ": "UTC", **(extra or {})}


class _Watchdog:
    """The pipe to this process's watchdog (`local/watchdog.py`), opened with the first server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pipe: IO[bytes] | None = None
        self._owner = 0

    def pipe(self) -> IO[bytes]:
        with self._lock:
            if self._pipe is None or self._owner != os.getpid():
                process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-E", "-s", str(ROOT / "local" / "watchdog.py")],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                    env=clean_environment(),
                )
                self._pipe, self._owner = process.stdin, os.getpid()
                assert self._pipe is not None  # noqa: S101 - tells the type checker what stdin=PIPE means
            return self._pipe

    def forget(self, pid: int) -> None:
        if self._pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._pipe.fileno(), f"- {pid}\n".encode())


_watchdog = _Watchdog()
_cancelled = threading.Event()


def cancel() -> None:
    """Make every start and every wait, in whichever thread, end with CancelledError: the user wants to stop."""
    _cancelled.set()


def announce(pid: int) -> None:
    """Have the watchdog end a child that was not started as a Server."""
    os.write(_watchdog.pipe().fileno(), f"+ {pid} SIGKILL\n".encode())


def raise_if_cancelled() -> None:
    """Raise CancelledError after `cancel`; for whatever takes long in a thread that no signal reaches."""
    if _cancelled.is_set():
        raise CancelledError


class Server:
    """One child process with a log, a way to know that it is ready, and a way to stop it.

    :param name: how messages call it; also the name of its pid file.
    :param argv: program and arguments. Never a secret: arguments are visible to every user.
    :param directory: where its pid file lies; `reap` looks there at the next start.
    :param log: file that takes its output, appended.
    :param environment: added to `clean_environment()`.
    :param account: the system user it runs as; None for ours.
    :param stop_signal: what asks it to end. :param crash_signal: what the watchdog sends when we are gone.
    :param stop_seconds: how long it may take before it and all its processes are killed.
    :param lifeline: keep a pipe on its standard input, whose end tells it that we are gone.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        directory: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
        account: Account | None = None,
        cwd: Path = ROOT,
        stop_signal: signal.Signals = signal.SIGTERM,
        crash_signal: signal.Signals = signal.SIGKILL,
        stop_seconds: float = 10.0,
        lifeline: bool = False,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.environment = dict(environment or {})
        self.account = account
        self.cwd = cwd
        self.stop_signal = stop_signal
        self.crash_signal = crash_signal
        self.stop_seconds = stop_seconds
        self.lifeline = lifeline
        self._pid_file = directory / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id while started, else None."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process and note it for the watchdog and the next start; does not wait for it."""
        raise_if_cancelled()
        # The shell announces itself to the watchdog, then becomes the server: same pid, no gap, and cheap.
        announce = f'echo "+ $$ {self.crash_signal.name}"; exec {shlex.join(self.argv)} >&2'
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            os.fchmod(log.fileno(), 0o600)
            self._log_start = log.tell()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    ["/bin/sh", "-c", announce],
                    stdin=subprocess.PIPE if self.lifeline else subprocess.DEVNULL,
                    stdout=_watchdog.pipe(),
                    stderr=log,
                    env=clean_environment(self.environment),
                    cwd=self.cwd,
                    start_new_session=True,
                    user=self.account.uid if self.account else None,
                    group=self.account.gid if self.account else None,
                    extra_groups=[] if self.account else None,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise StackError(f"{self.name} could not be started: {error}") from error
        since = sessions.started(self._process.pid)
        self._pid_file.write_text(json.dumps({"pid": self._process.pid, "started": since}))

    def check(self) -> None:
        """Raise ServerDiedError if the process has ended."""
        if self._process is not None and (code := self._process.poll()) is not None:
            raise ServerDiedError(self.name, code, str(self.log), self.tail())

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Poll `ready` until it is true; ServerDiedError when the process ends first or `seconds` pass."""
        deadline = time.monotonic() + seconds
        while not ready():
            raise_if_cancelled()
            self.check()
            if time.monotonic() > deadline:
                raise ServerDiedError(self.name, None, str(self.log), self.tail())
            time.sleep(0.02)

    def run(self, *, seconds: float) -> None:
        """Start it and wait for its end; ServerDiedError, with its last words, unless it ends well in time."""
        self.start()
        try:
            ended = self._ended
            deadline = time.monotonic() + seconds
            while (code := ended()) is None:
                raise_if_cancelled()
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
            if code != 0:
                raise ServerDiedError(self.name, code, str(self.log), self.tail())
        finally:
            self.stop()

    def _ended(self) -> int | None:
        return self._process.poll() if self._process else None

    def tail(self) -> str:
        """Return the last lines that it wrote to its log since it was started."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
                return "\n".join(log.read().decode(errors="replace").splitlines()[-_TAIL_LINES:])
        except FileNotFoundError:
            return ""

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once, so that several end side by side."""
        if self._process is not None and self._process.poll() is None:
            sessions.send(self._process.pid, self.stop_signal)

    def stop(self) -> None:
        """Stop the process and all that it started; kill what has not ended in time. Idempotent."""
        if (process := self._process) is None:
            return
        found = sessions.members(process.pid)
        self.ask_to_stop()
        if process.stdin:
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.stop_seconds)
        sessions.kill([*found, *sessions.members(process.pid)])
        process.wait()
        _watchdog.forget(process.pid)
        self._pid_file.unlink(missing_ok=True)
        self._process = None


def reap(directory: Path) -> list[str]:
    """Kill what pid files in `directory` name and still runs (same pid, same start time); return the names.

    Only for a directory whose lock is held: nothing that it names can then belong to a living supervisor.
    """
    reaped = []
    for file in sorted(directory.glob("*.pid")):
        try:
            noted = json.loads(file.read_text())
            pid, since = int(noted["pid"]), noted["started"]
        except (ValueError, KeyError, TypeError):
            pid, since = 0, None  # half written by a crash: names nothing
        if pid and since is not None and sessions.started(pid) == since:
            sessions.kill(sessions.members(pid))
            reaped.append(file.stem)
        file.unlink(missing_ok=True)
    return reaped
