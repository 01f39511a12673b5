"""The accept loop: one process for each client, so that nothing one does can touch another."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import signal
import socket
import stat
import sys
import threading
from dataclasses import dataclass

from local.redshift.catalogue.install import install
from local.redshift.config import Config
from local.redshift.copy import s3_client
from local.redshift.dialect.warming import warm
from local.redshift.history import historian
from local.redshift.session.client import House, serve
from local.redshift.session.registry import Registry
from local.redshift.wire import tls

_LOG = logging.getLogger("local.redshift")
_BACKLOG = 128
# Clients above the limit are still heard: they may want to cancel, and else they are told why they are not let in.
_HEARD = 50


@dataclass(frozen=True)
class _Pipes:
    """The front's pipes: the sessions' lifeline, which only the front can write to, and its own alarm."""

    lifeline: int
    keeper: int
    wakeup: int
    waker: int


class Server:
    """The front: listens, and forks a session for each client.

    :param config: its configuration.

    It ends on SIGTERM, SIGINT, or when its standard input is a pipe that ends. Its sessions end with it, however it
    ends: each holds a pipe that the front alone writes to.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._children: dict[int, int | None] = {}  # by process: its row in the registry
        self._registry = Registry(config.max_connections)
        self._historian = 0
        self._ending = False

    def run(self) -> None:
        """Prepare the backend, listen, and serve until told to end."""
        context = tls.server_context(self._config.tls) if self._config.tls else None
        passwords = install(self._config)
        history, self._historian = historian.start(self._config)
        house = House(self._config, passwords, context, self._registry, history)
        s3_client.own(self._config.s3)
        listener = socket.create_server((self._config.host, self._config.port), backlog=_BACKLOG)
        lifeline, keeper = os.pipe()
        wakeup, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        warm()
        # What the parent holds now is shared with every session for good.
        gc.collect()
        gc.freeze()
        _LOG.info("listening on %s:%s", self._config.host, self._config.port)
        watched = [listener.fileno(), wakeup]
        if _stdin_is_a_pipe():
            watched.append(0)
        while not self._ending:
            ready, _, _ = select.select(watched, [], [])
            if wakeup in ready:
                os.read(wakeup, 4096)
                self._reap()
            if 0 in ready and not os.read(0, 4096):
                break
            if listener.fileno() in ready:
                self._accept(listener, _Pipes(lifeline, keeper, wakeup, waker), house)
        listener.close()
        os.close(keeper)
        for child in self._children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
        os.close(history.pipe)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._historian, 0)

    def _end(self, *_: object) -> None:
        self._ending = True

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(self._historian, os.WNOHANG) != (0, 0):
                _LOG.warning("the historian has ended; statements are not recorded any more")
        for child in list(self._children):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(child, os.WNOHANG) != (0, 0):
                    row = self._children.pop(child)
                    if row is not None:
                        self._registry.give_back(row)

    def _accept(self, listener: socket.socket, pipes: _Pipes, house: House) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # it went away before it was let in
        if len(self._children) >= self._config.max_connections + _HEARD:
            connection.close()
            return
        row = self._registry.take()
        try:
            child = os.fork()
        except OSError as error:
            _LOG.warning("no process for a new client: %s", error)
            if row is not None:
                self._registry.give_back(row)
            connection.close()
            return
        if child:
            self._children[child] = row
            connection.close()
            return
        status = 1
        try:
            _become_session(listener, pipes)
            serve(connection, house, row)
            status = 0
        except Exception:  # noqa: BLE001  (the fork must not return into the accept loop, whatever happens)
            _LOG.exception("a session ended by an error of the front's own")
        finally:
            sys.stderr.flush()
            os._exit(status)


def _stdin_is_a_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        return False


def _become_session(listener: socket.socket, pipes: _Pipes) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    # The terminal's Ctrl-C goes to the whole group; sessions end when the front does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Until it serves somebody there is nothing to interrupt.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    listener.close()
    for descriptor in (pipes.keeper, pipes.wakeup, pipes.waker):
        os.close(descriptor)
    threading.Thread(target=_end_with_front, args=(pipes.lifeline,), daemon=True).start()


def _end_with_front(lifeline: int) -> None:
    """End the session, whatever it is doing, when the front has ended, however that came about."""
    os.read(lifeline, 1)
    os._exit(1)
