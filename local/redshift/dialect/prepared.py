"""PREPARE, EXECUTE and DEALLOCATE as statements (r_PREPARE, r_EXECUTE, r_DEALLOCATE)."""

from __future__ import annotations

from collections.abc import Callable

from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.names import quote
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.queries import expression
from local.redshift.dialect.types import read_type
from local.redshift.errors import UnsupportedError

_PREPARED = ("select", "with", "insert", "update", "delete")


def prepare(cursor: Cursor, planned: Callable[[str], Plan]) -> Plan:
    """Plan a PREPARE whose first word is read. :param planned: returns the plan of the statement in it."""
    name = quote(cursor.name())
    types = []
    if cursor.accept_symbol("("):
        types.append(read_type(cursor).sql)
        while cursor.accept_symbol(","):
            types.append(read_type(cursor).sql)
        cursor.expect_symbol(")")
    cursor.expect("as")
    if (token := cursor.peek()) is None or not token.word(*_PREPARED):
        raise UnsupportedError("PREPARE takes a SELECT, INSERT, UPDATE or DELETE")
    inner = planned(cursor.statement.slice(cursor.place, len(cursor.statement.tokens)))
    listed = f" ({', '.join(types)})" if types else ""
    return Plan(f"prepare {name}{listed} as {inner.sql}", tag="PREPARE")


def execute(cursor: Cursor) -> Plan:
    """Plan an EXECUTE whose first word is read."""
    name = quote(cursor.name())
    values = []
    if cursor.accept_symbol("("):
        while True:
            values.append(expression(cursor.until(",")))
            if not cursor.accept_symbol(","):
                break
        cursor.expect_symbol(")")
    cursor.finish()
    listed = f" ({', '.join(values)})" if values else ""
    return Plan(f"execute {name}{listed}")


def deallocate(cursor: Cursor) -> Plan:
    """Plan a DEALLOCATE whose first word is read."""
    cursor.accept("prepare")
    token = cursor.next()
    cursor.finish()
    return Plan("deallocate all" if token.word("all") else f"deallocate {quote(token.value)}")
