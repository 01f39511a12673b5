"""The star schema as a Mermaid entity-relationship diagram, from the DDL in sql/tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from local.errors import StackError


@dataclass(frozen=True)
class Column:
    """One column, and what keys it is part of."""

    name: str
    type: str
    required: bool
    primary: bool
    distribution: bool
    sort: bool


@dataclass(frozen=True)
class Table:
    """One table.

    :ivar references: the table that each of its foreign keys points at, by column.
    :ivar style: `all` or `even` where a DISTSTYLE says so, else ''.
    """

    name: str
    columns: tuple[Column, ...]
    references: dict[str, str]
    style: str


def read_table(ddl: str, name: str) -> Table:
    """Read the CREATE TABLE of `name` among a file's statements.

    :raises StackError: if it is not there.
    """
    for statement in sqlglot.parse(ddl, read="redshift"):
        if isinstance(statement, exp.Create) and statement.kind == "TABLE":
            table = statement.find(exp.Table)
            if table is not None and table.sql(dialect="redshift") == name:
                return _table(name, statement)
    raise StackError(f"no CREATE TABLE {name}", "name the file in sql/tables for the table that it makes")


def draw(tables: Iterable[Table]) -> str:
    """Return the diagram's text: references first, then each table with its columns."""
    listed = list(tables)
    lines = ["erDiagram"]
    for table in listed:
        required = {column.name: column.required for column in table.columns}
        for column, other in sorted(table.references.items()):
            lines.append(f"    {table.name} }}o--{'||' if required[column] else 'o|'} {other} : {column}")
    for table in listed:
        label = f'["{table.name}, on every node"]' if table.style == "all" else ""
        lines.append(f"    {table.name}{label} {{")
        lines += [f"        {_attribute(table, column)}" for column in table.columns]
        lines.append("    }")
    return "\n".join(lines)


def _table(name: str, created: exp.Create) -> Table:
    definition = created.this
    primary = {key.name for found in definition.find_all(exp.PrimaryKey) for key in found.expressions}
    distribution = {key.this.name for key in created.find_all(exp.DistKeyProperty)}
    sort = {column.name for key in created.find_all(exp.SortKeyProperty) for column in _of(key)}
    style = next((found.this.name.lower() for found in created.find_all(exp.DistStyleProperty)), "")
    columns = tuple(
        Column(
            name=column.name,
            type=column.args["kind"].sql(dialect="redshift").lower(),
            required=column.find(exp.NotNullColumnConstraint) is not None,
            primary=column.name in primary,
            distribution=column.name in distribution,
            sort=column.name in sort,
        )
        for column in definition.find_all(exp.ColumnDef)
    )
    return Table(name, columns, dict(_references(definition)), style)


def _of(key: exp.SortKeyProperty) -> Iterator[exp.Expression]:
    yield from key.this.expressions if isinstance(key.this, exp.Tuple | exp.Schema) else key.this


def _references(definition: exp.Expression) -> Iterator[tuple[str, str]]:
    for key in definition.find_all(exp.ForeignKey):
        [column] = key.expressions
        target = key.args["reference"].find(exp.Table)
        yield column.name, target.name


def _attribute(table: Table, column: Column) -> str:
    keys = ["PK"] * column.primary + ["FK"] * (column.name in table.references)
    notes = ["distribution key"] * column.distribution + ["sort key"] * column.sort
    # A type is one word to Mermaid.
    words = [column.type.replace(" ", "_"), column.name]
    words += [", ".join(keys)] * bool(keys) + [f'"{", ".join(notes)}"'] * bool(notes)
    return " ".join(words)
