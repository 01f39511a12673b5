"""The front's session processes: one serves one client at a time, and the next when the last has left in good order."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from local.redshift.session.client import House, serve

_LOG = logging.getLogger("local.redshift")
# Processes that wait for a next client; a laptop's tasks and tools are seldom more at one time.
_SPARE = 8
# After so many clients, or having grown so far, a process ends: what it has gathered goes with it.
_CLIENTS_EACH = 100
_LARGEST_KILOBYTES = 200 * 1024
_THREADS = 2  # the session, and the one that ends it with the front
_NO_ROW = -1
_ROW = struct.Struct("=i")
_DONE = b"."


@dataclass
class _Worker:
    """One process.

    :param control: the front's end of the socket between them; None once it is to end.
    :param busy: whether it serves a client. :param row: that client's row in the registry, None when all were taken.
    """

    control: socket.socket | None
    busy: bool
    row: int | None


class Workers:
    """Session processes, forked when a client finds none that is free.

    A fork, and a grammar that has met no statement yet, are most of what a short session costs. A process is used again
    only if its session ended by the client's own farewell, or never began: nothing of it is left then but what was
    learnt of statements' texts, which depends on nothing else.

    :param house: what every session shares. :param inherited: descriptors of the front's that are no session's.
    :param lifeline: the pipe that ends with the front.
    """

    def __init__(self, house: House, inherited: Iterable[int], lifeline: int) -> None:
        self._house = house
        self._inherited = tuple(inherited)
        self._lifeline = lifeline
        self._workers: dict[int, _Worker] = {}

    @property
    def busy(self) -> int:
        """How many clients are served."""
        return sum(worker.busy for worker in self._workers.values())

    @property
    def controls(self) -> dict[int, int]:
        """The processes by the descriptor that can be read when they have something to say."""
        return {worker.control.fileno(): process for process, worker in self._workers.items() if worker.control}

    def serve(self, connection: socket.socket) -> None:
        """Have a process serve this client; the connection is that process's from here on."""
        row = self._house.registry.take()
        if not (self._hand_over(connection, row) or self._fork(connection, row)) and row is not None:
            self._house.registry.give_back(row)
        connection.close()

    def heard(self, process: int) -> None:
        """Take in what a process has to say: that its client has left, or by saying nothing that it is ending."""
        worker = self._workers[process]
        if worker.control is None:
            return
        try:
            said = worker.control.recv(1)
        except OSError:
            said = b""
        if said == _DONE:
            self._give_back(worker)
        if said != _DONE or sum(each.control is not None and not each.busy for each in self._workers.values()) > _SPARE:
            worker.control.close()
            worker.control = None

    def reap(self) -> None:
        """Take leave of the processes that have ended."""
        for process in list(self._workers):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(process, os.WNOHANG) != (0, 0):
                    worker = self._workers.pop(process)
                    if worker.control:
                        worker.control.close()
                    self._give_back(worker)

    def wait(self) -> None:
        """Wait until all have ended, as they do when the front lets go of their lifeline."""
        for process in self._workers:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, 0)

    def _give_back(self, worker: _Worker) -> None:
        if worker.row is not None:
            self._house.registry.give_back(worker.row)
        worker.row, worker.busy = None, False

    def _hand_over(self, connection: socket.socket, row: int | None) -> bool:
        for worker in self._workers.values():
            if worker.control and not worker.busy:
                try:
                    said = _ROW.pack(_NO_ROW if row is None else row)
                    socket.send_fds(worker.control, [said], [connection.fileno()])
                except OSError:
                    continue  # it has just died; the next, or a new one
                worker.row, worker.busy = row, True
                return True
        return False

    def _fork(self, connection: socket.socket, row: int | None) -> bool:
        ours, theirs = socket.socketpair()
        try:
            child = os.fork()
        except OSError as error:
            _LOG.warning("no process for a new client: %s", error)
            ours.close()
            theirs.close()
            return False
        if child:
            theirs.close()
            self._workers[child] = _Worker(ours, busy=True, row=row)
            return True
        status = 1
        try:
            for descriptor in (*self.controls, *self._inherited, ours.fileno()):
                os.close(descriptor)
            self._become_session()
            self._work(theirs, connection, row)
            status = 0
        except Exception:  # noqa: BLE001  (the fork must not return into the accept loop, whatever happens)
            _LOG.exception("a session ended by an error of the front's own")
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _become_session(self) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        # The terminal's Ctrl-C goes to the whole group; sessions end when the front does.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Until it serves somebody there is nothing to interrupt.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        threading.Thread(target=_end_with_front, args=(self._lifeline,), daemon=True).start()

    def _work(self, control: socket.socket, connection: socket.socket, row: int | None) -> None:
        """Serve clients one after the other, until one leaves without a word or the front hangs up."""
        for served in range(1, _CLIENTS_EACH + 1):
            orderly = serve(connection, self._house, row)
            # A thread that still waits on S3 goes with its process.
            if not orderly or served == _CLIENTS_EACH or _grown() or threading.active_count() > _THREADS:
                return
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            control.send(_DONE)
            said, descriptors, _flags, _address = socket.recv_fds(control, _ROW.size, 1)
            if not descriptors:
                return
            connection = socket.socket(fileno=descriptors[0])
            (number,) = _ROW.unpack(said)
            row = None if number == _NO_ROW else number


def _grown() -> bool:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _LARGEST_KILOBYTES


def _end_with_front(lifeline: int) -> None:
    """End the session, whatever it is doing, when the front has ended, however that came about."""
    os.read(lifeline, 1)
    os._exit(1)
