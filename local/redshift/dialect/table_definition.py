"""What CREATE TABLE says: columns, keys, distribution and sort keys (r_CREATE_TABLE_NEW)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.encodings import check_encoding, read_encoding
from local.redshift.dialect.names import quote
from local.redshift.dialect.queries import expression
from local.redshift.dialect.tokens import Kind
from local.redshift.dialect.types import ColumnType, read_type
from local.redshift.errors import RedshiftError, StatementSyntaxError, UnsupportedError

# r_CREATE_TABLE_NEW
_MOST_SORT_KEYS = {"COMPOUND": 400, "INTERLEAVED": 8}
_SEED_AND_STEP = re.compile(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*")
_KEY_SUFFIXES = {"PRIMARY KEY": "pkey", "UNIQUE": "key", "FOREIGN KEY": "fkey"}


@dataclass
class Column:
    """One column of a new table."""

    name: str
    type: ColumnType
    attributes: list[str] = field(default_factory=list)
    encode: str | None = None
    identity: bool = False

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
        if len(self.sortkeys) > _MOST_SORT_KEYS.get(self.sortstyle or "", 400):
            raise RedshiftError(f"stand-in: too many columns in the {self.sortstyle} sort key", code="54011")
        if self.like:
            return
        if sum(key["type"] == "PRIMARY KEY" for key in self.keys) > 1:
            raise RedshiftError("multiple primary keys for one table are not allowed", code="42P16")
        for column in self.columns:
            if column.encode:
                check_encoding(column.encode, column.type, column.name)
            if column.identity and column.type.sql not in ("integer", "bigint"):
                raise RedshiftError("stand-in: an IDENTITY column is an INT or a BIGINT", code="42601")
        known = {column.name for column in self.columns}
        named = [*self.sortkeys, *([self.distkey] if self.distkey else [])]
        for name in [*named, *(name for key in self.keys for name in key["columns"])]:
            if name not in known:
                raise RedshiftError(f'column "{name}" named in key does not exist', code="42703")


def read_elements(cursor: Cursor, table: Table) -> None:
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
    if (key := read_key(cursor)) is not None:
        table.keys.append(key)
    else:
        _refuse_constraint(cursor)
        table.columns.append(read_column(cursor, table))


def read_key(cursor: Cursor) -> dict[str, Any] | None:
    """Take a table's constraint if one comes, and return what is noted of it."""
    named = {"name": cursor.name()} if cursor.accept("constraint") else {}
    if cursor.accept("primary", "key"):
        return {**named, "type": "PRIMARY KEY", "columns": cursor.names()}
    if cursor.accept("unique"):
        return {**named, "type": "UNIQUE", "columns": cursor.names()}
    if cursor.accept("foreign", "key"):
        columns = cursor.names()
        cursor.expect("references")
        return {**named, "type": "FOREIGN KEY", "columns": columns, **_reference(cursor)}
    if named:
        _refuse_constraint(cursor)
        raise cursor.error()
    return None


def _refuse_constraint(cursor: Cursor) -> None:
    if (token := cursor.peek()) is not None and token.word("check", "exclude"):
        raise UnsupportedError(f"{token.value.upper()} constraints are not supported; Redshift has none")


def name_keys(keys: list[dict[str, Any]], table: str) -> list[dict[str, Any]]:
    """Return keys with the names that they get when none is given."""
    for key in keys:
        parts = [table, *([] if key["type"] == "PRIMARY KEY" else key["columns"][:1]), _KEY_SUFFIXES[key["type"]]]
        key.setdefault("name", "_".join(parts))
    return keys


def _as_needed(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_$]*", name) else quote(name)


def _reference(cursor: Cursor) -> dict[str, Any]:
    reference: dict[str, Any] = {"references": ".".join(map(_as_needed, cursor.qualified()))}
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
    token = cursor.peek()
    if token is not None and token.kind is Kind.QUOTED and token.value == "identity":
        cursor.next()  # as dumps have it
        _identity(cursor, column, "always")
        return
    for words, read in _COLUMN_ATTRIBUTES:
        if cursor.accept(*words):
            read(cursor, column, table)
            return
    _refuse_constraint(cursor)
    raise cursor.error()


