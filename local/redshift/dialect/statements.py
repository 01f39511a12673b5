"""From a statement to its plan: each first word has its reader, and a statement without one is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from local.redshift.copy.statement import read_copy
from local.redshift.dialect import settings
from local.redshift.dialect.alter import alter
from local.redshift.dialect.create_table import create_table
from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.definitions import comment, create_schema, create_view, drop
from local.redshift.dialect.maintenance import analyze, cancel, truncate, vacuum
from local.redshift.dialect.merge import merge
from local.redshift.dialect.names import quote, words
from local.redshift.dialect.old_catalogue import modernised
from local.redshift.dialect.plain_values import is_plain_insert
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.prepared import deallocate, execute, prepare
from local.redshift.dialect.queries import dml, reads_catalogue_only, select
from local.redshift.dialect.rights import grant, revoke
from local.redshift.dialect.tokens import Statement, split
from local.redshift.dialect.transactions import begin, commit, lock, rollback
from local.redshift.dialect.users import KINDS, create_group, create_role, create_user
from local.redshift.errors import RedshiftError, StatementSyntaxError, UnsupportedError
from local.redshift.history.origin import Origin, origins
from local.redshift.unload.statement import read_unload


@lru_cache(maxsize=1024)
def plans(text: str) -> tuple[Plan, ...]:
    """Return the plan of each statement in `text`; RedshiftError if one of them is refused."""
    statements = split(text)
    planned = [plan(statement) for statement in statements]
    return tuple(map(_with_origin, planned, origins(text, statements)))


def _with_origin(planned: Plan, origin: Origin) -> Plan:
    return replace(planned, origin=origin)


def plan(statement: Statement) -> Plan:
    """Return the plan of one statement."""
    first = statement.tokens[0]
    if first.symbol("("):
        return _query(Cursor(statement))
    reader = _READERS.get(first.value) if first.word(first.value) else None
    if reader is None:
        near = statement.text[first.start : first.end]
        if first.word(*_POSTGRES_ONLY):
            raise UnsupportedError(f"{first.value.upper()} is not supported; Redshift has none")
        if first.word(*_KNOWN):
            raise UnsupportedError(f"{first.value.upper()} is not supported")
        raise StatementSyntaxError(f'syntax error at or near "{near}"')
    return reader(Cursor(statement))


def _query(cursor: Cursor) -> Plan:
    text = cursor.statement.text
    tokens = cursor.statement.tokens
    main = _main_word(cursor.statement) if tokens[0].word("with") else "select"
    if main in ("insert", "update", "delete"):
        return Plan(dml(text))
    if main == "merge":
        raise StatementSyntaxError('syntax error at or near "merge"')
    try:
        # "\\d" asks for columns that are gone; a rewritten query would keep them.
        if (modern := modernised(text)) != text and (_asks_catalogue(cursor.statement) or reads_catalogue_only(text)):
            return Plan(modern)
        return Plan(select(text))
    except RedshiftError:
        # Drivers and psql ask the catalogue in PostgreSQL's own words; what they read is PostgreSQL's catalogue.
        if _asks_catalogue(cursor.statement) or reads_catalogue_only(text):
            return Plan(modernised(text))
        raise


def _main_word(statement: Statement) -> str:
    """Return the word after a statement's CTEs."""
    depth = 0
    for token in statement.tokens[1:]:
        depth += token.symbol("(") - token.symbol(")")
        if depth == 0 and token.word("select", "insert", "update", "delete", "merge"):
            return token.value
    return ""


def _asks_catalogue(statement: Statement) -> bool:
    """Whether every relation in every FROM is in pg_catalog or information_schema, by its name."""
    found = False
    in_from = [False]  # for each open bracket, whether a comma leads to another relation
    expecting = False
    for token in statement.tokens:
        if expecting and not token.symbol("(") and not token.word("lateral", "only"):
            if not token.value.startswith(("pg_", "information_schema")):
                return False
            found, expecting = True, False
        if token.symbol("("):
            in_from.append(expecting and in_from[-1])
        elif token.symbol(")") and len(in_from) > 1:
            in_from.pop()
            expecting = False
        elif token.word("from", "join"):
            in_from[-1] = expecting = True
        elif token.word("where", "group", "order", "having", "limit", "union", "select"):
            in_from[-1] = expecting = False
        elif token.symbol(",") and in_from[-1]:
            expecting = True
    return found


def _dml(cursor: Cursor) -> Plan:
    if is_plain_insert(cursor.statement):
        return Plan(cursor.statement.text)
    return Plan(dml(cursor.statement.text))


