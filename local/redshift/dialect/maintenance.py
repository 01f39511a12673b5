"""TRUNCATE, VACUUM, ANALYZE, CANCEL: what Redshift does differently around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.names import quote
from local.redshift.dialect.plan import Plan, errand
from local.redshift.errors import UnsupportedError

if TYPE_CHECKING:
    from local.redshift.session.frontdesk import FrontDesk


@dataclass(frozen=True)
class Truncate:
    """TRUNCATE, which commits the transaction that it runs in (Developer Guide: c_serial_isolation)."""

    table: str

    def run(self, desk: FrontDesk) -> str:
        """Empty the table and commit."""
        desk.ask(f"truncate table {self.table}")
        if desk.in_transaction:
            desk.ask("commit")
        return "TRUNCATE TABLE"


def truncate(cursor: Cursor) -> Plan:
    """Plan a TRUNCATE whose first word is read."""
    cursor.accept("table")
    table = sql_name(cursor.qualified())
    cursor.finish()
    return errand(Truncate(table))


def vacuum(cursor: Cursor) -> Plan:
    """Plan a VACUUM: PostgreSQL's reclaims space and gathers statistics; sorting has no meaning here."""
    for words in (("full",), ("sort", "only"), ("delete", "only"), ("reindex",), ("recluster",)):
        if cursor.accept(*words):
            break
    table = ""
    if (token := cursor.peek()) is not None and not token.word("to", "boost"):
        table = f" {sql_name(cursor.qualified())}"
    if cursor.accept("to"):
        cursor.number()
        cursor.expect("percent")
    cursor.accept("boost")
    cursor.finish()
    # Without a table, PostgreSQL warns of every system table; with one, its warning is that nothing was done.
    return Plan(f"vacuum{table}", tag="VACUUM", quiet=not table)


def analyze(cursor: Cursor) -> Plan:
    """Plan an ANALYZE; PREDICATE COLUMNS and ALL COLUMNS gather the statistics of all columns."""
    if cursor.accept("compression"):
        raise UnsupportedError("ANALYZE COMPRESSION is not supported")
    cursor.accept("verbose")
    target = ""
    if (token := cursor.peek()) is not None and not token.word("predicate", "all"):
        target = f" {sql_name(cursor.qualified())}"
        if (token := cursor.peek()) is not None and token.symbol("("):
            target += f" ({', '.join(map(quote, cursor.names()))})"
    cursor.accept("predicate", "columns") or cursor.accept("all", "columns")
    cursor.finish()
    return Plan(f"analyze{target}", tag="ANALYZE", quiet=not target)


@dataclass(frozen=True)
class Cancel:
    """CANCEL, which also reaches a session that waits on something else than PostgreSQL, S3 say."""

    process: int

    def run(self, desk: FrontDesk) -> str:
        """Cancel what the session runs."""
        desk.cancel(self.process)
        return "CANCEL"


def cancel(cursor: Cursor) -> Plan:
    """Plan a CANCEL of what another session runs."""
    process = cursor.number()
    if not cursor.done:
        cursor.string()
    cursor.finish()
    return errand(Cancel(process))
