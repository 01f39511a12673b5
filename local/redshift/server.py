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
from local.redshift.errors import RedshiftError
from local.redshift.session.exchange import REPORTED, Peers
from local.redshift.session.session import Session
from local.redshift.wire import backend, messages
from local.redshift.wire.login import CancelRequest, Login, accept
from local.redshift.wire.messages import ProtocolError
from local.redshift.wire.stream import ConnectionClosedError, Stream

_LOG = logging.getLogger("local.redshift")
_BACKLOG = 128


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
        self._children: set[int] = set()
        self._ending = False

    def run(self) -> None:
        """Prepare the backend, listen, and serve until told to end."""
        passwords = install(self._config)
        s3_client.own(self._config.s3)
        listener = socket.create_server((self._config.host, self._config.port), backlog=_BACKLOG)
        lifeline, keeper = os.pipe()
        wakeup, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
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
                self._accept(listener, _Pipes(lifeline, keeper, wakeup, waker), passwords)
        listener.close()
        os.close(keeper)
        for child in self._children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)

    def _end(self, *_: object) -> None:
        self._ending = True

    def _reap(self) -> None:
        for child in list(self._children):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(child, os.WNOHANG) != (0, 0):
                    self._children.discard(child)

    def _accept(self, listener: socket.socket, pipes: _Pipes, passwords: dict[str, str]) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # it went away before it was let in
        try:
            child = os.fork()
        except OSError as error:
            _LOG.warning("no process for a new client: %s", error)
            connection.close()
            return
        if child:
            self._children.add(child)
            connection.close()
            return
        status = 1
        try:
            _become_session(listener, pipes)
            serve(connection, self._config, passwords)
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
    listener.close()
    for descriptor in (pipes.keeper, pipes.wakeup, pipes.waker):
        os.close(descriptor)
    threading.Thread(target=_end_with_front, args=(pipes.lifeline,), daemon=True).start()


def _end_with_front(lifeline: int) -> None:
    """End the session, whatever it is doing, when the front has ended, however that came about."""
    os.read(lifeline, 1)
    os._exit(1)


def serve(connection: socket.socket, config: Config, passwords: dict[str, str]) -> None:
    """Serve one client from its first byte to its last.

    :param passwords: the logins' passwords at the backend.
    """
    address = (config.backend.host, config.backend.port)
    try:
        login = accept(connection, config)
        if isinstance(login, CancelRequest):
            connection.close()
            backend.cancel(address, login.process, login.key)
            return
        opened = _open(connection, login, config, passwords[login.user])
    except (RedshiftError, ProtocolError, OSError) as error:
        _LOG.info("a client did not get in: %s", error)
        connection.close()
        return
    client, server = Stream(connection), Stream(opened.connection)
    client.send(_greeting(opened))
    session = Session(Peers(client, server), config, login.user, opened.process)
    try:
        session.run()
    except (ConnectionClosedError, ProtocolError) as error:
        _LOG.info("session %s ended: %s", opened.process, error)
        with contextlib.suppress(ConnectionClosedError):
            client.flush()
    finally:
        server.close()
        client.close()


def _open(connection: socket.socket, login: Login, config: Config, password: str) -> backend.BackendConnection:
    try:
        return backend.connect(
            (config.backend.host, config.backend.port),
            login.user,
            password,
            config.database,
            login.parameters,
        )
    except (RedshiftError, OSError) as error:
        refused = RedshiftError(f"stand-in: PostgreSQL: {error}", code="08006", severity="FATAL")
        if isinstance(error, RedshiftError):
            refused = error
        connection.sendall(messages.error(refused.fields()))
        raise


def _greeting(opened: backend.BackendConnection) -> bytes:
    parts = [messages.message(b"R", b"\0\0\0\0")]
    # What real clusters report; drivers read much from it (redshift.md D). Backslashes escape in Redshift's literals.
    parts.append(messages.parameter_status("server_version", "8.0.2"))
    parts.append(messages.parameter_status("standard_conforming_strings", "off"))
    parts += [
        messages.parameter_status(name, opened.parameters[name]) for name in REPORTED if name in opened.parameters
    ]
    parts.append(messages.message(b"K", opened.process.to_bytes(4, "big", signed=True) + opened.key))
    parts.append(messages.ready(messages.READY_IDLE))
    return b"".join(parts)
