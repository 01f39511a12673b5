"""One client from its first byte to its last: log-in, session, farewell."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from local.redshift import logins
from local.redshift.config import Config
from local.redshift.errors import RedshiftError
from local.redshift.history.recorder import History, Recorder
from local.redshift.session.exchange import REPORTED, Peers
from local.redshift.session.registry import Registry
from local.redshift.session.session import Session
from local.redshift.wire import backend, messages
from local.redshift.wire.login import CancelRequest, Login, accept
from local.redshift.wire.messages import ProtocolError
from local.redshift.wire.stream import ConnectionClosedError, Stream

_LOG = logging.getLogger("local.redshift")


@dataclass(frozen=True)
class House:
    """What the front shares with every session.

    :param passwords: the logins' passwords at the backend. :param context: TLS's; None where it is not offered.
    """

    config: Config
    passwords: Mapping[str, str]
    context: ssl.SSLContext | None
    registry: Registry
    history: History

    @property
    def backend(self) -> tuple[str, int]:
        """The backend's address."""
        return self.config.backend.host, self.config.backend.port


def serve(accepted: socket.socket, house: House, row: int | None) -> bool:
    """Serve one client, in a process of its own, until it leaves or is refused.

    :param row: the session's row in the registry; None when there are too many sessions already.
    :return: whether it ended in good order, so that the process may serve another.

    A client that takes too long to log in loses its connection: the alarm ends the process.
    """
    signal.alarm(house.config.login_seconds)
    try:
        client = accept(accepted, house.config, house.context, full=row is None)
        if isinstance(client.wish, CancelRequest):
            _cancel(house, client.wish)
            client.connection.close()
            signal.alarm(0)
            return True
        opened = _open(client.connection, client.wish, house)
    except (RedshiftError, ProtocolError, OSError, LookupError, psycopg.Error) as error:
        _LOG.info("a client did not get in: %s", error)
        accepted.close()
        signal.alarm(0)
        return True
    signal.alarm(0)
    return _run(Peers(Stream(client.connection), Stream(opened.connection)), house, client.wish.user, opened, row or 0)


def _run(peers: Peers, house: House, user: str, opened: backend.BackendConnection, row: int) -> bool:
    peers.client.send(_greeting(opened))
    recorder = Recorder(house.history, opened.process, user, row)
    session = Session(peers, house.config, recorder, house.registry.interrupt)
    signal.signal(signal.SIGUSR1, lambda *_: session.interrupt())
    house.registry.enter(row, opened.process, opened.key)
    try:
        session.run()
    except (ConnectionClosedError, ProtocolError) as error:
        _LOG.info("session %s ended: %s", opened.process, error)
        session.say_goodbye(error)
        return False
    else:
        return True
    finally:
        peers.backend.close()
        peers.client.close()


def _cancel(house: House, request: CancelRequest) -> None:
    # PostgreSQL first, and until it has done it: a session that is told by us goes on to its next statement, which
    # nobody wants cancelled.
    backend.cancel(house.backend, request.process, request.key)
    house.registry.interrupt(request.process, request.key)


def _open(connection: socket.socket, login: Login, house: House) -> backend.BackendConnection:
    config = house.config
    try:
        password = house.passwords.get(login.user) or logins.backend_password(config, login.user)
        return backend.connect(house.backend, login.user, password, config.database, login.parameters)
    except (RedshiftError, OSError, LookupError, psycopg.Error) as error:
        refused = RedshiftError(f"stand-in: PostgreSQL: {error}", code="08006", severity="FATAL")
        if isinstance(error, RedshiftError):
            refused = error
        with contextlib.suppress(OSError):
            connection.sendall(messages.error(refused.fields()))
        raise


def _greeting(opened: backend.BackendConnection) -> bytes:
    parts = [messages.message(b"R", b"\0\0\0\0")]
    # What real clusters report; drivers read much from it. Backslashes escape in Redshift's literals.
    parts.append(messages.parameter_status("server_version", "8.0.2"))
    parts.append(messages.parameter_status("standard_conforming_strings", "off"))
    parts += [
        messages.parameter_status(name, opened.parameters[name]) for name in REPORTED if name in opened.parameters
    ]
    parts.append(messages.message(b"K", opened.process.to_bytes(4, "big", signed=True) + opened.key))
    parts.append(messages.ready(messages.READY_IDLE))
    return b"".join(parts)
