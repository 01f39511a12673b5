"""BEGIN, COMMIT, ROLLBACK, LOCK and SET TRANSACTION (r_BEGIN, r_COMMIT, r_ROLLBACK, r_LOCK)."""

from __future__ import annotations

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.plan import PLACEHOLDER, Plan
from local.redshift.errors import UnsupportedError

_LEVELS = (("read", "committed"), ("read", "uncommitted"), ("repeatable", "read"), ("serializable",))


def begin(cursor: Cursor) -> Plan:
    """Plan a BEGIN or START TRANSACTION whose first word is read."""
    _transaction_word(cursor)
    return Plan(f"begin{_modes(cursor)}", tag="BEGIN", controls_transaction=True)


def commit(cursor: Cursor) -> Plan:
    """Plan a COMMIT or END whose first word is read."""
    _transaction_word(cursor)
    cursor.finish()
    return Plan("commit", controls_transaction=True)


def rollback(cursor: Cursor) -> Plan:
    """Plan a ROLLBACK or ABORT whose first word is read."""
    _transaction_word(cursor)
    if cursor.accept("to"):
        raise UnsupportedError("savepoints are not supported; Redshift has none")
    cursor.finish()
    return Plan("rollback", controls_transaction=True)


def set_transaction(cursor: Cursor, *, session: bool) -> Plan:
    """Plan a SET TRANSACTION or SET SESSION CHARACTERISTICS AS TRANSACTION whose words up to TRANSACTION are read."""
    modes = _modes(cursor)
    if not modes:
        return Plan(PLACEHOLDER, tag="SET")
    return Plan(f"set {'session characteristics as ' if session else ''}transaction{modes}", tag="SET")


def lock(cursor: Cursor) -> Plan:
    """Plan a LOCK whose first word is read."""
    cursor.accept("table")
    names = [sql_name(cursor.qualified())]
    while cursor.accept_symbol(","):
        names.append(sql_name(cursor.qualified()))
    if (token := cursor.peek()) is not None and token.word("in", "nowait"):
        raise UnsupportedError("LOCK takes no mode; on Redshift it is always ACCESS EXCLUSIVE")
    cursor.finish()
    # It stays a LOCK of PostgreSQL's: under REPEATABLE READ the snapshot is taken by the statement after it.
    return Plan(f"lock table {', '.join(names)} in access exclusive mode")


def _transaction_word(cursor: Cursor) -> None:
    if not cursor.accept("transaction"):
        cursor.accept("work")


def _modes(cursor: Cursor) -> str:
    """Take isolation level and access mode, up to the end, and return what PostgreSQL is told.

    Every level is accepted and none has an effect: the database's is used.
    """
    access = ""
    while not cursor.done:
        if cursor.accept("isolation", "level"):
            if not any(cursor.accept(*level) for level in _LEVELS):
                raise cursor.error()
        elif cursor.accept("read", "only"):
            access = " read only"
        elif cursor.accept("read", "write"):
            access = " read write"
        else:
            raise cursor.error()
        cursor.accept_symbol(",")
    return access
