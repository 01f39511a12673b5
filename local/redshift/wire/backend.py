"""How the front logs in to PostgreSQL on the client's behalf."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import scramp

from local.redshift.errors import RedshiftError
from local.redshift.wire import messages
from local.redshift.wire.messages import ProtocolError

_SECONDS = 30.0
# When a session of the front's is killed, PostgreSQL ends what it was running instead of finishing it for nobody.
_SETTINGS = {"client_connection_check_interval": "500ms"}


@dataclass
class BackendConnection:
    """A session on PostgreSQL that is ready for its first statement."""

    connection: socket.socket
    parameters: dict[str, str] = field(default_factory=dict)
    process: int = 0
    key: bytes = b""


def connect(
    address: tuple[str, int], user: str, password: str, database: str, parameters: Mapping[str, str]
) -> BackendConnection:
    """Open a session as `user` with SCRAM authentication.

    Raises RedshiftError with the server's own words if it refuses, OSError if it cannot be reached.
    """
    connection = socket.create_connection(address, timeout=_SECONDS)
    try:
        connection.sendall(messages.startup({"user": user, "database": database, **_SETTINGS, **parameters}))
        session = BackendConnection(connection)
        client = scramp.ScramClient(["SCRAM-SHA-256"], user, password)
        kind = b""
        while kind != b"Z":
            kind, payload = _message(connection)
            if kind == b"R":
                _authenticate(connection, client, payload)
            elif kind == b"S":
                name, offset = messages.take_text(payload, 0)
                session.parameters[name] = messages.take_text(payload, offset)[0]
            elif kind == b"K":
                session.process, session.key = struct.unpack_from("!i", payload)[0], payload[4:]
            elif kind == b"E":
                _refuse(payload)
    except BaseException:
        connection.close()
        raise
    return session


def _refuse(payload: bytes) -> NoReturn:
    given = messages.fields(payload)
    code = given.get("C", "08006")
    # A password that is past its VALID UNTIL: the code for that is younger than Redshift's PostgreSQL.
    raise RedshiftError(given.get("M", ""), code="28000" if code == "28P01" else code, severity="FATAL")


def cancel(address: tuple[str, int], process: int, key: bytes) -> None:
    """Ask PostgreSQL to cancel what a session runs."""
    body = struct.pack("!ii", messages.CANCEL_REQUEST, process) + key
    with socket.create_connection(address, timeout=_SECONDS) as connection:
        connection.sendall(struct.pack("!i", len(body) + 4) + body)
        connection.recv(1)


def _authenticate(connection: socket.socket, client: scramp.ScramClient, payload: bytes) -> None:
    (code,) = struct.unpack_from("!i", payload)
    body = payload[4:]
    if code == 10:
        first = client.get_client_first().encode()
        answer = messages.text("SCRAM-SHA-256") + struct.pack("!i", len(first)) + first
        connection.sendall(messages.message(b"p", answer))
    elif code == 11:
        client.set_server_first(body.decode())
        connection.sendall(messages.message(b"p", client.get_client_final().encode()))
    elif code == 12:
        client.set_server_final(body.decode())
    elif code != 0:
        raise ProtocolError(f"PostgreSQL asks for authentication method {code}; the front speaks SCRAM")


def _message(connection: socket.socket) -> tuple[bytes, bytes]:
    kind, length = struct.unpack("!ci", _exactly(connection, 5))
    return kind, _exactly(connection, length - 4)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise RedshiftError("PostgreSQL closed the connection", code="08006", severity="FATAL")
        data += more
    return data
