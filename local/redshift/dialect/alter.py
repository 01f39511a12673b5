"""ALTER: of tables (r_ALTER_TABLE, r_ALTER_TABLE_APPEND), schemas, users, groups, roles and default privileges."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.encodings import check_encoding, read_encoding
from local.redshift.dialect.names import literal, quote, regclass
from local.redshift.dialect.plan import Plan, block, errand
from local.redshift.dialect.rights import default_privileges
from local.redshift.dialect.table_definition import Table, name_keys, read_column, read_key
from local.redshift.dialect.types import read_type
from local.redshift.dialect.users import alter_group, alter_role, alter_user
from local.redshift.errors import RedshiftError, StatementSyntaxError, UnsupportedError

if TYPE_CHECKING:
    from local.redshift.session.frontdesk import FrontDesk

_TAG = "ALTER TABLE"


@dataclass(frozen=True)
class Alone:
    """A change of a table that no transaction block may hold.

    :param what: what the error calls it. :param body: what PostgreSQL runs, in one statement.
    """

    what: str
    body: str

    def run(self, desk: FrontDesk) -> str:
        """Make the change, which commits at once; RedshiftError in a transaction block."""
        if desk.in_transaction:
            raise RedshiftError(f"{self.what} cannot run inside a transaction block", code="25001")
        desk.ask(block(self.body, _TAG).sql)
        return _TAG


def alter(cursor: Cursor) -> Plan:
    """Plan an ALTER whose first word is read."""
    for words, reader in _KINDS:
        if cursor.accept(*words):
            return reader(cursor)
    raise UnsupportedError(f"ALTER {cursor.word().upper()} is not supported")


def _alter_table(cursor: Cursor) -> Plan:
    parts = cursor.qualified()
    for words, reader in _ACTIONS:
        if cursor.accept(*words):
            return reader(cursor, parts)
    cursor.expect("alter")
    changes = [_change(cursor, sql_name(parts))]
    while cursor.accept_symbol(","):
        cursor.expect("alter")
        changes.append(_change(cursor, sql_name(parts)))
    if isinstance(changes[0], Alone):
        if len(changes) > 1:
            raise StatementSyntaxError("stand-in: ALTER COLUMN … TYPE stands alone")
        cursor.finish()
        return errand(changes[0])
    cursor.finish()
    return block("".join(str(change) for change in changes), _TAG)


def _change(cursor: Cursor, name: str) -> str | Alone:
    """Take what follows ALTER TABLE t ALTER, and return what PostgreSQL runs."""
    table = regclass(name)
    if cursor.accept("column"):
        return _change_column(cursor, table)
    if cursor.accept("distkey"):
        return _distribute(table, "KEY", cursor.name())
    if cursor.accept("diststyle"):
        style = next((style for style in ("all", "even", "auto") if cursor.accept(style)), "key")
        if style != "key":
            return _distribute(table, style.upper(), None)
        cursor.expect("key", "distkey")
        return _distribute(table, "KEY", cursor.name())
    if cursor.accept("encode", "auto"):
        # The columns keep the encodings that they have.
        return f"perform redshift_expect_table({table});"
    return f"perform redshift_resort({table}, {_sort_key(cursor)});"


def _sort_key(cursor: Cursor) -> str:
    """Take a sort key, and return its style and its columns."""
    if cursor.accept("sortkey", "auto"):
        return "'AUTO', '[]'"
    if cursor.accept("sortkey", "none"):
        return "null, '[]'"
    if cursor.accept("interleaved"):
        raise UnsupportedError("a sort key cannot be altered to an interleaved one")
    cursor.accept("compound")
    cursor.expect("sortkey")
    return f"'COMPOUND', {literal(json.dumps(cursor.names()))}"


def _change_column(cursor: Cursor, table: str) -> str | Alone:
    column = cursor.name()
    if cursor.accept("encode"):
        return f"perform redshift_encode({table}, {literal(column)}, {literal(read_encoding(cursor))});"
    if cursor.accept("set") or cursor.accept("drop"):
        raise UnsupportedError("ALTER COLUMN SET/DROP DEFAULT is not supported; Redshift has none")
    cursor.expect("type")
    kind = read_type(cursor)
    if not kind.sql.startswith("varchar"):
        raise UnsupportedError("only the size of a VARCHAR column can be altered")
    if cursor.accept("using"):
        raise UnsupportedError("ALTER TABLE ALTER COLUMN does not support USING expression")
    resized = f"perform redshift_resize({table}, {literal(column)}, {kind.bytes});"
    return Alone("ALTER TABLE ALTER COLUMN", resized)


def _distribute(table: str, style: str, distkey: str | None) -> str:
    return f"perform redshift_distribute({table}, {literal(style)}, {literal(distkey) if distkey else 'null'});"


def _add(cursor: Cursor, parts: tuple[str, ...]) -> Plan:
    name = sql_name(parts)
    if (key := read_key(cursor)) is not None:
        cursor.finish()
        (named,) = name_keys([key], parts[-1])
        return block(f"perform redshift_add_key({regclass(name)}, {literal(json.dumps(named))});", _TAG)
    cursor.accept("column")
    table = Table()
    column = read_column(cursor, table)
    if (token := cursor.peek()) is not None and token.symbol(","):
        raise UnsupportedError("ALTER TABLE adds one column at a time")
    cursor.finish()
    if table.keys or table.distkey or table.sortkeys or column.identity:
        raise UnsupportedError("ALTER TABLE … ADD COLUMN takes no key and no IDENTITY")
    if "not null" in column.attributes and not any(said.startswith("default") for said in column.attributes):
        said = "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        raise RedshiftError(said, code="0A000")
    statement = f"alter table {name} add column {column.definition()}"
    if column.encode is None:
        return Plan(statement)
    check_encoding(column.encode, column.type, column.name)
    noted = f"perform redshift_encode({regclass(name)}, {literal(column.name)}, {literal(column.encode)});"
    return block(f"{statement}; {noted}", _TAG)


def _drop_constraint(cursor: Cursor, parts: tuple[str, ...]) -> Plan:
    constraint = literal(cursor.name())
    if not cursor.accept("cascade"):
        cursor.accept("restrict")
    cursor.finish()
    return block(f"perform redshift_drop_key({regclass(sql_name(parts))}, {constraint});", _TAG)


def _drop_column(cursor: Cursor, parts: tuple[str, ...]) -> Plan:
    cursor.accept("column")
    column = literal(cursor.name())
    cascades = cursor.accept("cascade")
    if not cascades:
        cursor.accept("restrict")
    cursor.finish()
    dropped = f"perform redshift_drop_column({regclass(sql_name(parts))}, {column}, {str(cascades).lower()});"
    return block(dropped, _TAG)


def _rename_table(cursor: Cursor, parts: tuple[str, ...]) -> Plan:
    renamed = cursor.name()
    cursor.finish()
    if renamed.startswith("#") and not parts[-1].startswith("#"):
        raise RedshiftError("stand-in: a permanent table cannot be renamed to a name that begins with #", code="42602")
    return Plan(f"alter table {sql_name(parts)} rename to {quote(renamed)}")


def _rename_column(cursor: Cursor, parts: tuple[str, ...]) -> Plan:
    cursor.accept("column")
    old = cursor.name()
    cursor.expect("to")
    new = cursor.name()
    cursor.finish()
    names = f"{regclass(sql_name(parts))}, {literal(old)}, {literal(new)}"
    return block(f"perform redshift_rename_column({names});", _TAG)


def _change_owner(cursor: Cursor, parts: tuple[str, ...]) -> Plan:
    owner = cursor.name()
    cursor.finish()
    expected = f"perform redshift_expect_role('user', {literal(owner)})"
    return block(f"{expected}; alter table {sql_name(parts)} owner to {quote(owner)};", _TAG)


def _append(cursor: Cursor, parts: tuple[str, ...]) -> Plan:
    source = cursor.qualified()
    surplus = next((word for word in ("ignoreextra", "filltarget") if cursor.accept(word)), "")
    cursor.finish()
    tables = f"{regclass(sql_name(parts))}, {regclass(sql_name(source))}"
    body = f"perform redshift_append({tables}, {literal(surplus.upper())});"
    return errand(Alone("ALTER TABLE APPEND", body))


def _alter_schema(cursor: Cursor) -> Plan:
    schema = quote(cursor.name())
    if cursor.accept("quota"):
        raise UnsupportedError("ALTER SCHEMA … QUOTA is not supported")
    action = "owner to" if cursor.accept("owner", "to") else "rename to"
    if action == "rename to":
        cursor.expect("rename", "to")
    changed = quote(cursor.name())
    cursor.finish()
    return Plan(f"alter schema {schema} {action} {changed}")


_KINDS: list[tuple[tuple[str, ...], Callable[[Cursor], Plan]]] = [
    (("table",), _alter_table),
    (("schema",), _alter_schema),
    (("user",), alter_user),
    (("group",), alter_group),
    (("role",), alter_role),
    (("default", "privileges"), default_privileges),
]
_ACTIONS: list[tuple[tuple[str, ...], Callable[[Cursor, tuple[str, ...]], Plan]]] = [
    (("add",), _add),
    (("drop", "constraint"), _drop_constraint),
    (("drop",), _drop_column),
    (("rename", "to"), _rename_table),
    (("rename",), _rename_column),
    (("owner", "to"), _change_owner),
    (("append", "from"), _append),
]
