"""MERGE (r_MERGE in Redshift's Developer Guide), which has fewer forms than PostgreSQL's."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.grammar import Grammar
from local.redshift.dialect.names import folded, literal, quote
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.queries import expression, select
from local.redshift.errors import StatementSyntaxError, UnsupportedError

_CLAUSES = ("when", "remove")


@dataclass(frozen=True)
class _Source:
    """Where the rows come from.

    :param query: what PostgreSQL reads instead, guarded against reading the target. :param alias: its name.
    :param qualified: the source's own name where that has a schema and no alias hides it.
    """

    query: str
    alias: str
    qualified: tuple[str, ...] = ()


def merge(cursor: Cursor) -> Plan:
    """Plan a MERGE whose first word is read."""
    cursor.expect("into")
    target = cursor.qualified()
    # The target takes no alias.
    cursor.expect("using")
    simple = any(token.word("remove") for token in cursor.statement.tokens[cursor.place :])
    source = _source(cursor, target, form="like" if simple else "table")
    cursor.expect("on")
    condition = _condition(cursor, source)
    name = sql_name(target)
    head = f"merge into {name} using ({source.query}) as {quote(source.alias)} on {condition}"
    if cursor.accept("remove", "duplicates"):
        cursor.finish()
        # Every target row that a source row matches goes, duplicates with it, and every source row comes.
        return Plan(
            f"with redshift_matched as ({head} when matched then delete returning 1) insert into {name} {source.query}",
            tag="MERGE",
        )
    matched = _matched(cursor, source)
    inserted = _not_matched(cursor, source)
    cursor.finish()
    return Plan(f"{head} when matched then {matched} when not matched then {inserted}", tag="MERGE")


def _source(cursor: Cursor, target: tuple[str, ...], *, form: str) -> _Source:
    if (token := cursor.peek()) is not None and token.symbol("("):
        start, behind = cursor.bracketed()
        text = cursor.statement.slice(start, behind)
        if form == "like":
            raise UnsupportedError("MERGE … REMOVE DUPLICATES from a subquery is not supported; name a table")
        cursor.accept("as")
        alias = cursor.name()
        guards = [_guard(table, target, "subquery") for table in _tables(text)]
        where = f" where {' and '.join(guards)}" if guards else ""
        return _Source(f"select * from ({select(text)}) as {quote(alias)}{where}", alias)
    parts = cursor.qualified()
    name, alias, qualified = sql_name(parts), parts[-1], parts
    if cursor.accept("as") or not ((token := cursor.peek()) is not None and token.word("on")):
        alias, qualified = cursor.name(), ()
    guard = _guard(parts, target, form)
    return _Source(f"select * from {name} where {guard}", alias, qualified if len(qualified) > 1 else ())


def _guard(source: tuple[str, ...], target: tuple[str, ...], form: str) -> str:
    """Return a condition that is true, or an error when the source is or reads the target."""
    names = f"{literal(sql_name(source))}::regclass, {literal(sql_name(target))}::regclass"
    return f"redshift_may_merge({names}, {literal(form)})"


def _tables(text: str) -> list[tuple[str, ...]]:
    """Return the relations that a query names, CTEs left out."""
    try:
        tree = parse_one(text, read=Grammar)
    except SqlglotError as error:
        raise StatementSyntaxError(f'syntax error at or near "{text[:40]}"') from error
    defined = {folded(cte.alias_or_name) for cte in tree.find_all(exp.CTE)}
    found = [
        tuple(folded(part.name) for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part)
        for table in tree.find_all(exp.Table)
    ]
    return [parts for parts in dict.fromkeys(found) if len(parts) > 1 or parts[0] not in defined]


def _condition(cursor: Cursor, source: _Source) -> str:
    start = cursor.place
    text = cursor.until(*_CLAUSES)
    try:
        tree = parse_one(f"select 1 where {text}", read=Grammar)
    except SqlglotError as error:
        raise StatementSyntaxError(f'syntax error at or near "{text[:40]}"') from error
    where = tree.args.get("where")
    if where is None or not all(isinstance(part.unnest(), exp.EQ) for part in _conjuncts(where.this)):
        raise UnsupportedError("MERGE's ON takes equalities joined by AND")
    return _expression(cursor, start, source)


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.And):
        return [*_conjuncts(node.left), *_conjuncts(node.right)]
    return [node]


def _matched(cursor: Cursor, source: _Source) -> str:
    cursor.expect("when", "matched", "then")
    if cursor.accept("delete"):
        return "delete"
    cursor.expect("update", "set")
    assignments = []
    while True:
        column = cursor.name()
        if (token := cursor.peek()) is not None and token.symbol("."):
            # The grammar has col_name; with the table's name before it, it is an error on Redshift as well.
            raise cursor.error()
        cursor.expect_symbol("=")
        start = cursor.place
        cursor.until(",", *_CLAUSES)
        assignments.append(f"{quote(column)} = {_expression(cursor, start, source)}")
        if not cursor.accept_symbol(","):
            return f"update set {', '.join(assignments)}"


def _not_matched(cursor: Cursor, source: _Source) -> str:
    cursor.expect("when", "not", "matched", "then", "insert")
    columns = ""
    if (token := cursor.peek()) is not None and token.symbol("("):
        columns = f" ({', '.join(map(quote, cursor.names()))})"
    cursor.expect("values")
    cursor.expect_symbol("(")
    values = []
    while True:
        start = cursor.place
        cursor.until(",")
        values.append(_expression(cursor, start, source))
        if not cursor.accept_symbol(","):
            break
    cursor.expect_symbol(")")
    return f"insert{columns} values ({', '.join(values)})"


def _expression(cursor: Cursor, start: int, source: _Source) -> str:
    """Return the expression from `start` up to where the cursor is, for PostgreSQL."""
    tokens = cursor.statement.tokens
    if cursor.place == start + 1 and tokens[start].word("default"):
        return "default"
    if not source.qualified:
        return expression(cursor.statement.slice(start, cursor.place))
    # The source is a subquery to PostgreSQL, whose columns know no schema.
    pieces, place = [], start
    length = 2 * len(source.qualified)
    while place < cursor.place:
        ahead = Cursor(cursor.statement, place)
        names = [token for token in tokens[place : place + length] if not token.symbol(".")]
        if tuple(folded(token.value) for token in names) == source.qualified and _dotted(ahead, len(names)):
            pieces.append(f"{quote(source.alias)}.")
            place += length
        else:
            pieces.append(cursor.statement.slice(place, place + 1))
            place += 1
    return expression(" ".join(pieces))


def _dotted(cursor: Cursor, count: int) -> bool:
    tokens = cursor.statement.tokens[cursor.place : cursor.place + 2 * count]
    return len(tokens) == 2 * count and all(token.symbol(".") for token in tokens[1::2])
