"""How a client logs in to the front: start-up packet, password, cancel requests."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
from dataclasses import dataclass

from local.redshift.config import Config
from local.redshift.errors import RedshiftError
from local.redshift.wire import messages

_SECONDS = 30.0
_LONGEST_STARTUP = 10_000
# Sent to PostgreSQL as they are. Redshift's drivers also send client_protocol_version, driver_version and more, which
# PostgreSQL refuses (redshift.md D).
_PASSED = ("application_name", "client_encoding", "options")
_UTF8 = {"utf8", "utf-8", "unicode", "'utf-8'", "'utf8'"}


@dataclass(frozen=True)
class Login:
    """A client that has proved who it is."""

    user: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class CancelRequest:
    """A request, on a connection of its own, to cancel what another session runs."""

    process: int
    key: bytes


def accept(connection: socket.socket, config: Config) -> Login | CancelRequest:
    """Talk to a fresh connection until its user is known.

    Raises RedshiftError (FATAL) for a wrong password, database or encoding, after telling the client;
    ProtocolError or OSError when the peer does not speak the protocol or goes away.
    """
    connection.settimeout(_SECONDS)
    while True:
        code, body = _startup_packet(connection)
        if code in (messages.SSL_REQUEST, messages.GSS_REQUEST):
            connection.sendall(b"N")
            continue
        if code == messages.CANCEL_REQUEST:
            return CancelRequest(struct.unpack_from("!i", body)[0], body[4:])
        if code >> 16 != 3:
            raise messages.ProtocolError(f"protocol {code >> 16}.{code & 0xFFFF}")
        try:
            return _log_in(connection, config, messages.startup_parameters(body))
        except RedshiftError as error:
            connection.sendall(messages.error(error.fields()))
            raise


def _startup_packet(connection: socket.socket) -> tuple[int, bytes]:
    (length,) = struct.unpack("!i", _exactly(connection, 4))
    if not 8 <= length <= _LONGEST_STARTUP:
        raise messages.ProtocolError(f"a start-up packet of {length} bytes")
    body = _exactly(connection, length - 4)
    return struct.unpack_from("!i", body)[0], body[4:]


def _log_in(connection: socket.socket, config: Config, parameters: dict[str, str]) -> Login:
    user = parameters.get("user", "")
    salt = os.urandom(4)
    # md5 is what every client of Redshift can do; redshift_connector's SCRAM does not work (redshift.md D).
    connection.sendall(messages.message(b"R", struct.pack("!i", 5) + salt))
    kind, length = struct.unpack("!ci", _exactly(connection, 5))
    if kind != b"p" or not 5 <= length <= _LONGEST_STARTUP:
        raise messages.ProtocolError("no password message")
    given = _exactly(connection, length - 4).rstrip(b"\0")
    known = config.users.get(user)
    expected = md5_response(user, known if known is not None else os.urandom(16).hex(), salt)
    if not hmac.compare_digest(given, expected):
        raise RedshiftError(f'password authentication failed for user "{user}"', code="28000", severity="FATAL")
    database = parameters.get("database", user)
    if database != config.database:
        raise RedshiftError(f'database "{database}" does not exist', code="3D000", severity="FATAL")
    encoding = parameters.get("client_encoding", "utf8")
    if encoding.lower() not in _UTF8:
        raise RedshiftError(
            f"stand-in: client_encoding {encoding} is not supported, only UTF8", code="0A000", severity="FATAL"
        )
    passed = {name: parameters[name] for name in _PASSED if name in parameters}
    return Login(user, passed)


def md5_response(user: str, password: str, salt: bytes) -> bytes:
    """Return what a client that knows the password answers to the md5 request with this salt."""
    inner = hashlib.md5(password.encode() + user.encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise messages.ProtocolError("the client went away while it logged in")
        data += more
    return data
