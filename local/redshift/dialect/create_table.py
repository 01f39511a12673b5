"""CREATE TABLE: Redshift's column and table attributes (redshift.md B, DDL)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.names import literal, quote
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.queries import expression, select
from local.redshift.dialect.types import ColumnType, read_type
from local.redshift.errors import RedshiftError, StatementSyntaxError, UnsupportedError

ATTRIBUTES = "redshift_attributes"
KEYS = "redshift_keys"
# PostgreSQL refuses an index row above a third of a page, 2704 bytes.
_INDEX_BYTES = 2600


@dataclass
class Column:
    """One column of a new table."""

    name: str
    type: ColumnType
    attributes: list[str] = field(default_factory=list)
    encode: str | None = None

    def definition(self) -> str:
        """Return the column as PostgreSQL defines it."""
        parts = [quote(self.name), self.type.sql, *self.attributes]
        if self.type.bytes is not None:
            # PostgreSQL counts characters, Redshift bytes. The cast drops a CHAR's padding.
            parts.append(f"check (octet_length({quote(self.name)}::text) <= {self.type.bytes})")
        return " ".join(parts)


@dataclass
class Table:
    """What CREATE TABLE says."""

    columns: list[Column] = field(default_factory=list)
    like: str | None = None
    keys: list[dict[str, Any]] = field(default_factory=list)
    diststyle: str | None = None
    distkey: str | None = None
    sortstyle: str | None = None
    sortkeys: list[str] = field(default_factory=list)

    def attributes(self) -> str:
        """Return the distribution, sort keys and encodings as JSON."""
        style = self.diststyle or ("KEY" if self.distkey else "AUTO")
        return json.dumps(
            {
                "diststyle": style,
                "distkey": self.distkey,
                "sortstyle": self.sortstyle,
                "sortkeys": self.sortkeys,
                "encode": {column.name: column.encode for column in self.columns if column.encode},
            },
            sort_keys=True,
        )

    def check(self) -> None:
        """Raise RedshiftError for attributes that contradict each other or name no column."""
        if self.diststyle == "KEY" and not self.distkey:
            raise RedshiftError("No DISTKEY specified for DISTSTYLE KEY", code="42601")
        if self.distkey and self.diststyle not in (None, "KEY"):
            raise RedshiftError(f"Cannot specify DISTKEY for table with DISTSTYLE {self.diststyle}", code="42601")
        if self.like:
            return
        known = {column.name for column in self.columns}
        for name in [*self.sortkeys, *([self.distkey] if self.distkey else [])]:
            if name not in known:
                raise RedshiftError(f'column "{name}" named in key does not exist', code="42703")


def create_table(cursor: Cursor, *, temporary: bool) -> Plan:
    """Plan a CREATE TABLE whose words up to TABLE are read.

    Keys are recorded and not enforced; a sort key becomes an index, when its columns are short enough for one.
    """
    guarded = cursor.accept("if", "not", "exists")
    parts = cursor.qualified()
    name = sql_name(parts)
    table = Table()
    named: list[str] | None = None
    if (token := cursor.peek()) is not None and token.symbol("("):
        if _lists_names(cursor):
            named = cursor.names()
        else:
            _elements(cursor, table)
    _table_attributes(cursor, table)
    create = "create temp table" if temporary else "create table"
    if guarded:
        create += " if not exists"
    if cursor.accept("as"):
        return _create_as(cursor, table, create, name, named)
    if named is not None:
        raise cursor.error()
    if not table.columns and not table.like:
        raise cursor.error()
    cursor.finish()
    table.check()
    if table.like:
        return _create_like(table, create, name)
    primary = {name for key in table.keys if key["type"] == "PRIMARY KEY" for name in key["columns"]}
    for column in table.columns:
        if column.name in primary and "not null" not in column.attributes:
            column.attributes.append("not null")
    elements = [column.definition() for column in table.columns]
    elements.append(_note(ATTRIBUTES, table.attributes()))
    if table.keys:
        elements.append(_note(KEYS, json.dumps(table.keys)))
    statement = f"{create} {name} ({', '.join(elements)})"
    index = _index(table, name)
    if index is None:
        return Plan(statement)
    regclass = f"{literal(name)}::regclass"
    # The block makes one statement of both; the index is made once although IF NOT EXISTS may find the table there.
    body = (
        f"{statement}; if not exists (select from pg_catalog.pg_index where indrelid = {regclass}) "
        f"then {index}; end if;"
    )
    return block(body, "CREATE TABLE")


def block(body: str, tag: str) -> Plan:
    """Return the plan for several statements that must be one for the client."""
    return Plan(f"do $sparkify$ begin {body} end $sparkify$", tag=tag)


def _note(name: str, content: str) -> str:
    """Return a constraint that checks nothing and holds a text.

    A constraint lives and dies with its table, is copied by LIKE, and rolls back; and, being in PostgreSQL's catalogue,
    it can never be the cause of a serialization failure, which a row in a table of ours could.
    """
    return f"constraint {name} check ({literal(content)} is not null) not enforced"


def _index(table: Table, name: str) -> str | None:
    sizes = {column.name: column.type.index_bytes for column in table.columns}
    if not table.sortkeys or sum(sizes[key] for key in table.sortkeys) > _INDEX_BYTES:
        return None
    return f"create index on {name} ({', '.join(quote(key) for key in table.sortkeys)})"


def _create_like(table: Table, create: str, name: str) -> Plan:
    if table.diststyle or table.distkey or table.sortstyle or table.columns:
        raise UnsupportedError("LIKE together with columns or table attributes is not supported")
    # Declared keys are not inherited, distribution and sort keys are; the latter live in a constraint and an index.
    return block(
        f"{create} {name} ({table.like}); alter table {name} drop constraint if exists {KEYS};",
        "CREATE TABLE",
    )


def _create_as(cursor: Cursor, table: Table, create: str, name: str, named: list[str] | None) -> Plan:
    if table.columns or table.like:
        raise cursor.error()
    query = select(cursor.statement.slice(cursor.place, len(cursor.statement.tokens)))
    columns = f" ({', '.join(map(quote, named))})" if named else ""
    note = _note(ATTRIBUTES, table.attributes())
    if "if not exists" in create:
        raise UnsupportedError("CREATE TABLE IF NOT EXISTS … AS is not supported; Redshift has none")
    # SELECT INTO's rows are not reported by Redshift; the tag is SELECT there as well.
    return block(f"{create} {name}{columns} as {query}; alter table {name} add {note};", "SELECT")


def _lists_names(cursor: Cursor) -> bool:
    """Whether the brackets hold only names, as CREATE TABLE t (a, b) AS does."""
    second = cursor.peek(2)
    return second is not None and second.symbol(",", ")")


def _elements(cursor: Cursor, table: Table) -> None:
    cursor.expect_symbol("(")
    while True:
        _element(cursor, table)
        if not cursor.accept_symbol(","):
            break
    cursor.expect_symbol(")")


def _element(cursor: Cursor, table: Table) -> None:
    if cursor.accept("like"):
        source = sql_name(cursor.qualified())
        table.like = f"like {source} including constraints including indexes"
        if cursor.accept("including", "defaults"):
            table.like += " including defaults"
        else:
            cursor.accept("excluding", "defaults")
        return
    if cursor.accept("constraint"):
        cursor.name()
    if cursor.accept("primary", "key"):
        table.keys.append({"type": "PRIMARY KEY", "columns": cursor.names()})
    elif cursor.accept("unique"):
        table.keys.append({"type": "UNIQUE", "columns": cursor.names()})
    elif cursor.accept("foreign", "key"):
        columns = cursor.names()
        cursor.expect("references")
        table.keys.append({"type": "FOREIGN KEY", "columns": columns, **_reference(cursor)})
    elif (token := cursor.peek()) is not None and token.word("check", "exclude"):
        raise UnsupportedError(f"{token.value.upper()} constraints are not supported; Redshift has none")
    else:
        table.columns.append(read_column(cursor, table))


def _reference(cursor: Cursor) -> dict[str, Any]:
    reference: dict[str, Any] = {"references": ".".join(cursor.qualified())}
    if (token := cursor.peek()) is not None and token.symbol("("):
        reference["referenced"] = cursor.names()
    return reference


def read_column(cursor: Cursor, table: Table) -> Column:
    """Take one column's definition; keys and distribution named in it go to `table`."""
    column = Column(cursor.name(), read_type(cursor))
    while (token := cursor.peek()) is not None and not token.symbol(",", ")"):
        _column_attribute(cursor, column, table)
    return column


