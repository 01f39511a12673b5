"""The UNLOAD statement (Developer Guide: r_UNLOAD)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.plan import Plan, errand
from local.redshift.dialect.queries import select
from local.redshift.dialect.tokens import Statement, split
from local.redshift.errors import StatementSyntaxError, UnsupportedError
from local.redshift.unload.options import read_options
from local.redshift.unload.request import UnloadRequest

if TYPE_CHECKING:
    from local.redshift.session.frontdesk import FrontDesk


@dataclass(frozen=True)
class _Unload:
    """UNLOAD as an errand of the front's."""

    request: UnloadRequest

    def run(self, desk: FrontDesk) -> str:
        """Write the query's rows to S3; they are read in the client's session and transaction."""
        # Late, because a front that never unloads needs none of what it imports.
        from local.redshift.unload.unload import unload

        unload(self.request, desk)
        return "UNLOAD"


def read_unload(cursor: Cursor) -> Plan:
    """Plan an UNLOAD whose first word is read; RedshiftError for what is not supported."""
    cursor.expect_symbol("(")
    query = _query(cursor.string())
    cursor.expect_symbol(")")
    cursor.expect("to")
    prefix = cursor.string()
    if not prefix.startswith("s3://") or len(prefix) == len("s3://"):
        raise UnsupportedError(f"UNLOAD TO '{prefix}' is not supported, only to s3://")
    return errand(_Unload(UnloadRequest(query, prefix, read_options(cursor))))


def _query(text: str) -> str:
    found = split(text)
    if len(found) != 1:
        raise StatementSyntaxError("stand-in: UNLOAD takes one query")
    first = found[0].tokens[0]
    if not (first.word("select", "with") or first.symbol("(")):
        raise UnsupportedError("UNLOAD of anything but a query is not supported; Redshift takes a SELECT")
    _refuse_limit(found[0])
    return select(found[0].text)


def _refuse_limit(statement: Statement) -> None:
    """Refuse LIMIT and TOP in the outer SELECT, as Redshift does; its own words are not established."""
    depth, before = 0, None
    for token in statement.tokens:
        depth += token.symbol("(") - token.symbol(")")
        outer = depth == 0 and before is not None
        if outer and token.word("limit") and not (before is not None and before.symbol(".")):
            raise StatementSyntaxError("stand-in: UNLOAD takes no LIMIT in the outer SELECT; put it in a subquery")
        if outer and token.word("top") and before is not None and before.word("select"):
            raise StatementSyntaxError("stand-in: UNLOAD takes no TOP in the outer SELECT; put it in a subquery")
        before = token