def _create(cursor: Cursor) -> Plan:
    cursor.next()
    replace = cursor.accept("or", "replace")
    cursor.accept("local")
    if not replace and (cursor.accept("temp") or cursor.accept("temporary")):
        cursor.expect("table")
        return create_table(cursor, temporary=True)
    if not replace and cursor.accept("table"):
        return create_table(cursor, temporary=False)
    if cursor.accept("view"):
        return create_view(cursor, replace=replace)
    if not replace and cursor.accept("schema"):
        return create_schema(cursor)
    if not replace:
        for kind, reader in zip(KINDS, (create_user, create_group, create_role), strict=True):
            if cursor.accept(kind):
                return reader(cursor)
    what = cursor.word()
    reason = "; Redshift has none" if what in _POSTGRES_OBJECTS else ""
    raise UnsupportedError(f"CREATE {what.upper()} is not supported{reason}")


def _explain(cursor: Cursor) -> Plan:
    cursor.next()
    verbose = " verbose" if cursor.accept("verbose") else ""
    if (token := cursor.peek()) is None or not token.word(*_EXPLAINED):
        raise UnsupportedError(f"EXPLAIN of {cursor.word().upper()} is not supported")
    inner = _planned_alone(cursor.statement.slice(cursor.place, len(cursor.statement.tokens)))
    return Plan(f"explain{verbose} {inner.sql}")


def _prepare(cursor: Cursor) -> Plan:
    return prepare(cursor, _planned_alone)


def _planned_alone(text: str) -> Plan:
    (statement,) = split(text)
    return plan(statement)


def _declare(cursor: Cursor) -> Plan:
    cursor.next()
    name = quote(cursor.name())
    cursor.expect("cursor")
    cursor.accept("without", "hold")
    if cursor.accept("with", "hold"):
        raise UnsupportedError("cursors WITH HOLD are not supported; Redshift has none")
    cursor.expect("for")
    query = select(cursor.statement.slice(cursor.place, len(cursor.statement.tokens)))
    return Plan(f"declare {name} cursor for {query}")


def _fetch(cursor: Cursor) -> Plan:
    cursor.next()
    count = "next"
    if cursor.accept("all") or cursor.accept("forward", "all"):
        count = "forward all"
    elif cursor.accept("forward"):
        count = f"forward {cursor.number()}"
    else:
        cursor.accept("next")
    if not (cursor.accept("from") or cursor.accept("in")):
        raise cursor.error()
    name = quote(cursor.name())
    cursor.finish()
    return Plan(f"fetch {count} from {name}")


def _close(cursor: Cursor) -> Plan:
    cursor.next()
    name = quote(cursor.name())
    cursor.finish()
    return Plan(f"close {name}")


def _after_first(reader: Callable[[Cursor], Plan]) -> Callable[[Cursor], Plan]:
    def read(cursor: Cursor) -> Plan:
        cursor.next()
        return reader(cursor)

    return read


_READERS: dict[str, Callable[[Cursor], Plan]] = {
    "select": _query,
    "with": _query,
    "insert": _dml,
    "update": _dml,
    "delete": _dml,
    "merge": _after_first(merge),
    "begin": _after_first(begin),
    "start": _after_first(begin),
    "commit": _after_first(commit),
    "end": _after_first(commit),
    "rollback": _after_first(rollback),
    "abort": _after_first(rollback),
    "lock": _after_first(lock),
    "create": _create,
    "drop": _after_first(drop),
    "alter": _after_first(alter),
    "comment": _after_first(comment),
    "truncate": _after_first(truncate),
    "vacuum": _after_first(vacuum),
    "analyze": _after_first(analyze),
    "analyse": _after_first(analyze),
    "grant": _after_first(grant),
    "revoke": _after_first(revoke),
    "cancel": _after_first(cancel),
    "copy": _after_first(read_copy),
    "unload": _after_first(read_unload),
    "set": _after_first(settings.set_parameter),
    "reset": _after_first(settings.reset_parameter),
    "show": _after_first(settings.show_parameter),
    "explain": _explain,
    "declare": _declare,
    "fetch": _fetch,
    "close": _close,
    "prepare": _after_first(_prepare),
    "execute": _after_first(execute),
    "deallocate": _after_first(deallocate),
}
_EXPLAINED = words("select with insert update delete execute")
# Statements that Redshift has and the stand-in has not.
_KNOWN = words("call use refresh import values table security")
# Statements and objects that PostgreSQL has and Redshift has not.
_POSTGRES_ONLY = words(
    "do savepoint release reindex cluster listen notify unlisten discard reassign checkpoint load move"
)
_POSTGRES_OBJECTS = words(
    "index unique sequence trigger extension type domain tablespace rule aggregate operator collation publication "
    "subscription server foreign policy unlogged cast conversion statistics event access"
)
