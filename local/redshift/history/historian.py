"""The historian: a process of the front's that writes what the sessions tell, in batches, over one connection."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import logging
import os
import select
import signal
import sys
import time

import psycopg

from local.redshift import superuser
from local.redshift.config import Config
from local.redshift.history.numbers import Numbers
from local.redshift.history.record import Assembly, Record, Request
from local.redshift.history.recorder import History

_LOG = logging.getLogger("local.redshift")
# How many statements the backend keeps, and after how many more the oldest are taken away.
KEPT = 100_000
_SPARE = 5_000
# What an unprivileged process may ask for. It holds some thousands of statements.
_PIPE = 1 << 20
# How often the pipe is emptied, in seconds, while statements keep coming; they are written in the first pause, or when
# there are this many. Written one by one they would cost the sessions a part of the machine.
_PAUSE = 0.05
_GATHERED = 20_000
_COPY = (
    "copy redshift_internal.statements (query_id, transaction_id, session_id, user_name, label, query_type, leader, "
    "start_time, end_time, error_code, error_message, returned_rows, query_text) from stdin"
)
_TRIM = """
    delete from redshift_internal.statements where query_id < (
        select query_id from redshift_internal.statements order by query_id desc offset %s limit 1
    )
"""
_FIRST = """
    select 1 + greatest(
        (select max(query_id) from redshift_internal.load_history),
        (select max(query_id) from redshift_internal.unload_history),
        (select max(greatest(query_id, transaction_id)) from redshift_internal.statements),
        0
    )
"""


def start(config: Config) -> tuple[History, int]:
    """Start the historian and return the sessions' way to it, and its process id.

    It ends when nobody is left who could write to the pipe: neither the front nor a session.
    Raises psycopg.Error if the backend cannot be reached.
    """
    with _connect(config) as connection:
        ((first,),) = connection.execute(_FIRST).fetchall()
    numbers = Numbers(int(first), config.max_connections)
    reader, writer = os.pipe()
    with contextlib.suppress(PermissionError):
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE)
    os.set_blocking(writer, False)
    child = os.fork()
    if child:
        os.close(reader)
        return History(writer, numbers), child
    status = 1
    try:
        # The terminal's Ctrl-C goes to the whole group; it still has to write what the sessions tell at their ends.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        os.close(writer)
        os.nice(19)
        gc.freeze()
        _Historian(config, reader, numbers).run()
        status = 0
    except Exception:  # noqa: BLE001  (the fork must not return into the front, whatever happens)
        _LOG.exception("the history ended by an error of its own; statements are not recorded any more")
    finally:
        sys.stderr.flush()
        os._exit(status)


def _connect(config: Config) -> psycopg.Connection:
    options = "-c default_transaction_isolation=read\\ committed -c synchronous_commit=off"
    return superuser.connect(config, purpose="history", options=options, seconds=5)


class _Historian:
    """Reads the pipe to its end."""

    def __init__(self, config: Config, reader: int, numbers: Numbers) -> None:
        self._config = config
        self._reader = reader
        self._numbers = numbers
        self._connection: psycopg.Connection | None = None
        self._untrimmed = _SPARE  # the backend may be full from an earlier front

    def run(self) -> None:
        """Write until the pipe ends."""
        assembly = Assembly()
        waiting = select.poll()
        waiting.register(self._reader, select.POLLIN)
        while data := os.read(self._reader, _PIPE):
            messages: list[Record | Request] = []
            asked = False
            while data:
                added = list(assembly.add(data))
                messages += added
                asked = asked or any(isinstance(message, Request) for message in added)
                if len(messages) < _GATHERED and not asked:
                    time.sleep(_PAUSE)
                data = os.read(self._reader, _PIPE) if len(messages) < _GATHERED and waiting.poll(0) else b""
            self._write([message for message in messages if isinstance(message, Record)])
            self._answer([message for message in messages if isinstance(message, Request)])

    def _answer(self, requests: list[Request]) -> None:
        if lost := sum(request.lost for request in requests):
            _LOG.warning("%s statements are not in the history: they came faster than it was written", lost)
        for request in requests:
            if request.row >= 0:
                self._numbers.serve(request.row, request.number)

    def _write(self, records: list[Record]) -> None:
        """Write the records; after a failure once more on another connection: PostgreSQL may have been restarted."""
        if not records:
            return
        for last in (False, True):
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = _connect(self._config)
                self._copy(self._connection, records)
            except psycopg.Error as error:
                if self._connection is not None:
                    self._connection.close()
                if last:
                    _LOG.warning("%s statements are not in the history: %s", len(records), error)
            else:
                return

    def _copy(self, connection: psycopg.Connection, records: list[Record]) -> None:
        with connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                for record in records:
                    copy.write_row((*record[:7], _moment(record.started), _moment(record.ended), *record[9:]))
            self._untrimmed += len(records)
            if self._untrimmed >= _SPARE:
                cursor.execute(_TRIM, (KEPT,))
                self._untrimmed = 0


def _moment(seconds: float) -> str:
    whole = time.gmtime(seconds)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', whole)}.{int(seconds % 1 * 1_000_000):06}"
