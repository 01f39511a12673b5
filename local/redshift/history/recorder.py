"""A session's part of the history: it tells of each statement that has ended, and never waits for the historian."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass

from local.redshift.dialect.plan import Plan
from local.redshift.history.numbers import Numbers
from local.redshift.history.record import Record, Request, frames

# Errors that come before a statement runs: it does not parse, names what is not there, or the transaction has failed.
# Redshift gives such a statement no query id.
_UNRUN = ("42", "25", "26", "34", "3D", "3F", "0A")
_LONGEST_ERROR = 512
# How long a session waits for the historian: it is a process of its own on the same machine.
_PATIENCE = 5.0
_NAP = 0.002
_LABEL = re.compile(r"(?:set|reset) (?:local )?redshift\.query_group(?: to (.*))?", re.DOTALL)


@dataclass
class History:
    """The pipe to the historian and the memory shared with it. One for the whole front.

    :param pipe: the end that sessions write to; not blocking.
    """

    pipe: int
    numbers: Numbers


@dataclass
class Recorder:
    """Tells what one session runs.

    :param process: the session's process id. :param row: its row in the registry.
    :param last_query: the number of the last query that has ended well or badly; -1 before the first.
    """

    history: History
    process: int
    user: str
    row: int
    last_query: int = -1
    _transaction: int | None = None
    _label: str = ""
    _label_before: str = ""
    _lost: int = 0

    def number(self) -> int:
        """Return the number of a statement that begins."""
        return self.history.numbers.take()

    def ended(
        self,
        plan: Plan,
        started: float,
        *,
        tag: str = "",
        error: dict[str, str] | None = None,
        query: int | None = None,
    ) -> None:
        """Tell of a statement that has ended.

        :param started: in seconds of the epoch. :param tag: its command tag. :param error: the fields of the error that
            it ended with. :param query: its number, if it has one already.
        """
        origin = plan.origin
        code = error.get("C", "") if error else ""
        if origin is None or (error and code.startswith(_UNRUN)):
            return
        fresh = self.history.numbers.take(2)
        number = fresh if query is None else query
        if self._transaction is None:
            self._transaction = fresh + 1
        count = tag.rpartition(" ")[2] if tag.startswith(("SELECT", "FETCH")) else ""
        said = error.get("M", "")[:_LONGEST_ERROR].encode(errors="replace").decode() if error else ""
        self._tell(
            number,
            Record(
                *(number, self._transaction, self.process, self.user, self._label, origin.type, origin.leader),
                *(started, time.time(), code, said, int(count) if count.isdigit() else 0, origin.text),
            ),
        )
        if origin.type not in ("DDL", "UTILITY") and not origin.leader:
            self.last_query = number
        if tag in ("SET", "RESET"):
            self._set_label(plan.sql)
        elif tag == "ROLLBACK":
            self._label = self._label_before

    def transaction_ended(self) -> None:
        """Note that the session is in no transaction."""
        self._transaction = None
        self._label_before = self._label

    def settle(self) -> None:
        """Wait until all that has been told so far is in the views; not for ever, in case the historian is gone."""
        request = self.number()
        lost, self._lost = self._lost, 0
        if not self._write(request, Request(self.row, request, lost)):
            self._lost = lost
            return
        deadline = time.monotonic() + _PATIENCE
        while self.history.numbers.served(self.row) != request and time.monotonic() < deadline:
            time.sleep(_NAP)

    def _set_label(self, sql: str) -> None:
        if sql == "reset all":
            self._label = ""
        elif match := _LABEL.fullmatch(sql):
            value = (match[1] or "").strip()
            plain = value[1:-1].replace("''", "'") if value.startswith("'") else value.strip('"')
            self._label = "" if plain.lower() == "default" else plain

    def _tell(self, number: int, record: Record) -> None:
        if not self._write(number, record):
            self._lost += 1
        elif self._lost:
            lost, self._lost = self._lost, 0
            self._write(self.number(), Request(-1, 0, lost))

    def _write(self, number: int, message: Record | Request) -> bool:
        # A full pipe, or one that nobody reads any more.
        with suppress(BlockingIOError, BrokenPipeError):
            for frame in frames(number, message):
                os.write(self.history.pipe, frame)
            return True
        return False
