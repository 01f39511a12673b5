"""Definitions other than tables: schemas, views, DROP, ALTER TABLE, COMMENT."""

from __future__ import annotations

from local.redshift.dialect.create_table import Table, block, read_column
from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.names import literal, quote
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.queries import select
from local.redshift.dialect.rights import default_privileges
from local.redshift.dialect.users import KINDS, alter_group, alter_role, alter_user, drop_role
from local.redshift.errors import UnsupportedError


def create_schema(cursor: Cursor) -> Plan:
    """Plan a CREATE SCHEMA whose words up to SCHEMA are read."""
    guard = "if not exists " if cursor.accept("if", "not", "exists") else ""
    name = cursor.name()
    owner = f" authorization {quote(cursor.name())}" if cursor.accept("authorization") else ""
    if cursor.accept("quota"):
        raise UnsupportedError("CREATE SCHEMA … QUOTA is not supported")
    cursor.finish()
    return Plan(f"create schema {guard}{quote(name)}{owner}")


def create_view(cursor: Cursor, *, replace: bool) -> Plan:
    """Plan a CREATE [OR REPLACE] VIEW whose words up to VIEW are read."""
    name = sql_name(cursor.qualified())
    columns = ""
    if (token := cursor.peek()) is not None and token.symbol("("):
        columns = f" ({', '.join(map(quote, cursor.names()))})"
    cursor.expect("as")
    tokens = cursor.statement.tokens
    if [token.value for token in tokens[-4:]] == ["with", "no", "schema", "binding"]:
        raise UnsupportedError("late-binding views (WITH NO SCHEMA BINDING) are not supported yet")
    query = select(cursor.statement.slice(cursor.place, len(tokens)))
    return Plan(f"create {'or replace ' if replace else ''}view {name}{columns} as {query}")


def drop(cursor: Cursor) -> Plan:
    """Plan a DROP whose first word is read."""
    kind = cursor.word()
    if kind in KINDS:
        return drop_role(cursor, kind)
    if kind not in ("table", "view", "schema"):
        raise UnsupportedError(f"DROP {kind.upper()} is not supported")
    guard = "if exists " if cursor.accept("if", "exists") else ""
    names = [sql_name(cursor.qualified())]
    while cursor.accept_symbol(","):
        names.append(sql_name(cursor.qualified()))
    behaviour = ""
    if cursor.accept("cascade"):
        behaviour = " cascade"
    else:
        cursor.accept("restrict")
    cursor.finish()
    return Plan(f"drop {kind} {guard}{', '.join(names)}{behaviour}")


def alter(cursor: Cursor) -> Plan:
    """Plan an ALTER whose first word is read."""
    if cursor.accept("default", "privileges"):
        return default_privileges(cursor)
    if cursor.accept("schema"):
        return _alter_schema(cursor)
    for kind, reader in zip(KINDS, (alter_user, alter_group, alter_role), strict=True):
        if cursor.accept(kind):
            return reader(cursor)
    if not cursor.accept("table"):
        raise UnsupportedError(f"ALTER {cursor.word().upper()} is not supported")
    name = sql_name(cursor.qualified())
    if cursor.accept("add"):
        return _add(cursor, name)
    if cursor.accept("drop"):
        return _drop_column(cursor, name)
    if cursor.accept("rename", "to"):
        renamed = quote(cursor.name())
        cursor.finish()
        return Plan(f"alter table {name} rename to {renamed}")
    if cursor.accept("rename"):
        cursor.accept("column")
        old = quote(cursor.name())
        cursor.expect("to")
        new = quote(cursor.name())
        cursor.finish()
        return Plan(f"alter table {name} rename column {old} to {new}", tag="ALTER TABLE")
    if cursor.accept("owner", "to"):
        owner = quote(cursor.name())
        cursor.finish()
        return Plan(f"alter table {name} owner to {owner}")
    raise UnsupportedError("this form of ALTER TABLE is not supported yet")


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


def _add(cursor: Cursor, name: str) -> Plan:
    if (token := cursor.peek()) is not None and token.word("constraint", "primary", "unique", "foreign"):
        raise UnsupportedError("ALTER TABLE … ADD of a key is not supported yet")
    cursor.accept("column")
    table = Table()
    column = read_column(cursor, table)
    cursor.finish()
    if table.keys or table.distkey or table.sortkeys:
        raise UnsupportedError("ALTER TABLE … ADD COLUMN takes no key")
    statement = f"alter table {name} add column {column.definition()}"
    if column.encode is None:
        return Plan(statement)
    change = f"{literal(name)}::regclass, {literal(column.name)}, {literal(column.encode)}"
    return block(f"{statement}; perform redshift_note_encoding({change});", "ALTER TABLE")


def _drop_column(cursor: Cursor, name: str) -> Plan:
    if cursor.accept("constraint"):
        raise UnsupportedError("ALTER TABLE … DROP CONSTRAINT is not supported yet")
    cursor.accept("column")
    column = quote(cursor.name())
    behaviour = " cascade" if cursor.accept("cascade") else ""
    cursor.accept("restrict")
    cursor.finish()
    return Plan(f"alter table {name} drop column {column}{behaviour}")


def comment(cursor: Cursor) -> Plan:
    """Plan a COMMENT ON whose first word is read."""
    cursor.expect("on")
    kind = cursor.word()
    if kind not in ("table", "view", "column", "schema"):
        raise UnsupportedError(f"COMMENT ON {kind.upper()} is not supported")
    parts = [cursor.name()]
    while cursor.accept_symbol("."):
        parts.append(cursor.name())
    cursor.expect("is")
    said = "null" if cursor.accept("null") else literal(cursor.string())
    cursor.finish()
    return Plan(f"comment on {kind} {sql_name(tuple(parts))} is {said}")
