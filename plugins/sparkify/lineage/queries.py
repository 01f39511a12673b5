"""What a SELECT reads, as OpenLineage's own parser tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkify.identifiers import staged_like

if TYPE_CHECKING:
    from airflow.sdk.types import Logger


@dataclass(frozen=True)
class Reads:
    """What a SELECT reads.

    :ivar tables: the tables.
    :ivar columns: for each column that it gives, the tables and their columns that it is made from.
    """

    tables: tuple[str, ...] = ()
    columns: Mapping[str, tuple[tuple[str, str], ...]] | None = None


def parse(query: str, log: "Logger") -> Reads:
    """Tell what a SELECT reads; nothing, with a warning, if the parser cannot read it.

    The table that one run stages in goes by the name of the table whose shape it has. A joined table of another schema
    may come back as the origin of a column by its bare name: it is taken for the one table of that name that the query
    reads, and left out where there is not exactly one.
    """
    from openlineage_sql import parse as parse_sql

    parsed = parse_sql([query], dialect="redshift")
    if parsed is None or parsed.errors:
        log.warning("OpenLineage's parser cannot read the query, so its sources are not told: %s", parsed)
        return Reads()
    tables = tuple(dict.fromkeys(staged_like(table.qualified_name) for table in parsed.in_tables))

    def read_as(name: str) -> str | None:
        if (table := staged_like(name)) in tables:
            return table
        found = [known for known in tables if known.rpartition(".")[2] == table]
        return found[0] if len(found) == 1 else None

    columns = {
        column.descendant.name: tuple(
            sorted(
                (table, origin.name)
                for origin in column.lineage
                if origin.origin and (table := read_as(origin.origin.qualified_name))
            )
        )
        for column in parsed.column_lineage
    }
    return Reads(tables, {column: made for column, made in sorted(columns.items()) if made})