def _column_attribute(cursor: Cursor, column: Column, table: Table) -> None:
    for words, read in _COLUMN_ATTRIBUTES:
        if cursor.accept(*words):
            read(cursor, column, table)
            return
    raise cursor.error()


def _read_not_null(_: Cursor, column: Column, __: Table) -> None:
    column.attributes.append("not null")


def _read_null(_: Cursor, column: Column, __: Table) -> None:
    column.attributes.append("null")


def _read_default(cursor: Cursor, column: Column, _: Table) -> None:
    column.attributes.append(f"default {_default(cursor)}")


def _read_encode(cursor: Cursor, column: Column, _: Table) -> None:
    column.encode = cursor.name()


def _read_distkey(_: Cursor, column: Column, table: Table) -> None:
    table.distkey = column.name


def _read_sortkey(_: Cursor, column: Column, table: Table) -> None:
    table.sortkeys.append(column.name)
    table.sortstyle = "COMPOUND"


def _read_identity(cursor: Cursor, column: Column, _: Table) -> None:
    column.attributes.append(_identity(cursor, "always"))


def _read_default_identity(cursor: Cursor, column: Column, _: Table) -> None:
    column.attributes.append(_identity(cursor, "by default"))


def _read_primary_key(_: Cursor, column: Column, table: Table) -> None:
    table.keys.append({"type": "PRIMARY KEY", "columns": [column.name]})


