"""One connection to the warehouse, for the length of a try."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sparkify.failures import translate
from sparkify.identifiers import comment, table_name

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.sdk.types import Logger

_TRIED_BY_HOOK = ("InterfaceError", "OperationalError")


class Session:
    """Runs statements on one connection; both redshift_connector's and psycopg's will do.

    Each statement opens with a comment that names the task and run which issued it, to be found in the
    system views, and is logged with its parameters. Parameters are `%s`, the only style that both drivers know.
    They do not agree on what else a per cent sign means, so a statement must have none: `mod()` is the remainder.

    :ivar backend_pid: the server's process for this connection, as the system views name it.
    """

    def __init__(self, hook: "DbApiHook", connection: Any, *, label: str, log: "Logger") -> None:
        self._hook = hook
        self._connection = connection
        self._prefix = comment(label)
        self._log = log
        self._began = time.monotonic()
        self.backend_pid: int = 0

    @property
    def age(self) -> float:
        """Seconds since the connection was there."""
        return time.monotonic() - self._began

    def execute(self, sql: str, parameters: Sequence[Any] = (), *, logged_as: str | None = None) -> int:
        """Run a statement and return how many rows it touched (-1 where the server does not say).

        :param logged_as: what the task's log says instead of a statement that is nothing but rows.
        :raises PermanentWarehouseError: if the warehouse refuses it for good.
        :raises WarehouseError: if a retry may succeed.
        """
        with closing(self._run(sql, parameters, logged_as)) as cursor:
            return int(cursor.rowcount)

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return its rows. Raises as :meth:`execute` does."""
        with closing(self._run(sql, parameters)) as cursor:
            return [tuple(row) for row in cursor.fetchall()]

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a query and return the first column of its only row. Raises as :meth:`execute` does."""
        [(value, *_)] = self.fetch(sql, parameters)
        return value

    def configure(self, statement_timeout: timedelta | None) -> None:
        """Set time zone and time-out and learn the backend's pid, in one statement.

        :param statement_timeout: None leaves the server's own.
        """
        # getdate() and the load-error views' times then agree, whatever the user's own zone.
        settings = {"timezone": "UTC"}
        if statement_timeout:
            settings["statement_timeout"] = str(int(statement_timeout.total_seconds() * 1000))
        made = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
        self.backend_pid = int(self.value(f"select pg_backend_pid(), {made}"))

    @contextmanager
    def transaction(self, lock: str | None = None) -> Iterator[None]:
        """Run the block in one transaction, which ends with the connection if the block fails.

        When the connection is lost with the answer to COMMIT, nobody knows whether it committed. The error is
        raised as any other that a retry may mend: every block is one that may be run again.

        :param lock: a companion table to lock first. Under snapshot isolation a transaction sees the data as of
            its first statement that reads: were that before the lock is granted, two writers of one window
            would each miss the other's rows and double them without an error.
        """
        self._hook.set_autocommit(self._connection, False)
        if lock:
            self.execute(f"lock table {table_name(lock)}")
        yield
        try:
            self._connection.commit()
        except Exception as error:
            raise translate(error, "commit") from error
        self._hook.set_autocommit(self._connection, True)

    def _run(self, sql: str, parameters: Sequence[Any], logged_as: str | None = None) -> Any:
        shown = f"{sql}\nparameters: {', '.join(map(str, parameters))}" if parameters else sql
        self._log.info("%s", logged_as or shown)
        statement = f"{self._prefix}\n{sql}"
        try:
            cursor = self._connection.cursor()
            if parameters:
                cursor.execute(statement, tuple(parameters))
            else:
                cursor.execute(statement)
        except Exception as error:
            # Not hidden: every driver error is raised again, sorted into permanent and transient.
            raise translate(error, sql.strip().split("\n", 1)[0]) from error
        return cursor


@contextmanager
def open_session(
    hook: "DbApiHook", *, label: str, log: "Logger", statement_timeout: timedelta | None = None
) -> Iterator[Session]:
    """Open a session in autocommit mode; whatever is open at the end is rolled back with the connection.

    :param label: who issues the statements; becomes their comment.
    :param statement_timeout: the server ends a longer statement by itself, waiting for a lock included, so that a
        task killed without a word leaves no query running for longer.
    :raises PermanentWarehouseError: if the login is refused, by the warehouse or by AWS.
    :raises WarehouseError: if the warehouse cannot be reached, or the connection is not defined.
    """
    try:
        connection = hook.get_conn()
    except Exception as error:
        # These the redshift hook has tried for a while itself; not a reset during the login, nor a warehouse that is
        # just starting.
        soon = type(error).__name__ not in _TRIED_BY_HOOK
        raise translate(
            error, f"connecting to the warehouse by connection {hook.get_conn_id()!r}", soon=soon
        ) from error
    with closing(connection):
        hook.set_autocommit(connection, True)
        session = Session(hook, connection, label=label, log=log)
        session.configure(statement_timeout)
        yield session
