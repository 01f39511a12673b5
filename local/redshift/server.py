"""The accept loop: a process for each client, so that nothing one does can touch another."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import signal
import socket
import stat

from local.redshift.catalogue.install import install
from local.redshift.config import Config
from local.redshift.copy import s3_client
from local.redshift.dialect.warming import warm
from local.redshift.history import historian
from local.redshift.session.client import House
from local.redshift.session.registry import Registry
from local.redshift.wire import tls
from local.redshift.workers import Workers

_LOG = logging.getLogger("local.redshift")
_BACKLOG = 128
# Clients above the limit are still heard: they may want to cancel, and else they are told why they are not let in.
_HEARD = 50


class Server:
    """The front: listens, and has a process of its own serve each client.

    :param config: its configuration.

    It ends on SIGTERM, SIGINT, or when its standard input is a pipe that ends. Its sessions end with it, however it
    ends: each holds a pipe that the front alone writes to.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
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
        workers = Workers(house, (listener.fileno(), keeper, wakeup, waker), lifeline)
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
            controls = workers.controls
            ready, _, _ = select.select([*watched, *controls], [], [])
            for descriptor in controls.keys() & set(ready):
                workers.heard(controls[descriptor])
            if wakeup in ready:
                os.read(wakeup, 4096)
                self._reap(workers)
            if 0 in ready and not os.read(0, 4096):
                break
            if listener.fileno() in ready:
                self._accept(listener, workers)
        listener.close()
        os.close(keeper)
        workers.wait()
        os.close(history.pipe)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._historian, 0)

    def _end(self, *_: object) -> None:
        self._ending = True

    def _reap(self, workers: Workers) -> None:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(self._historian, os.WNOHANG) != (0, 0):
                _LOG.warning("the historian has ended; statements are not recorded any more")
        workers.reap()

    def _accept(self, listener: socket.socket, workers: Workers) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # it went away before it was let in
        if workers.busy >= self._config.max_connections + _HEARD:
            connection.close()
            return
        workers.serve(connection)


def _stdin_is_a_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        return False
