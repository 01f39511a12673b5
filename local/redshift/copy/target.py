"""The table that a COPY loads into, read in the client's own transaction, which may have just made it."""

from __future__ import annotations

from dataclasses import dataclass

from local.redshift.copy.request import CopyRequest
from local.redshift.copy.values import TargetColumn
from local.redshift.dialect.cursor import sql_name
from local.redshift.dialect.names import literal
from local.redshift.errors import RedshiftError
from local.redshift.session.frontdesk import FrontDesk


@dataclass(frozen=True)
class Target:
    """A table. :param name: without its schema, as messages show it. :param sql: quoted, with its schema."""

    name: str
    sql: str
    oid: int
    columns: list[TargetColumn]

    def loaded(self, request: CopyRequest) -> list[TargetColumn]:
        """Return the columns to load: those of the column list, or all but identities (copy-parameters-data-format).

        Raises RedshiftError for a column that does not exist or must not be listed.
        """
        explicit = request.options.explicit_ids
        if request.columns is None:
            return [column for column in self.columns if explicit or not column.identity]
        known = {column.name: column for column in self.columns}
        chosen: list[TargetColumn] = []
        for name in request.columns:
            column = known.get(name)
            if column is None:
                text = f'column "{name}" of relation "{self.name}" does not exist'
                raise RedshiftError(text, code="42703")
            if column in chosen:
                raise RedshiftError(f'column "{name}" specified more than once', code="42701")
            if column.identity == "a" and not explicit:
                raise RedshiftError(f'stand-in: identity column "{name}" in the list needs EXPLICIT_IDS', code="42601")
            chosen.append(column)
        return chosen


def read_target(desk: FrontDesk, request: CopyRequest) -> Target:
    """Return a COPY's table; RedshiftError if there is none."""
    name = request.table[-1]
    rows = desk.ask(
        "select c.oid::int8, c.relkind, a.attname, t.typname, a.atttypmod, a.attnotnull, a.atthasdef, a.attidentity "
        "from pg_catalog.pg_class c "
        "left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
        "left join pg_catalog.pg_type t on t.oid = a.atttypid "
        f"where c.oid = pg_catalog.to_regclass({literal(sql_name(request.table))}) order by a.attnum"
    )
    if not rows:
        raise RedshiftError(f"Cannot COPY into nonexistent table {name}")
    if rows[0][1] != "r":
        raise RedshiftError(f'stand-in: "{name}" is not a table', code="42809")
    columns = [
        TargetColumn(
            name=str(row[2]),
            type=str(row[3]),
            modifier=int(row[4] or -1),
            not_null=row[5] == "t",
            has_default=row[6] == "t",
            identity=row[7] or "",
        )
        for row in rows
    ]
    return Target(name, sql_name(request.table), int(rows[0][0] or 0), columns)
