"""How a client logs in to the front: start-up packet, password, cancel requests."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
from dataclasses import dataclass

import psycopg

from local.redshift import logins
from local.redshift.config import Config
from local.redshift.dialect.settings import NATIVE
from local.redshift.errors import RedshiftError
from local.redshift.wire import messages, tls

_LONGEST_STARTUP = 10_000
# Sent to PostgreSQL as they are. Redshift's drivers also send client_protocol_version, driver_version and more, which
# PostgreSQL refuses.
_PASSED = ("application_name", "client_encoding")
_UTF8 = {"utf8", "utf-8", "unicode", "'utf-8'", "'utf8'"}
# One setting in the start-up parameter "options": -c name=value or --name=value; a backslash escapes white space.
_OPTION = re.compile(r"\s*(?:-c\s*|--)(\w+)=((?:\\.|[^\s\\])*)(?=\s|$)")


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


@dataclass(frozen=True)
class Client:
    """A peer that has said what it wants.

    :param connection: the socket to go on with; TLS may have taken the place of the one that was accepted.
    """

    connection: socket.socket
    wish: Login | CancelRequest


def accept(connection: socket.socket, config: Config, context: ssl.SSLContext | None, *, full: bool = False) -> Client:
    """Talk to a fresh connection until its user is known.

    :param context: TLS's; None where it is not offered. :param full: whether no more session is let in; a cancel
        request is.

    Raises RedshiftError (FATAL) for a wrong password, database or encoding, after telling the client;
    ProtocolError or OSError when the peer does not speak the protocol or goes away.
    """
    while True:
        code, body = _startup_packet(connection)
        if code == messages.GSS_REQUEST:
            connection.sendall(b"N")
            continue
        if code == messages.SSL_REQUEST:
            if context is None or isinstance(connection, ssl.SSLSocket):
                connection.sendall(b"N")
                continue
            connection.sendall(b"S")
            connection = tls.accepted(connection, context)
            continue
        if code == messages.CANCEL_REQUEST:
            if len(body) < 8:
                raise messages.ProtocolError("a cancel request without a key")
            return Client(connection, CancelRequest(struct.unpack_from("!i", body)[0], body[4:]))
        if code >> 16 != 3:
            raise messages.ProtocolError(f"protocol {code >> 16}.{code & 0xFFFF}")
        try:
            return Client(connection, _log_in(connection, config, messages.startup_parameters(body), full=full))
        except RedshiftError as error:
            connection.sendall(messages.error(error.fields()))
            raise


def _startup_packet(connection: socket.socket) -> tuple[int, bytes]:
    (length,) = struct.unpack("!i", _exactly(connection, 4))
    if not 8 <= length <= _LONGEST_STARTUP:
        raise messages.ProtocolError(f"a start-up packet of {length} bytes")
    body = _exactly(connection, length - 4)
    return struct.unpack_from("!i", body)[0], body[4:]


def _log_in(connection: socket.socket, config: Config, parameters: dict[str, str], *, full: bool) -> Login:
    try:
        "".join(parameters.values()).encode()
    except UnicodeEncodeError as error:
        said = 'invalid byte sequence for encoding "UTF8"'
        raise RedshiftError(said, code="22021", severity="FATAL") from error
    user, database = parameters.get("user", ""), parameters.get("database", parameters.get("user", ""))
    if config.tls is not None and config.tls.required and not isinstance(connection, ssl.SSLSocket):
        said = f'no pg_hba.conf entry for host "{_host(connection)}", user "{user}", database "{database}", SSL off'
        raise RedshiftError(said, code="28000", severity="FATAL")
    if not _knows_password(connection, config, user):
        raise RedshiftError(f'password authentication failed for user "{user}"', code="28000", severity="FATAL")
    if database != config.database:
        raise RedshiftError(f'database "{database}" does not exist', code="3D000", severity="FATAL")
    encoding = parameters.get("client_encoding", "utf8")
    if encoding.lower() not in _UTF8:
        raise RedshiftError(
            f"stand-in: client_encoding {encoding} is not supported, only UTF8", code="0A000", severity="FATAL"
        )
    if full:
        said = f'connection limit "{config.max_connections}" exceeded for non-bootstrap users'
        raise RedshiftError(said, code="53300", severity="FATAL")
    passed = {name: parameters[name] for name in _PASSED if name in parameters}
    return Login(user, passed | options(parameters.get("options", "")))


def _knows_password(connection: socket.socket, config: Config, user: str) -> bool:
    try:
        known = logins.known_digest(config, user)
    except psycopg.Error as error:
        raise RedshiftError(f"stand-in: PostgreSQL: {error}", code="08006", severity="FATAL") from error
    # Nobody knows this one, so an unknown user takes as long as a wrong password.
    digest = known if known is not None else os.urandom(16).hex()
    salt = os.urandom(4)
    if config.authentication == "password":
        connection.sendall(messages.message(b"R", struct.pack("!i", 3)))
        given = logins.digest(user, _password(connection).decode("utf-8", "surrogateescape")).encode()
        expected = digest.encode()
    else:
        # md5 is what every client of Redshift can do; redshift_connector's SCRAM does not work.
        connection.sendall(messages.message(b"R", struct.pack("!i", 5) + salt))
        given, expected = _password(connection), md5_response(digest, salt)
    return hmac.compare_digest(given, expected) and known is not None


def _password(connection: socket.socket) -> bytes:
    kind, length = struct.unpack("!ci", _exactly(connection, 5))
    if kind != b"p" or not 5 <= length <= _LONGEST_STARTUP:
        raise messages.ProtocolError("no password message")
    return _exactly(connection, length - 4).removesuffix(b"\0")


def _host(connection: socket.socket) -> str:
    return str(connection.getpeername()[0])


def options(text: str) -> dict[str, str]:
    """Return the settings in the start-up parameter "options" of PGOPTIONS, by name.

    Raises RedshiftError for anything but `-c name=value`, and for a parameter that SET would not take.
    """
    found: dict[str, str] = {}
    rest = text.rstrip()
    while rest:
        match = _OPTION.match(rest)
        if match is None:
            raise RedshiftError(f"stand-in: cannot read the options {text!r}", code="0A000", severity="FATAL")
        name, value = match[1].lower(), re.sub(r"\\(.)", r"\1", match[2])
        if name not in NATIVE or name == "client_encoding":
            said = f'unrecognized configuration parameter "{name}"'
            raise RedshiftError(said, code="42704", severity="FATAL")
        found[name] = value
        rest = rest[match.end() :]
    return found


def md5_response(digest: str, salt: bytes) -> bytes:
    """Return what a client that knows the password of this digest answers to the md5 request with this salt."""
    return b"md5" + hashlib.md5(digest.encode() + salt, usedforsecurity=False).hexdigest().encode()


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise messages.ProtocolError("the client went away while it logged in")
        data += more
    return data
