"""One client's session: its messages are rewritten and passed on, or carried out by the front."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable

from local.redshift.config import Config
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.statements import plans
from local.redshift.errors import RedshiftError, UnsupportedError
from local.redshift.history.recorder import Recorder
from local.redshift.session.exchange import ABANDONED, EMPTY, OWN, Exchange, Expected, Peers
from local.redshift.session.frontdesk import BackendError
from local.redshift.session.replies import redshift_error
from local.redshift.wire import messages
from local.redshift.wire.messages import ProtocolError

# No statement of the client's ever reads like this, and PostgreSQL refuses it before it looks at anything else: so a
# refusal of ours takes its place in the stream, fails the transaction and skips to the next Sync like any other error.
_NONSENSE = "stand-in refused this statement"
_DURATION = re.compile("([0-9]+)(ms|s|min|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}


class Session:
    """One client's session, from its log-in to its end. It is also the errands' FrontDesk.

    :param config: the front's configuration. :param recorder: tells the history of the session's statements.
    :param interrupt: what tells another session's front, given that session's process id, to give up the errand that it
        is on.
    """

    def __init__(self, peers: Peers, config: Config, recorder: Recorder, interrupt: Callable[[int], None]) -> None:
        self.config = config
        self.user = recorder.user
        self.process = recorder.process
        self.query = -1
        self._history = recorder
        self._client = peers.client
        self._backend = peers.backend
        self._exchange = Exchange(peers, recorder.process, recorder)
        self._statements: dict[str, Plan] = {}
        self._portals: dict[str, Plan] = {}
        self._remembered: dict[str, int] = {}
        self._flush_wanted = False
        self._deadline = math.inf
        self._interrupted = False
        self._interrupt_other = interrupt
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            b"Q": self._on_query,
            b"P": self._on_parse,
            b"B": self._on_bind,
            b"D": self._on_describe,
            b"E": self._on_execute,
            b"C": self._on_close,
            b"S": self._on_sync,
            b"H": self._on_flush,
        }

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction block is open and has not failed."""
        return self._exchange.status == messages.READY_TRANSACTION

    @property
    def columns(self) -> list[messages.ResultColumn]:
        """The columns of what `ask` returned last."""
        return self._exchange.columns

    def run(self) -> None:
        """Serve the client until it leaves.

        Raises ConnectionClosedError if it or the backend is suddenly gone, ProtocolError for messages that are not the
        protocol's.
        """
        while True:
            for kind, payload in self._client.messages():
                if kind == b"X":
                    return
                # Copy data without a COPY, after one that failed: ignored, as the protocol asks.
                if kind in b"dcf" or (self._exchange.skipping and kind != b"S"):
                    continue
                handler = self._handlers.get(kind)
                if handler is None:
                    raise ProtocolError(f"a message of kind {kind!r}")
                handler(payload)
            if self._flush_wanted:
                self._flush_wanted = False
                self._backend.send(messages.message(b"H"))
            self._exchange.wait(read_client=not self._backend.congested)

    def interrupt(self) -> None:
        """End the errand that is running, where it next waits; without one, nothing happens. Safe in a signal handler.

        PostgreSQL sees to what it runs itself: this is for the waits on something else, S3 say.
        """
        self._interrupted = True

    def say_goodbye(self, error: Exception) -> None:
        """Tell the client, if it is still there, why its session ends."""
        self._exchange.say_goodbye(error)

    def _on_query(self, payload: bytes) -> None:
        self._exchange.skipping = False
        text = messages.take_text(payload, 0)[0]
        try:
            found = _planned(text)
            self._look_back(found)
        except RedshiftError as error:
            self._send_query(_NONSENSE, Expected(b"Q", refusal=error))
            return
        self._restore_memory()
        if any(plan.errand for plan in found) or (len(found) > 1 and any(map(_looks_back, found))):
            self._run_one_by_one(found)
        else:
            self._send_query(";".join(plan.sql for plan in found), Expected(b"Q", found))

    def _on_parse(self, payload: bytes) -> None:
        name, offset = messages.take_text(payload, 0)
        text, offset = messages.take_text(payload, offset)
        refusal: RedshiftError | None = None
        plan = EMPTY
        try:
            found = _planned(text)
            plan = found[0] if found else EMPTY
            if len(found) > 1:
                said = "cannot insert multiple commands into a prepared statement"
                refusal = RedshiftError(said, code="42601")
            self._look_back((plan,))
        except RedshiftError as error:
            refusal = error
        self._restore_memory()
        self._statements[name] = plan
        sql = _NONSENSE if refusal else plan.sql
        self._exchange.forward(messages.parse(name, sql, payload[offset:]), Expected(b"P", refusal=refusal))

    def _on_bind(self, payload: bytes) -> None:
        portal, offset = messages.take_text(payload, 0)
        statement = messages.take_text(payload, offset)[0]
        plan = self._portals[portal] = self._statements.get(statement, EMPTY)
        try:
            # A statement without a name would not outlive what is asked on the way.
            if statement:
                self._look_back((plan,))
                self._restore_memory()
        except RedshiftError as error:
            nowhere = messages.text(portal) + messages.text(_NONSENSE) + bytes(6)
            self._exchange.forward(messages.message(b"B", nowhere), Expected(b"B", refusal=error))
            return
        self._exchange.forward(messages.message(b"B", payload), Expected(b"B"))

    def _on_describe(self, payload: bytes) -> None:
        self._exchange.forward(messages.message(b"D", payload), Expected(b"D"))

    def _on_execute(self, payload: bytes) -> None:
        portal = messages.take_text(payload, 0)[0]
        plan = self._portals.get(portal, EMPTY)
        if plan.errand is None:
            self._exchange.forward(messages.message(b"E", payload), Expected(b"E", (plan,)))
            return
        if self._settled():
            self._exchange.skipping = not self._run_errand(plan)

    def _on_close(self, payload: bytes) -> None:
        name = messages.take_text(payload, 1)[0]
        (self._statements if payload[:1] == b"S" else self._portals).pop(name, None)
        self._exchange.forward(messages.message(b"C", payload), Expected(b"C"))

    def _on_flush(self, _: bytes) -> None:
        # Passed on only if no Sync comes with it, which flushes as well: redshift_connector asks for a Flush after
        # every message, and each costs PostgreSQL, the front and the client a packet.
        self._flush_wanted = True

    def _on_sync(self, payload: bytes) -> None:
        self._flush_wanted = False
        self._exchange.skipping = False
        self._exchange.forward(messages.message(b"S", payload), Expected(b"S"))

    def _settled(self) -> bool:
        """Wait for the answers to all that went before; False if one was an error that makes what follows void."""
        if not self._exchange.idle:
            self._backend.send(messages.message(b"H"))
            self._exchange.drain()
        return not self._exchange.skipping

    def _send_query(self, sql: str, expected: Expected) -> None:
        self._exchange.forward(messages.query(sql), expected)

    def _run_one_by_one(self, found: tuple[Plan, ...]) -> None:
        """Run a string of statements with errands among them, as the one transaction that such a string is."""
        if not self._settled():
            return
        wrapped = (
            len(found) > 1
            and self._exchange.status == messages.READY_IDLE
            and not any(plan.controls_transaction for plan in found)
        )
        if wrapped:
            self.ask("begin")
        for plan in found:
            self._look_back((plan,))
            self._restore_memory()
            if not (self._run_errand(plan) if plan.errand else self._run_plainly(plan)):
                break
        if wrapped and self._exchange.status != messages.READY_IDLE:
            try:
                self.ask("commit" if self.in_transaction else "rollback")
            except BackendError as error:
                self._client.send(messages.error(redshift_error(error.fields, self.process)))
        self._client.send(messages.ready(self._exchange.status))

    def _run_plainly(self, plan: Plan) -> bool:
        expected = Expected(b"Q", (plan,), keeps_ready=False)
        self._send_query(plan.sql, expected)
        self._exchange.drain()
        return not expected.failed

    def _run_errand(self, plan: Plan) -> bool:
        """Run an errand, tell the client how it ended, and return whether it went well."""
        if plan.errand is None:
            raise ProtocolError("not an errand")
        self.query = self._history.number()
        started = time.time()
        failure = ABANDONED
        tag = ""
        try:
            if self._exchange.status == messages.READY_FAILED:
                self.ask(plan.sql)
            self._deadline = self._statement_deadline()
            self._interrupted = False
            tag = plan.errand.run(self)
        except RedshiftError as error:
            failure = error.fields()
            self._fail_transaction()
            self._client.send(messages.error(failure))
            return False
        except BackendError as error:
            failure = redshift_error(error.fields, self.process)
            self._client.send(messages.error(failure))
            return False
        finally:
            self._history.ended(plan, started, tag=tag, error=None if tag else failure, query=self.query)
        self._client.send(messages.command_complete(tag))
        return True

    def _statement_deadline(self) -> float:
        """Return when statement_timeout ends this errand, on the monotonic clock.

        PostgreSQL keeps the time of each statement of the errand's, not of the errand's own waits.
        """
        # SHOW takes no snapshot, so a LOCK may still come first.
        ((shown,),) = self.ask("show statement_timeout")
        match = _DURATION.fullmatch(shown or "")
        seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
        return time.monotonic() + seconds if seconds else math.inf

    def _fail_transaction(self) -> None:
        if self.in_transaction:
            try:
                self.ask(_NONSENSE)
            except BackendError:
                return

    def ask(self, sql: str) -> list[list[str | None]]:
        """Run a statement in the client's session, out of the client's sight; BackendError if it fails."""
        self._exchange.answers, self._exchange.failure = [], None
        self._send_query(sql, Expected(OWN, keeps_ready=False))
        self._exchange.drain()
        self._raise_failure()
        return self._exchange.answers

    def begin_copy(self, sql: str) -> None:
        """Start a COPY … FROM STDIN; BackendError if it fails."""
        self._exchange.failure = None
        self._send_query(sql, Expected(OWN, keeps_ready=False))
        while not (self._exchange.idle or self._exchange.copying):
            self._exchange.wait(read_client=False)
        self._raise_failure()

    def copy_data(self, data: bytes) -> None:
        """Send rows; waits while the backend is slower than the front."""
        self._backend.send(messages.message(b"d", data))
        self.breathe()
        while self._backend.congested:
            self._exchange.wait(read_client=False)
            self._end_failed_copy()

    def end_copy(self) -> None:
        """End the COPY and take its rows."""
        self._backend.send(messages.message(b"c"))
        self._exchange.copying = False
        self._exchange.drain()
        self._raise_failure()

    def fail_copy(self, reason: str) -> None:
        """Give the COPY up; PostgreSQL's error about it is not passed on."""
        if self._exchange.copying:
            self._backend.send(messages.message(b"f", messages.text(reason)))
            self._exchange.copying = False
        self._exchange.drain()
        self._exchange.failure = None

    def breathe(self) -> None:
        """Handle what has arrived, without waiting; BackendError if the COPY has failed meanwhile."""
        self._exchange.wait(read_client=False, seconds=0)
        self._end_failed_copy()
        if self._interrupted:
            raise RedshiftError("canceling statement due to user request", code="57014")
        if time.monotonic() > self._deadline:
            raise RedshiftError("canceling statement due to statement timeout", code="57014")

    def cancel(self, process: int) -> None:
        """Cancel what another session runs, as far as this one's user may; BackendError where not."""
        if self.ask(f"select pg_catalog.pg_cancel_backend({process})") == [["t"]]:
            self._interrupt_other(process)

    def notify(self, severity: str, text: str) -> None:
        """Send a notice to the client."""
        self._client.send(messages.notice(severity, text))

    def remember(self, name: str, value: int) -> None:
        """Keep a number in a setting of the session; set before its next statement outside a failed transaction."""
        self._remembered[name] = value

    def _look_back(self, found: tuple[Plan, ...]) -> None:
        """Bring up to date what these statements read of the history; UnsupportedError where that cannot be done."""
        if not any(map(_looks_back, found)):
            return
        if any(plan.origin.reads for plan in found if plan.origin):
            self._history.settle()
        if any(plan.origin.asks_last for plan in found if plan.origin):
            if not self._exchange.idle:
                raise UnsupportedError("PG_LAST_QUERY_ID is not supported behind statements that have not ended")
            self.remember("redshift.last_query_id", self._history.last_query)

    def _restore_memory(self) -> None:
        if self._remembered and self._exchange.idle and self._exchange.status != messages.READY_FAILED:
            remembered, self._remembered = self._remembered, {}
            self.ask(";".join(f"set {name} to {value}" for name, value in remembered.items()))

    def _end_failed_copy(self) -> None:
        if self._exchange.failure is not None:
            self._exchange.copying = False
            self._exchange.drain()
            self._raise_failure()

    def _raise_failure(self) -> None:
        failure, self._exchange.failure = self._exchange.failure, None
        if failure is not None:
            raise BackendError(failure)


def _looks_back(plan: Plan) -> bool:
    return plan.origin is not None and (plan.origin.reads or plan.origin.asks_last)


def _planned(text: str) -> tuple[Plan, ...]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RedshiftError('invalid byte sequence for encoding "UTF8"', code="22021") from error
    return plans(text)
