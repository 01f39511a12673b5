"""Definitions other than tables: schemas, views, DROP, COMMENT."""

from __future__ import annotations

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.names import literal, quote, regclass
from local.redshift.dialect.plan import Plan, block
from local.redshift.dialect.queries import select
from local.redshift.dialect.users import KINDS, drop_role
from local.redshift.errors import UnsupportedError


def create_schema(cursor: Cursor) -> Plan:
    """Plan a CREATE SCHEMA whose words up to SCHEMA are read."""
    guard = "if not exists " if cursor.accept("if", "not", "exists") else ""
    parts = [] if (token := cursor.peek()) is not None and token.word("authorization") else [quote(cursor.name())]
    if cursor.accept("authorization"):
        parts.append(f"authorization {quote(cursor.name())}")
    if cursor.accept("quota") and not cursor.accept("unlimited"):
        raise UnsupportedError("CREATE SCHEMA … QUOTA is not supported")
    if not cursor.done:
        raise UnsupportedError("CREATE SCHEMA with definitions in it is not supported")
    return Plan(f"create schema {guard}{' '.join(parts)}")


def create_view(cursor: Cursor, *, replace: bool) -> Plan:
    """Plan a CREATE [OR REPLACE] VIEW whose words up to VIEW are read."""
    parts = cursor.qualified()
    name = sql_name(parts)
    columns = ""
    if (token := cursor.peek()) is not None and token.symbol("("):
        columns = f" ({', '.join(map(quote, cursor.names()))})"
    cursor.expect("as")
    tokens = cursor.statement.tokens
    if [token.value for token in tokens[-4:]] == ["with", "no", "schema", "binding"]:
        said = "late-binding views (WITH NO SCHEMA BINDING) are not supported: PostgreSQL binds a view when it is made"
        raise UnsupportedError(said)
    query = select(cursor.statement.slice(cursor.place, len(tokens)))
    create = f"create {'or replace ' if replace else ''}{'temp ' if parts[-1].startswith('#') else ''}view"
    guard = f"perform redshift_guard_view({regclass(name)});"
    return block(f"{create} {name}{columns} as {query}; {guard}", "CREATE VIEW")


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