def _read_unique(_: Cursor, column: Column, table: Table) -> None:
    table.keys.append({"type": "UNIQUE", "columns": [column.name]})


def _read_references(cursor: Cursor, column: Column, table: Table) -> None:
    table.keys.append({"type": "FOREIGN KEY", "columns": [column.name], **_reference(cursor)})


def _read_collate(cursor: Cursor, _: Column, __: Table) -> None:
    if cursor.name() not in ("case_sensitive", "cs"):
        raise UnsupportedError("COLLATE CASE_INSENSITIVE is not supported")


_COLUMN_ATTRIBUTES: list[tuple[tuple[str, ...], Callable[[Cursor, Column, Table], None]]] = [
    (("not", "null"), _read_not_null),
    (("null",), _read_null),
    (("default",), _read_default),
    (("encode",), _read_encode),
    (("distkey",), _read_distkey),
    (("sortkey",), _read_sortkey),
    (("identity",), _read_identity),
    (("generated", "by", "default", "as", "identity"), _read_default_identity),
    (("primary", "key"), _read_primary_key),
    (("unique",), _read_unique),
    (("references",), _read_references),
    (("collate",), _read_collate),
]
_ATTRIBUTE_WORDS = tuple({words[0] for words, _ in _COLUMN_ATTRIBUTES})


def _identity(cursor: Cursor, generated: str) -> str:
    cursor.expect_symbol("(")
    seed = cursor.number()
    cursor.expect_symbol(",")
    step = cursor.number()
    cursor.expect_symbol(")")
    bound = f"minvalue {min(seed, 0)}" if step > 0 else f"maxvalue {max(seed, 0)}"
    return f"generated {generated} as identity (start with {seed} increment by {step} {bound})"


def _default(cursor: Cursor) -> str:
    start = cursor.place
    cursor.next()
    depth = int(cursor.statement.tokens[start].symbol("("))
    while (token := cursor.peek()) is not None:
        if depth == 0 and (token.symbol(",", ")") or token.word(*_ATTRIBUTE_WORDS)):
            break
        depth += token.symbol("(") - token.symbol(")")
        cursor.place += 1
    return f"({expression(cursor.statement.slice(start, cursor.place))})"


def _table_attributes(cursor: Cursor, table: Table) -> None:
    while not cursor.done and not ((token := cursor.peek()) is not None and token.word("as")):
        if cursor.accept("diststyle"):
            table.diststyle = cursor.name().upper()
            if table.diststyle not in ("AUTO", "EVEN", "KEY", "ALL"):
                raise StatementSyntaxError(f'invalid DISTSTYLE "{table.diststyle}"')
        elif cursor.accept("distkey"):
            (table.distkey,) = _one(cursor)
        elif cursor.accept("sortkey", "auto"):
            table.sortstyle = "AUTO"
        elif cursor.accept("compound", "sortkey") or cursor.accept("sortkey"):
            table.sortstyle, table.sortkeys = "COMPOUND", cursor.names()
        elif cursor.accept("interleaved", "sortkey"):
            table.sortstyle, table.sortkeys = "INTERLEAVED", cursor.names()
        elif cursor.accept("encode", "auto") or cursor.accept("backup", "yes") or cursor.accept("backup", "no"):
            continue
        else:
            raise cursor.error()


def _one(cursor: Cursor) -> tuple[str]:
    names = cursor.names()
    if len(names) != 1:
        raise StatementSyntaxError("DISTKEY takes one column")
    return (names[0],)
