"""One client's session: messages from the client are rewritten and passed on, replies are passed back."""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from local.redshift.config import Config
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.statements import plans
from local.redshift.errors import RedshiftError
from local.redshift.session.frontdesk import BackendError
from local.redshift.session.replies import redshift_error
from local.redshift.wire import messages
from local.redshift.wire.messages import ProtocolError
from local.redshift.wire.stream import ConnectionClosedError, Stream

# No statement of the client's ever reads like this, and PostgreSQL refuses it before it looks at anything else: so a
# refusal of ours takes its place in the stream, fails the transaction and skips to the next Sync like any other error.
_NONSENSE = "stand-in refused this statement"
_SHOWN = ("client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "server_encoding", "TimeZone")
_EMPTY = Plan("")


@dataclass
class _Expected:
    """A message that the backend has not answered yet.

    :param kind: the message's kind. :param plans: the statements that it runs.
    :param refusal: the error that takes the place of the backend's.
    :param keeps_ready: whether its ReadyForQuery is for the client.
    """

    kind: bytes
    plans: tuple[Plan, ...] = ()
    refusal: RedshiftError | None = None
    keeps_ready: bool = True
    done: int = 0
    failed: bool = False

    @property
    def plan(self) -> Plan:
        return self.plans[self.done] if self.done < len(self.plans) else _EMPTY


@dataclass
class Peers:
    """The descriptors that a session listens to.

    :param lifeline: reaches its end when the front's parent ends.
    """

    client: Stream
    backend: Stream
    lifeline: int


@dataclass
class Session:
    """One client's session, from its log-in to its end. It is also the errands' FrontDesk."""

    peers: Peers
    config: Config
    user: str
    process: int
    status: bytes = messages.READY_IDLE
    _pending: deque[_Expected] = field(default_factory=deque)
    _statements: dict[str, Plan] = field(default_factory=dict)
    _portals: dict[str, Plan] = field(default_factory=dict)
    _skipping: bool = False
    _remembered: dict[str, int] = field(default_factory=dict)
    _answers: list[list[str | None]] | None = None
    _failure: dict[str, str] | None = None
    _copying: bool = False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction block is open and has not failed."""
        return self.status == messages.READY_TRANSACTION

    def run(self) -> None:
        """Serve the client until it leaves; ConnectionClosedError if the backend or the parent goes first."""
        handlers: dict[bytes, Callable[[bytes], None]] = {
            b"Q": self._on_query,
            b"P": self._on_parse,
            b"B": self._on_bind,
            b"D": self._on_describe,
            b"E": self._on_execute,
            b"C": self._on_close,
            b"S": self._on_sync,
            b"H": lambda payload: self.peers.backend.send(messages.message(b"H", payload)),
        }
        while True:
            for kind, payload in self.peers.client.messages():
                if kind == b"X":
                    return
                if kind in b"dcf":
                    continue
                handler = handlers.get(kind)
                if handler is None:
                    raise ProtocolError(f"a message of kind {kind!r}")
                if self._skipping and kind not in (b"S", b"Q"):
                    continue
                handler(payload)
                self._flush()
            self._wait(read_client=not self.peers.backend.congested)

    # What the client sends.

    def _on_query(self, payload: bytes) -> None:
        self._skipping = False
        text = messages.take_text(payload, 0)[0]
        try:
            found = self._planned(text)
        except RedshiftError as error:
            self._send_query(_NONSENSE, _Expected(b"Q", refusal=error))
            return
        self._restore_memory()
        if any(plan.errand for plan in found):
            self._run_one_by_one(found)
        else:
            self._send_query(";".join(plan.sql for plan in found), _Expected(b"Q", found))

    def _on_parse(self, payload: bytes) -> None:
        name, offset = messages.take_text(payload, 0)
        text, offset = messages.take_text(payload, offset)
        refusal: RedshiftError | None = None
        plan = _EMPTY
        try:
            found = self._planned(text)
            if len(found) > 1:
                raise RedshiftError("cannot insert multiple commands into a prepared statement", code="42601")
            plan = found[0] if found else _EMPTY
        except RedshiftError as error:
            refusal = error
        self._restore_memory()
        self._statements[name] = plan
        sql = _NONSENSE if refusal else plan.sql
        self._forward(messages.parse(name, sql, payload[offset:]), _Expected(b"P", refusal=refusal))

    def _on_bind(self, payload: bytes) -> None:
        portal, offset = messages.take_text(payload, 0)
        statement = messages.take_text(payload, offset)[0]
        self._portals[portal] = self._statements.get(statement, _EMPTY)
        self._forward(messages.message(b"B", payload), _Expected(b"B"))

    def _on_describe(self, payload: bytes) -> None:
        self._forward(messages.message(b"D", payload), _Expected(b"D"))

    def _on_execute(self, payload: bytes) -> None:
        portal = messages.take_text(payload, 0)[0]
        plan = self._portals.get(portal, _EMPTY)
        if plan.errand is None:
            self._forward(messages.message(b"E", payload), _Expected(b"E", (plan,)))
            return
        self.peers.backend.send(messages.message(b"H"))
        self._drain()
        if self._skipping:
            return
        if not self._run_errand(plan):
            self._skipping = True

    def _on_close(self, payload: bytes) -> None:
        name = messages.take_text(payload, 1)[0]
        (self._statements if payload[:1] == b"S" else self._portals).pop(name, None)
        self._forward(messages.message(b"C", payload), _Expected(b"C"))

    def _on_sync(self, payload: bytes) -> None:
        self._skipping = False
        self._forward(messages.message(b"S", payload), _Expected(b"S"))

    @staticmethod
    def _planned(text: str) -> tuple[Plan, ...]:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RedshiftError('invalid byte sequence for encoding "UTF8"', code="22021") from error
        return plans(text)

    def _forward(self, data: bytes, expected: _Expected) -> None:
        self._pending.append(expected)
        self.peers.backend.send(data)

    def _send_query(self, sql: str, expected: _Expected) -> None:
        self._forward(messages.query(sql), expected)

    # Statements that the front carries out.

    def _run_one_by_one(self, found: tuple[Plan, ...]) -> None:
        """Run a string of statements with errands among them, as the one transaction that such a string is."""
        self._drain()
        wrapped = (
            len(found) > 1
            and self.status == messages.READY_IDLE
            and not any(plan.controls_transaction for plan in found)
        )
        if wrapped:
            self.ask("begin")
        for plan in found:
            succeeded = self._run_errand(plan) if plan.errand else self._run_plainly(plan)
            if not succeeded:
                break
        if wrapped and self.status != messages.READY_IDLE:
            try:
                self.ask("commit" if self.in_transaction else "rollback")
            except BackendError as error:
                self.peers.client.send(messages.error(redshift_error(error.fields, self.process)))
        self.peers.client.send(messages.ready(self.status))

    def _run_plainly(self, plan: Plan) -> bool:
        expected = _Expected(b"Q", (plan,), keeps_ready=False)
        self._send_query(plan.sql, expected)
        self._drain()
        return not expected.failed

    def _run_errand(self, plan: Plan) -> bool:
        """Run an errand, tell the client how it ended, and return whether it went well."""
        try:
            if self.status == messages.READY_FAILED:
                self.ask(plan.sql)
            if plan.errand is None:
                raise ProtocolError("not an errand")
            tag = plan.errand.run(self)
        except RedshiftError as error:
            self._fail_transaction()
            self.peers.client.send(messages.error(error.fields()))
            return False
        except BackendError as error:
            self.peers.client.send(messages.error(redshift_error(error.fields, self.process)))
            return False
        self.peers.client.send(messages.command_complete(tag))
        return True

    def _fail_transaction(self) -> None:
        if self.in_transaction:
            try:
                self.ask(_NONSENSE)
            except BackendError:
                return

    def ask(self, sql: str) -> list[list[str | None]]:
        """Run a statement in the client's session, out of the client's sight; BackendError if it fails."""
        self._answers, self._failure = [], None
        self._send_query(sql, _Expected(b"A", keeps_ready=False))
        self._drain()
        answers, self._answers = self._answers, None
        self._raise_failure()
        return answers

    def begin_copy(self, sql: str) -> None:
        """Start a COPY … FROM STDIN; BackendError if it fails."""
        self._failure = None
        self._send_query(sql, _Expected(b"A", keeps_ready=False))
        while self._pending and not self._copying:
            self._wait(read_client=False)
        self._raise_failure()

    def copy_data(self, data: bytes) -> None:
        """Send rows; waits while the backend is slower than the front."""
        self.peers.backend.send(messages.message(b"d", data))
        self._flush()
        self.breathe()
        while self.peers.backend.congested and self._failure is None:
            self._wait(read_client=False)
        self._end_failed_copy()

    def end_copy(self) -> None:
        """End the COPY and take its rows."""
        self.peers.backend.send(messages.message(b"c"))
        self._copying = False
        self._drain()
        self._raise_failure()

    def fail_copy(self, reason: str) -> None:
        """Give the COPY up; PostgreSQL's error about it is not passed on."""
        if self._copying:
            self.peers.backend.send(messages.message(b"f", messages.text(reason)))
            self._copying = False
        self._drain()
        self._failure = None

    def breathe(self) -> None:
        """Handle what has arrived, without waiting; BackendError if the COPY has failed meanwhile."""
        self._wait(read_client=False, seconds=0)
        self._end_failed_copy()

    def notify(self, severity: str, text: str) -> None:
        """Send a notice to the client."""
        self.peers.client.send(messages.notice(severity, text))

    def remember(self, name: str, value: int) -> None:
        """Keep a number in a setting of the session; set before its next statement outside a failed transaction."""
        self._remembered[name] = value

    def _restore_memory(self) -> None:
        if not self._remembered or self.status == messages.READY_FAILED or self._pending:
            return
        remembered, self._remembered = self._remembered, {}
        self.ask(";".join(f"set {name} to {value}" for name, value in remembered.items()))

    def _end_failed_copy(self) -> None:
        if self._failure is not None:
            self._copying = False
            self._drain()
            self._raise_failure()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise BackendError(failure)

    # What the backend sends.

    def _on_reply(self, kind: bytes, payload: bytes) -> None:
        expected = self._pending[0] if self._pending else None
        if kind == b"S":
            self._on_parameter(payload)
        elif kind == b"N":
            if expected is None or not expected.plan.quiet:
                self.peers.client.send(messages.notice_fields(_outward(messages.fields(payload))))
        elif kind == b"A":
            self.peers.client.send(messages.message(kind, payload))
        elif kind == b"E":
            self._on_error(payload, expected)
        elif expected is None:
            raise ProtocolError(f"an answer of kind {kind!r} that nothing asked for")
        elif kind == b"Z":
            self.status = payload
            self._pending.popleft()
            if expected.keeps_ready:
                self.peers.client.send(messages.ready(payload))
        elif expected.kind == b"A":
            self._on_own_answer(kind, payload)
        else:
            self._on_answer(kind, payload, expected)

    def _on_answer(self, kind: bytes, payload: bytes, expected: _Expected) -> None:
        if kind == b"C":
            tag = expected.plan.tag
            data = messages.command_complete(tag) if tag else messages.message(kind, payload)
        else:
            data = messages.message(kind, payload)
        if kind in b"CI":
            expected.done += 1
        if expected.kind != b"Q" and kind != b"t":
            self._pending.popleft()
        self.peers.client.send(data)

    def _on_own_answer(self, kind: bytes, payload: bytes) -> None:
        if kind == b"G":
            self._copying = True
        elif kind == b"D" and self._answers is not None:
            self._answers.append(messages.row_values(payload))

    def _on_error(self, payload: bytes, expected: _Expected | None) -> None:
        fields = messages.fields(payload)
        if expected is not None and expected.kind == b"A":
            self._failure = fields
            if fields.get("V") != "FATAL":
                return
        if expected is not None and expected.refusal is not None:
            fields = expected.refusal.fields()
        else:
            fields = redshift_error(fields, self.process)
        self.peers.client.send(messages.error(fields))
        if expected is None or expected.kind == b"A":
            return
        expected.failed = True
        if expected.kind != b"Q":
            self._skip_to_sync()

    def _skip_to_sync(self) -> None:
        while self._pending and self._pending[0].kind != b"S":
            self._pending.popleft()
        self._skipping = not self._pending

    def _on_parameter(self, payload: bytes) -> None:
        name = messages.take_text(payload, 0)[0]
        if name in _SHOWN:
            self.peers.client.send(messages.message(b"S", payload))

    # Sockets.

    def _drain(self) -> None:
        """Wait until the backend has answered everything."""
        while self._pending:
            self._wait(read_client=False)

    def _flush(self) -> None:
        self.peers.backend.flush()
        self.peers.client.flush()

    def _wait(self, *, read_client: bool, seconds: float | None = None) -> None:
        """Move bytes once: what has arrived is read, what waits is sent; waits until there is something."""
        client, backend = self.peers.client, self.peers.backend
        self._flush()
        poll = select.poll()
        poll.register(self.peers.lifeline, select.POLLIN)
        reading = select.POLLIN if read_client else select.POLLHUP | select.POLLRDHUP
        poll.register(client, reading | (select.POLLOUT if client.wants_to_write else 0))
        poll.register(
            backend,
            (0 if client.congested else select.POLLIN) | (select.POLLOUT if backend.wants_to_write else 0),
        )
        for descriptor, events in poll.poll(None if seconds is None else seconds * 1000):
            if descriptor == self.peers.lifeline:
                raise ConnectionClosedError("the front ends")
            if descriptor == client.fileno():
                if events & (select.POLLHUP | select.POLLRDHUP | select.POLLERR) and not read_client:
                    raise ConnectionClosedError("the client went away")
                if events & select.POLLIN:
                    client.receive()
                elif events & (select.POLLHUP | select.POLLERR):
                    raise ConnectionClosedError("the client went away")
            elif events & (select.POLLIN | select.POLLHUP | select.POLLERR):
                self._receive_replies()
        self._flush()

    def _receive_replies(self) -> None:
        try:
            self.peers.backend.receive()
        finally:
            own = bool(self._pending) and self._pending[0].kind == b"A"
            for kind, payload in self.peers.backend.messages(runs=b"" if own else b"D"):
                if kind:
                    self._on_reply(kind, payload)
                else:
                    self.peers.client.send(payload)


def _outward(fields: dict[str, str]) -> dict[str, str]:
    return {code: value for code, value in fields.items() if code not in "PpqW"}
