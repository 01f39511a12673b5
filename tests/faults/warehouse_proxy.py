"""Stands between the tasks and the stand-in: refuses connections, and cuts them at a statement that passes.

Messages are those of https://www.postgresql.org/docs/current/protocol-message-formats.html; all are passed on as they
come.
"""

import asyncio
import re
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from local.ports import HOST

Moment = Literal["before", "during", "after"]
_SSL_REQUEST = 80877103
_COMMENT = re.compile(r"\s*(?:/\*.*?\*/\s*)*", re.DOTALL)


@dataclass
class Snare:
    """Cuts the connection of the first session that executes a certain statement.

    :ivar statement: its first word, in small letters.
    :ivar moment: `before` the server hears of it, `during` its execution, or `after` it, the answer being lost.
    :ivar delay: during: seconds after it was passed on.
    :ivar reset: whether the clients see a reset rather than an end.
    :ivar sprung: set once it has cut.
    """

    statement: str
    moment: Moment
    delay: float = 0.0
    reset: bool = True
    sprung: threading.Event = field(default_factory=threading.Event)


class WarehouseProxy:
    """Listens on a port of this machine and passes on to another.

    :param port: to listen on. :param target: the stand-in's.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self._server: asyncio.Server | None = None
        self._snares: list[Snare] = []
        self._sessions: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Let clients in."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def refuse(self) -> None:
        """Let no further client in, until `listen` is called again; those that are in stay."""
        if self._server:
            self._server.close()
            self._server = None

    async def arm(self, snare: Snare) -> None:
        """Wait for the statement; several snares spring one after the other."""
        self._snares.append(snare)

    async def disarm(self, snare: Snare) -> None:
        """Forget a snare that has not sprung."""
        with suppress(ValueError):
            self._snares.remove(snare)

    def spring(self, statement: str) -> Snare | None:
        """Return the snare for a statement, which is disarmed by that, or None."""
        word = statement[_match_end(statement) :].split(None, 1)[:1]
        for snare in self._snares:
            if word and word[0].lower().rstrip(";") == snare.statement:
                self._snares.remove(snare)
                return snare
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            above = await asyncio.open_connection(HOST, self.target)
        except OSError:
            _abort(writer, reset=True)
            return
        session = _Session(self, (reader, writer), above)
        await session.run()


class _Session:
    """One client's connection and the one to the stand-in."""

    def __init__(
        self,
        proxy: WarehouseProxy,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._client, self._to_client = client
        self._server, self._to_server = server
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}
        self._lost: Snare | None = None
        self._cutting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Pass on both ways until one side ends; then the other ends, too."""
        pumps = [asyncio.create_task(self._from_client()), asyncio.create_task(self._from_server())]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            if self._cutting:
                self._cutting.cancel()
            for writer in (self._to_client, self._to_server):
                _abort(writer, reset=False)

    async def _from_client(self) -> None:
        with suppress(OSError, EOFError):
            first = await self._startup()
            self._to_server.write(first)
            while True:
                kind, whole = await _message(self._client)
                snare = self._proxy.spring(statement) if (statement := self._executed(kind, whole[5:])) else None
                if snare and snare.moment == "before":
                    self._cut(snare)
                    return
                if snare and snare.moment == "after":
                    self._lost = snare
                self._to_server.write(whole)
                await self._to_server.drain()
                if snare and snare.moment == "during":
                    self._cutting = asyncio.create_task(self._cut_later(snare))

    async def _from_server(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                kind, whole = await _message(self._server)
                if self._lost:
                    # Done, and the answer to it is lost: the client never learns.
                    if kind == b"Z":
                        self._cut(self._lost)
                        return
                    continue
                self._to_client.write(whole)
                await self._to_client.drain()

    async def _startup(self) -> bytes:
        """Return the client's first message. TLS is declined: through it nothing could be seen."""
        while True:
            length = await self._client.readexactly(4)
            body = await self._client.readexactly(int.from_bytes(length) - 4)
            if int.from_bytes(body[:4]) != _SSL_REQUEST:
                return length + body
            self._to_client.write(b"N")

    def _executed(self, kind: bytes, body: bytes) -> str | None:
        """Return the statement that a message of the client executes, or None."""
        if kind == b"Q":
            return body.rstrip(b"\0").decode()
        if kind == b"P":
            name, statement, _ = body.split(b"\0", 2)
            self._statements[name] = statement.decode()
        elif kind == b"B":
            portal, name, _ = body.split(b"\0", 2)
            self._portals[portal] = self._statements.get(name, "")
        elif kind == b"E":
            return self._portals.get(body.split(b"\0", 1)[0])
        return None

    async def _cut_later(self, snare: Snare) -> None:
        await asyncio.sleep(snare.delay)
        self._cut(snare)

    def _cut(self, snare: Snare) -> None:
        for writer in (self._to_client, self._to_server):
            _abort(writer, reset=snare.reset)
        snare.sprung.set()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one message; return its type, and all of it."""
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:]) - 4)


def _match_end(statement: str) -> int:
    found = _COMMENT.match(statement)
    return found.end() if found else 0


def _abort(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    import socket

    sock = writer.get_extra_info("socket")
    if reset and sock is not None:
        with suppress(OSError):
            # Lingering for no time makes the system send a reset.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
