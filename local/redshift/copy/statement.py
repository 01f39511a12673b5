"""The COPY statement's grammar (Developer Guide: r_COPY)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.redshift.copy.load import load
from local.redshift.copy.parameters import read_options
from local.redshift.copy.request import CopyRequest
from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.plan import Plan, errand
from local.redshift.errors import UnsupportedError

if TYPE_CHECKING:
    from local.redshift.session.frontdesk import FrontDesk


@dataclass(frozen=True)
class _Copy:
    request: CopyRequest

    def run(self, desk: FrontDesk) -> str:
        """Load the objects into the table, in the client's transaction."""
        load(self.request, desk)
        return "COPY"


def read_copy(cursor: Cursor) -> Plan:
    """Plan a COPY whose first word is read; RedshiftError for what is not supported."""
    if (token := cursor.peek()) is not None and token.symbol("("):
        raise UnsupportedError("COPY of a query is not supported; use UNLOAD on Redshift")
    table = cursor.qualified()
    columns: tuple[str, ...] | None = None
    if (token := cursor.peek()) is not None and token.symbol("("):
        columns = tuple(cursor.names())
    if cursor.accept("to"):
        raise UnsupportedError("COPY … TO is not supported; Redshift has none")
    cursor.expect("from")
    if cursor.accept("stdin"):
        raise UnsupportedError("COPY … FROM STDIN is not supported; Redshift has none")
    source = cursor.string()
    if not source.startswith("s3://") or len(source) == len("s3://"):
        raise UnsupportedError(f"COPY FROM '{source}' is not supported, only from s3://")
    return errand(_Copy(CopyRequest(table, columns, source, read_options(cursor))))
