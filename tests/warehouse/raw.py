"""A client of bytes: it logs in, sends what it is given, and takes the answers apart."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import Self

from local.postgres import PostgresServer
from local.redshift import logins
from local.redshift.wire import backend, messages
from local.redshift.wire.login import md5_response
from local.warehouse import RedshiftAddress

Reply = tuple[bytes, bytes]


class RawClient:
    """One session, as bytes. A context manager.

    :param connection: a socket that is logged in.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(30)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    @classmethod
    def of_front(cls, address: RedshiftAddress) -> Self:
        """Log in to the stand-in."""
        client = cls(socket.create_connection((address.host, address.port)))
        client.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.send(messages.startup({"user": address.user, "database": address.database}))
        kind, payload = client.reply()
        assert (kind, payload[:4]) == (b"R", struct.pack("!i", 5))
        answer = md5_response(logins.digest(address.user, address.password), payload[4:])
        client.send(messages.message(b"p", answer + b"\0"))
        client.until_ready(1)
        return client

    @classmethod
    def of_postgres(cls, server: PostgresServer, database: str) -> Self:
        """Log in to PostgreSQL itself."""
        opened = backend.connect((server.host, server.port), server.user, server.password, database, {})
        return cls(opened.connection)

    def send(self, *pieces: bytes) -> None:
        """Send pieces of the stream, each in a packet of its own as far as the system lets it."""
        for piece in pieces:
            self.connection.sendall(piece)

    def reply(self) -> Reply:
        """The next message; raises ConnectionError at the end of the stream."""
        while len(self._received) < 5 or len(self._received) < 1 + struct.unpack_from("!i", self._received, 1)[0]:
            more = self.connection.recv(1 << 16)
            if not more:
                raise ConnectionError("closed")
            self._received += more
        end = 1 + struct.unpack_from("!i", self._received, 1)[0]
        kind, payload = self._received[:1], self._received[5:end]
        self._received = self._received[end:]
        return kind, payload

    def until_ready(self, count: int) -> list[Reply]:
        """All messages up to the given number of ReadyForQuery."""
        found: list[Reply] = []
        while count:
            found.append(self.reply())
            count -= found[-1][0] == b"Z"
        return found


def parse(name: str, sql: str, types: Sequence[int] = ()) -> bytes:
    """A Parse."""
    return messages.parse(name, sql, struct.pack(f"!h{len(types)}i", len(types), *types))


def bind(portal: str, statement: str, values: Sequence[bytes | None] = ()) -> bytes:
    """A Bind with values and results in text."""
    body = messages.text(portal) + messages.text(statement) + struct.pack("!hh", 0, len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return messages.message(b"B", body + struct.pack("!h", 0))


def describe(kind: str, name: str) -> bytes:
    """A Describe of a statement (S) or a portal (P)."""
    return messages.message(b"D", kind.encode() + messages.text(name))


def execute(portal: str, rows: int = 0) -> bytes:
    """An Execute."""
    return messages.message(b"E", messages.text(portal) + struct.pack("!i", rows))


def close(kind: str, name: str) -> bytes:
    """A Close of a statement (S) or a portal (P)."""
    return messages.message(b"C", kind.encode() + messages.text(name))


SYNC, FLUSH, TERMINATE = messages.message(b"S"), messages.message(b"H"), messages.message(b"X")
