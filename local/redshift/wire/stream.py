"""A socket that carries protocol messages, buffered both ways and never blocking."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator

from local.redshift.wire.messages import ProtocolError

_HEADER = struct.Struct("!ci")
_CHUNK = 1 << 16
# No message needs more than Redshift's longest statement, 16 MB (r_COPY), except a row, which can be longer.
_LONGEST = 1 << 28
# A socket that has nothing to read, or takes nothing more, says so in its own way with and without TLS.
_LATER = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class ConnectionClosedError(Exception):
    """The peer closed the connection, or it broke."""


class Stream:
    """One end's buffers over a connected socket.

    :param connection: the socket; it is switched to non-blocking.
    :param backlog: above this many unsent bytes `congested` is true and the other side should not be read.
    """

    def __init__(self, connection: socket.socket, *, backlog: int = 1 << 20) -> None:
        self.connection = connection
        self.descriptor = connection.fileno()
        self.backlog = backlog
        self._incoming = bytearray()
        self._outgoing = bytearray()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        """The socket's descriptor, for poll."""
        return self.descriptor

    @property
    def wants_to_write(self) -> bool:
        """Whether bytes wait to be sent."""
        return bool(self._outgoing)

    @property
    def congested(self) -> bool:
        """Whether so much waits to be sent that no more should be produced."""
        return len(self._outgoing) > self.backlog

    def send(self, data: bytes) -> None:
        """Queue bytes for the peer; `flush` sends them."""
        self._outgoing += data

    def flush(self) -> None:
        """Send what the socket takes now; ConnectionClosedError if it is broken."""
        while self._outgoing:
            try:
                sent = self.connection.send(memoryview(self._outgoing)[:_CHUNK])
            except _LATER:
                return
            except OSError as error:
                raise ConnectionClosedError(str(error)) from error
            del self._outgoing[:sent]

    def receive(self) -> bool:
        """Read what the socket has now and tell whether it had anything; ConnectionClosedError at its end."""
        try:
            data = self.connection.recv(_CHUNK)
        except _LATER:
            return False
        except OSError as error:
            raise ConnectionClosedError(str(error)) from error
        if not data:
            raise ConnectionClosedError("the peer closed the connection")
        self._incoming += data
        return True

    def messages(self, *, runs: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield (kind, payload) of each complete message, and remove it.

        :param runs: a kind whose consecutive messages come together, as (b"", the messages as they are):
            rows are passed on without being looked at.
        """
        while len(self._incoming) >= 5:
            kind, length = _HEADER.unpack_from(self._incoming)
            if not 4 <= length <= _LONGEST:
                raise ProtocolError(f"a message of {length} bytes")
            end = length + 1
            if len(self._incoming) < end:
                return
            if kind == runs:
                end = self._end_of_run(kind, end)
                data = bytes(self._incoming[:end])
                del self._incoming[:end]
                yield b"", data
                continue
            payload = bytes(self._incoming[5:end])
            del self._incoming[:end]
            yield kind, payload

    def _end_of_run(self, kind: bytes, end: int) -> int:
        size = len(self._incoming)
        while size - end >= 5:
            following, length = _HEADER.unpack_from(self._incoming, end)
            if following != kind or size - end < length + 1:
                break
            end += length + 1
        return end

    def close(self) -> None:
        """Close the socket."""
        self.connection.close()
