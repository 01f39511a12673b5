"""Starts again what was killed or has ended for it, as a deployment's supervisor does."""

import os
import signal
import time
from contextlib import suppress

import psutil

from local import sessions
from local.errors import ServerDiedError
from local.processes import Server
from local.stack import Stack

_SECONDS = 60.0


class Keeper:
    """Kills the stack's servers and starts them again.

    :ivar ended: servers that ended by themselves, because another was gone, and were started again; counted by name.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.ended: dict[str, int] = {}
        self._orphans: set[int] = set()

    def airflow(self, name: str) -> Server:
        """Return one of Airflow's processes: `scheduler`, `dag-processor` or `api-server`."""
        return next(server for server in self._stack.airflow.servers if server.name == name)

    def kill_postgres(self, away: float) -> None:
        """Kill PostgreSQL and start it again after `away` seconds."""
        kill(self._stack.warehouse.postgres.servers[0])
        time.sleep(away)
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                self._stack.warehouse.postgres.restart()
            except ServerDiedError:
                # Backends of the one that was killed hold its memory until they notice.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def kill_s3(self, away: float) -> None:
        """Kill S3 and start it again."""
        kill(self._stack.warehouse.s3.servers[0])
        time.sleep(away)
        self._stack.warehouse.s3.stop()
        self._stack.warehouse.s3.start()

    def kill_front(self, away: float) -> None:
        """Kill the stand-in's front and start it again; its sessions end with it."""
        kill(next(server for server in self._stack.warehouse.servers if server.name == "redshift"))
        time.sleep(away)
        self._stack.warehouse.stop_front()
        self._stack.warehouse.start_front()

    def kill_airflow(self, name: str, away: float, *, children: bool) -> None:
        """Kill one of Airflow's processes and start it again.

        :param children: whether all that it has started ends with it, as in a container that is removed.
        """
        server = self.airflow(name)
        pid = kill(server)
        if children:
            server.stop()
        else:
            self._orphans.add(pid)
        time.sleep(away)
        server.start()

    def restart_airflow(self, name: str) -> None:
        """Stop one of Airflow's processes in good order, if it runs, and start it again."""
        server = self.airflow(name)
        server.stop()
        server.start()

    def mend(self) -> None:
        """Start again what has ended by itself, and end a killed scheduler's workers that have no task any more."""
        for server in self._stack.airflow.servers:
            try:
                server.check()
            except ServerDiedError:
                self.ended[server.name] = self.ended.get(server.name, 0) + 1
                self.restart_airflow(server.name)
        for leader in list(self._orphans):
            left = sessions.members(leader)
            idle = [process for process in left if "<idle>" in _title(process)]
            sessions.kill(idle)
            if len(idle) == len(left):
                self._orphans.remove(leader)

    def end_orphans(self) -> None:
        """End all that killed schedulers have left."""
        for leader in self._orphans:
            sessions.kill(sessions.members(leader))


def kill(server: Server) -> int:
    """Kill a server's own process, as the system does when memory is short; return what its pid was."""
    pid = server.pid
    assert pid
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return pid


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
