"""The stack's state on disk: who uses it, which data set it holds, and how to begin anew."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import accounts, secret_files
from local.errors import StackError
from local.processes import reap

# What --fresh removes. Named one by one: a home that was set to the wrong directory must not lose what is not ours.
_SERVERS = ("airflow", "redshift", "s3", "postgres")
_FILES = ("data.json", "stack.json")
_NEEDED_BYTES = 1_000_000_000


class Home:
    """The directory that holds the state of one stack.

    :param path: `.sparkify` of the checkout, or what SPARKIFY_HOME says.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = path / "lock"
        self._data = path / "data.json"
        self._stack = path / "stack.json"

    @contextmanager
    def held(self, command: str) -> Iterator[None]:
        """Hold the home for one command: nobody else starts servers in it meanwhile.

        The lock is the system's and ends with its process, so a stale one cannot be. What a crashed predecessor
        left running is ended first. Raises StackError when another ./sparkify has it, naming that one.
        """
        self._make()
        with self._lock.open("a+") as lock:
            # `running` takes it for an instant too; a holder keeps it for longer than these tries.
            for attempt in range(5):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if attempt < 4:
                        time.sleep(0.05)
                        continue
                    raise StackError(
                        f"another ./sparkify ({self._holder()}) is using {self.path}",
                        "stop it, or set SPARKIFY_HOME to another directory",
                    ) from error
            lock.truncate(0)
            lock.write(json.dumps({"pid": os.getpid(), "command": command}))
            lock.flush()
            self._stack.unlink(missing_ok=True)
            for server in _SERVERS:
                reap(self.path / server)
            try:
                yield
            finally:
                self._stack.unlink(missing_ok=True)
                lock.truncate(0)

    def running(self) -> dict[str, Any] | None:
        """Return what a stack that runs in this home has published, or None when none runs."""
        if not self._lock.exists():
            return None
        with self._lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                published: dict[str, Any] | None = json.loads(self._stack.read_text()) if self._stack.exists() else None
                return published
        return None

    def publish(self, addresses: dict[str, Any]) -> None:
        """Tell `sql` and `airflow` of this home how to reach the running stack. Holds passwords: mode 0600."""
        secret_files.write(self._stack, json.dumps(addresses))

    def wipe(self) -> None:
        """Remove every server's state and the memory of the data set. Only while held."""
        for server in _SERVERS:
            accounts.remove_data(self.path / server)
        for name in _FILES:
            (self.path / name).unlink(missing_ok=True)

    def remember_data(self, data: dict[str, Any]) -> None:
        """Note which data set the state is made of; StackError when it already holds another one.

        :param data: what names the data set, such as its folder.
        """
        if self._data.exists() and (held := json.loads(self._data.read_text())) != data:
            raise StackError(
                f"{self.path} holds the data of {describe_data(held)}, not of {describe_data(data)}",
                "use --fresh to begin anew, or set SPARKIFY_HOME to another directory",
            )
        secret_files.write(self._data, json.dumps(data))

    def require_space(self, data_bytes: int = 0) -> None:
        """Raise StackError unless the disk has room for the stack and a data set of `data_bytes`."""
        # Each byte of the source lies in S3 once and in PostgreSQL about four times: staging, facts, indexes, log.
        needed = _NEEDED_BYTES + 5 * data_bytes
        places = {self.path, accounts.SHARED.parent} if os.geteuid() == 0 else {self.path}
        for place in places:
            free = shutil.disk_usage(place).free
            if free < needed:
                raise StackError(
                    f"{place} has {free / 1e9:.1f} GB free, and this needs {needed / 1e9:.1f} GB",
                    "free some, or set SPARKIFY_HOME to a directory on another disk",
                )

    def _make(self) -> None:
        # For root, PostgreSQL's user must be able to walk through; it still can neither list nor read here.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            self.path.mkdir(mode=mode, parents=True, exist_ok=True)
            if not self._lock.exists() and any(self.path.iterdir()):
                raise StackError(
                    f"{self.path} has files and is not a home of ./sparkify",
                    "set SPARKIFY_HOME to a new or empty directory",
                )
            self.path.chmod(mode)
        except OSError as error:
            raise StackError(
                f"{self.path} cannot be used: {error.strerror}",
                "make it a directory of your own, or set SPARKIFY_HOME to another one",
            ) from error

    def _holder(self) -> str:
        try:
            noted = json.loads(self._lock.read_text())
            return f"pid {noted['pid']}, `{noted['command']}`"
        except (ValueError, KeyError):
            return "which is just starting"


def describe_data(data: dict[str, Any]) -> str:
    """Return a data set's name for messages."""
    if "folder" in data:
        return str(data["folder"])
    return "the simulator (" + ", ".join(f"{name} {value}" for name, value in data.items()) + ")"
