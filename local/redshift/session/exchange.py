"""The exchange with the backend: what was asked of it, what it answers, and the sockets on both sides."""

from __future__ import annotations

import select
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from select import POLLIN, POLLOUT, POLLRDHUP

from local.redshift.dialect.plan import Plan
from local.redshift.errors import RedshiftError
from local.redshift.history.recorder import Recorder
from local.redshift.session.replies import redshift_error, without_places
from local.redshift.wire import messages
from local.redshift.wire.messages import ProtocolError
from local.redshift.wire.stream import ConnectionClosedError, Stream

# The parameters whose values the client is told of, at the start and when they change. Redshift reports its own
# server_version; search_path and others of PostgreSQL's it does not report.
REPORTED = ("client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "server_encoding", "TimeZone")
EMPTY = Plan("")
# What the history says of a statement whose client has gone: Redshift counts it as cancelled (r_STL_QUERY).
ABANDONED = {"C": "57014", "M": ""}
# The kind of what the front itself asks: the answers are not for the client.
OWN = b"own"


@dataclass(slots=True)
class Expected:
    """A message that the backend has not answered yet.

    :param kind: the message's kind. :param plans: the statements that it runs.
    :param refusal: the error that takes the place of the backend's.
    :param keeps_ready: whether its ReadyForQuery is for the client.
    :param started: when the statement that runs now began, in seconds of the epoch.
    """

    kind: bytes
    plans: tuple[Plan, ...] = ()
    refusal: RedshiftError | None = None
    keeps_ready: bool = True
    done: int = 0
    failed: bool = False
    started: float = 0

    @property
    def plan(self) -> Plan:
        """The statement that runs now."""
        return self.plans[self.done] if self.done < len(self.plans) else EMPTY


@dataclass
class Peers:
    """The two ends that a session listens to."""

    client: Stream
    backend: Stream


@dataclass
class Exchange:
    """Passes messages on to the backend, and its answers back to the client in the order of the questions.

    :param process: the session's process id. :param history: what is told of each statement's end.
    :param status: the transaction's status as the backend last told it.
    :param skipping: whether an error makes the client's messages void up to its next Sync.
    :param told_fatal: whether the client has heard why its session ends.
    """

    peers: Peers
    process: int
    history: Recorder
    status: bytes = messages.READY_IDLE
    skipping: bool = False
    copying: bool = False
    columns: list[messages.ResultColumn] = field(default_factory=list)
    answers: list[list[str | None]] = field(default_factory=list)
    failure: dict[str, str] | None = None
    told_fatal: bool = False
    _pending: deque[Expected] = field(default_factory=deque)
    _poll: select.poll = field(default_factory=select.poll)
    _wanted: tuple[int, int] = (0, 0)

    @property
    def idle(self) -> bool:
        """Whether the backend has answered everything."""
        return not self._pending

    def forward(self, data: bytes, expected: Expected) -> None:
        """Send a message to the backend that it will answer."""
        if expected.plans:
            expected.started = time.time()
        self._pending.append(expected)
        self.peers.backend.send(data)

    def drain(self) -> None:
        """Wait until the backend has answered everything."""
        while self._pending:
            self.wait(read_client=False)

    def flush(self) -> None:
        """Send what both sockets take now."""
        backend, client = self.peers.backend, self.peers.client
        if backend.wants_to_write:
            backend.flush()
        if client.wants_to_write:
            client.flush()

    def wait(self, *, read_client: bool, seconds: float | None = None) -> None:
        """Move bytes once: what has arrived is read, what waits is sent.

        :param read_client: whether the client's next messages are wanted. :param seconds: how long to wait for anything
            to happen; None for as long as it takes.

        Raises ConnectionClosedError if the client or the backend is gone.
        """
        client, backend = self.peers.client, self.peers.backend
        self.flush()
        from_client = POLLIN if read_client else POLLRDHUP
        from_backend = 0 if client.congested else POLLIN
        wanted = (
            from_client | POLLOUT if client.wants_to_write else from_client,
            from_backend | POLLOUT if backend.wants_to_write else from_backend,
        )
        if wanted != self._wanted:
            self._wanted = wanted
            self._poll.register(client, wanted[0])
            self._poll.register(backend, wanted[1])
        for descriptor, events in self._poll.poll(None if seconds is None else seconds * 1000):
            if descriptor != client.descriptor:
                if events & ~POLLOUT:
                    self._receive_replies()
            elif events & POLLIN:
                client.receive()
            elif events & ~POLLOUT:
                raise ConnectionClosedError("the client went away")
        self.flush()

    def say_goodbye(self, error: Exception) -> None:
        """Tell a client that is still there why its session ends: in the backend's own words if it has any.

        :param error: what has happened.
        """
        fatal = RedshiftError(f"stand-in: {error}", code="08P01", severity="FATAL")
        try:
            while self._receive_replies():
                pass
        except ConnectionClosedError:
            fatal = RedshiftError("stand-in: PostgreSQL ended the session", code="57P01", severity="FATAL")
        except ProtocolError:
            pass
        for expected in self._pending:
            if expected.plans:
                self.history.ended(expected.plan, expected.started, error=ABANDONED)
        client = self.peers.client
        if not self.told_fatal:
            client.send(messages.error(fatal.fields()))
        with suppress(ConnectionClosedError):
            client.flush()

    def _receive_replies(self) -> bool:
        try:
            return self.peers.backend.receive()
        finally:
            own = bool(self._pending) and self._pending[0].kind == OWN
            for kind, payload in self.peers.backend.messages(runs=b"" if own else b"D"):
                if kind:
                    self._on_reply(kind, payload)
                else:
                    self.peers.client.send(payload)

    def _on_reply(self, kind: bytes, payload: bytes) -> None:
        expected = self._pending[0] if self._pending else None
        if kind == b"S":
            if messages.take_text(payload, 0)[0] in REPORTED:
                self.peers.client.send(messages.message(kind, payload))
        elif kind == b"N":
            if expected is None or not expected.plan.quiet:
                notice = without_places(messages.fields(payload))
                self.peers.client.send(messages.notice_fields(notice))
        elif kind == b"A":
            self.peers.client.send(messages.message(kind, payload))
        elif kind == b"E":
            self._on_error(payload, expected)
        elif expected is None:
            raise ProtocolError(f"an answer of kind {kind!r} that nothing asked for")
        elif kind == b"Z":
            self.status = payload
            if payload == messages.READY_IDLE:
                self.history.transaction_ended()
            self._pending.popleft()
            if expected.keeps_ready:
                self.peers.client.send(messages.ready(payload))
        elif expected.kind == OWN:
            self._on_own_answer(kind, payload)
        else:
            self._on_answer(kind, payload, expected)

    def _on_answer(self, kind: bytes, payload: bytes, expected: Expected) -> None:
        tag = expected.plan.tag if kind == b"C" else None
        if kind == b"C" and expected.plans:
            self.history.ended(expected.plan, expected.started, tag=tag or messages.take_text(payload, 0)[0])
            expected.started = time.time()
        if kind in b"CI":
            expected.done += 1
        # A Describe is answered twice: by the parameters' types, then by the rows'.
        if expected.kind != b"Q" and kind != b"t":
            self._pending.popleft()
        self.peers.client.send(messages.command_complete(tag) if tag else messages.message(kind, payload))

    def _on_own_answer(self, kind: bytes, payload: bytes) -> None:
        if kind == b"G":
            self.copying = True
        elif kind == b"T":
            self.columns = messages.row_columns(payload)
        elif kind == b"D":
            self.answers.append(messages.row_values(payload))

    def _on_error(self, payload: bytes, expected: Expected | None) -> None:
        fields = messages.fields(payload)
        if expected is not None and expected.kind == OWN:
            self.failure = fields
            if fields.get("V") != "FATAL":
                return
        if expected is not None and expected.refusal is not None:
            fields = expected.refusal.fields()
        else:
            fields = redshift_error(fields, self.process)
            if expected is not None and expected.plans:
                self.history.ended(expected.plan, expected.started, error=fields)
        self.peers.client.send(messages.error(fields))
        self.told_fatal = fields.get("V", fields.get("S")) in ("FATAL", "PANIC")
        if expected is None or expected.kind == OWN:
            return
        expected.failed = True
        if expected.kind != b"Q":
            while self._pending and self._pending[0].kind != b"S":
                self._pending.popleft()
            self.skipping = not self._pending
