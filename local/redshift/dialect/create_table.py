"""CREATE TABLE, with columns, LIKE another table, or AS a query (r_CREATE_TABLE_NEW, r_CREATE_TABLE_AS)."""

from __future__ import annotations

import json

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.names import literal, quote, regclass
from local.redshift.dialect.plan import Plan, block
from local.redshift.dialect.queries import select
from local.redshift.dialect.table_definition import Table, name_keys, read_attributes, read_elements
from local.redshift.errors import RedshiftError, UnsupportedError

ATTRIBUTES = "redshift_attributes"
KEYS = "redshift_keys"


def create_table(cursor: Cursor, *, temporary: bool) -> Plan:
    """Plan a CREATE TABLE whose words up to TABLE are read.

    Keys are recorded and not enforced; a sort key becomes an index, when its columns are short enough for one.
    """
    guarded = cursor.accept("if", "not", "exists")
    parts = cursor.qualified()
    name = sql_name(parts)
    temporary = temporary or parts[-1].startswith("#")
    if temporary and len(parts) > 1:
        raise RedshiftError("cannot create temporary relation in non-temporary schema", code="42P16")
    table = Table()
    named: list[str] | None = None
    if (token := cursor.peek()) is not None and token.symbol("("):
        if _lists_names(cursor):
            named = cursor.names()
        else:
            read_elements(cursor, table)
    read_attributes(cursor, table)
    create = "create temp table" if temporary else "create table"
    if guarded:
        create += " if not exists"
    if cursor.accept("as"):
        return _create_as(cursor, table, create, name, named)
    if named is not None or not (table.columns or table.like):
        raise cursor.error()
    cursor.finish()
    table.check()
    if table.like:
        return _create_like(table, create, name)
    return _create_plain(table, f"{create} {name}", parts)


def _create_plain(table: Table, head: str, parts: tuple[str, ...]) -> Plan:
    primary = {name for key in table.keys if key["type"] == "PRIMARY KEY" for name in key["columns"]}
    for column in table.columns:
        if column.name in primary and "not null" not in column.attributes:
            column.attributes.append("not null")
    elements = [column.definition() for column in table.columns]
    elements.append(_note(ATTRIBUTES, table.attributes()))
    if table.keys:
        elements.append(_note(KEYS, json.dumps(name_keys(table.keys, parts[-1]))))
    body = f"{head} ({', '.join(elements)});"
    if table.sortkeys:
        body += f" perform redshift_sort({regclass(sql_name(parts))}, false);"
    # A table may refer to itself, so the others are looked up when it is there.
    referred = [key["references"] for key in table.keys if "references" in key]
    body += "".join(f" perform {regclass(name)};" for name in referred)
    # One statement needs no block.
    return block(body, "CREATE TABLE") if table.sortkeys or referred else Plan(body.removesuffix(";"))


def _note(name: str, content: str) -> str:
    """Return a constraint that checks nothing and holds a text.

    A constraint lives and dies with its table, is copied by LIKE, and rolls back; and, being in PostgreSQL's catalogue,
    it can never be the cause of a serialization failure, which a row in a table of ours could.
    """
    return f"constraint {name} check ({literal(content)} is not null) not enforced"


def _create_like(table: Table, create: str, name: str) -> Plan:
    if table.diststyle or table.distkey or table.sortstyle or table.columns:
        raise UnsupportedError("LIKE together with columns or table attributes is not supported")
    # Declared keys are not inherited, distribution and sort keys are; the latter live in a constraint and an index.
    made = f"{create} {name} ({table.like}); perform redshift_keep_note({regclass(name)}, '{KEYS}', '[]');"
    if "if not exists" in create:
        # A table that is there already keeps its keys; PostgreSQL says that it is there.
        made = f"if to_regclass({literal(name)}) is null then {made} else {create} {name} (); end if;"
    return block(made, "CREATE TABLE")


def _create_as(cursor: Cursor, table: Table, create: str, name: str, named: list[str] | None) -> Plan:
    if table.columns or table.like:
        raise cursor.error()
    query = select(cursor.statement.slice(cursor.place, len(cursor.statement.tokens)))
    columns = f" ({', '.join(map(quote, named))})" if named else ""
    table.like = "query"
    table.check()
    if "if not exists" in create:
        raise UnsupportedError("CREATE TABLE IF NOT EXISTS … AS is not supported; Redshift has none")
    # The columns get their lengths before the rows come, so that these are counted as in any other table. Redshift does
    # not report the rows of a SELECT INTO; the tag is SELECT there as well.
    settled = f"perform redshift_settle({regclass(name)}, {literal(table.attributes())});"
    return block(f"{create} {name}{columns} as {query} with no data; {settled} insert into {name} {query};", "SELECT")


def _lists_names(cursor: Cursor) -> bool:
    """Whether the brackets hold only names, as CREATE TABLE t (a, b) AS does."""
    second = cursor.peek(2)
    return second is not None and second.symbol(",", ")")