def _read_not_null(_: Cursor, column: Column, __: Table) -> None:
    column.attributes.append("not null")


def _read_null(_: Cursor, column: Column, __: Table) -> None:
    column.attributes.append("null")


def _read_default(cursor: Cursor, column: Column, _: Table) -> None:
    token = cursor.peek()
    if token is not None and token.kind is Kind.QUOTED and token.value == "identity":
        # As the catalogue shows the default of an identity: "identity"(table, column, 'seed,step'::text).
        cursor.next()
        start, behind = cursor.bracketed()
        shown = [token.value for token in cursor.statement.tokens[start:behind] if token.kind is Kind.STRING]
        match = _SEED_AND_STEP.fullmatch(shown[0]) if len(shown) == 1 else None
        if match is None:
            raise cursor.error()
        _become_identity(column, "always", int(match[1]), int(match[2]))
        return
    column.attributes.append(f"default {_default(cursor)}")


def _read_encode(cursor: Cursor, column: Column, _: Table) -> None:
    column.encode = read_encoding(cursor)


def _read_distkey(cursor: Cursor, column: Column, table: Table) -> None:
    if table.distkey:
        raise cursor.error()
    table.distkey = column.name


def _read_sortkey(cursor: Cursor, column: Column, table: Table) -> None:
    if table.sortkeys:
        raise cursor.error()
    table.sortkeys.append(column.name)
    table.sortstyle = "COMPOUND"


def _read_identity(cursor: Cursor, column: Column, _: Table) -> None:
    _identity(cursor, column, "always")


def _read_default_identity(cursor: Cursor, column: Column, _: Table) -> None:
    _identity(cursor, column, "by default")


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


def _identity(cursor: Cursor, column: Column, generated: str) -> None:
    cursor.expect_symbol("(")
    seed = cursor.number()
    cursor.expect_symbol(",")
    step = cursor.number()
    cursor.expect_symbol(")")
    _become_identity(column, generated, seed, step)


def _become_identity(column: Column, generated: str, seed: int, step: int) -> None:
    column.identity = True
    bound = f"minvalue {min(seed, 0)}" if step > 0 else f"maxvalue {max(seed, 0)}"
    options = f"start with {seed} increment by {step} {bound}"
    column.attributes.append(f"generated {generated} as identity ({options})")


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


def read_attributes(cursor: Cursor, table: Table) -> None:
    while not cursor.done and not ((token := cursor.peek()) is not None and token.word("as")):
        if cursor.accept("diststyle"):
            table.diststyle = cursor.name().upper()
            if table.diststyle not in ("AUTO", "EVEN", "KEY", "ALL"):
                raise StatementSyntaxError(f'invalid DISTSTYLE "{table.diststyle}"')
        elif not table.distkey and cursor.accept("distkey"):
            (table.distkey,) = _one(cursor)
        elif table.sortstyle:
            _later_attribute(cursor)
        elif cursor.accept("sortkey", "auto"):
            table.sortstyle = "AUTO"
        elif cursor.accept("compound", "sortkey") or cursor.accept("sortkey"):
            table.sortstyle, table.sortkeys = "COMPOUND", cursor.names()
        elif cursor.accept("interleaved", "sortkey"):
            table.sortstyle, table.sortkeys = "INTERLEAVED", cursor.names()
        else:
            _later_attribute(cursor)


def _later_attribute(cursor: Cursor) -> None:
    """Take an attribute that has no effect here; a second sort key is none of them."""
    if not any(cursor.accept(*words) for words in (("encode", "auto"), ("backup", "yes"), ("backup", "no"))):
        raise cursor.error()


def _one(cursor: Cursor) -> tuple[str]:
    names = cursor.names()
    if len(names) != 1:
        raise StatementSyntaxError("DISTKEY takes one column")
    return (names[0],)
