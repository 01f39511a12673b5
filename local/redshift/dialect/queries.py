"""Queries and DML: read with sqlglot, checked, rewritten by the rules, written for PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlglot import exp, parse_one
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from local.redshift.dialect import rules_aggregates, rules_patterns, rules_time, rules_windows
from local.redshift.dialect.building import call, cast, untyped
from local.redshift.dialect.functions import COLUMN_NAMES, POSTGRES_ONLY, RENAMED, RULES, SAME
from local.redshift.dialect.grammar import Grammar
from local.redshift.dialect.names import folded
from local.redshift.dialect.permitted import check
from local.redshift.dialect.rules_qualify import qualify
from local.redshift.errors import StatementSyntaxError, UnsupportedError

# What it warns of is refused here, with an error.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_SCHEMAS = ("pg_catalog", "information_schema")
# Redshift's own system relations, all in pg_catalog.
_PREFIXES = ("pg_", "stl_", "stv_", "svl_", "svv_", "sys_", "svcs_", "information_schema")
_TYPES = {
    exp.DType.VARCHAR,
    exp.DType.NVARCHAR,
    exp.DType.TEXT,
    exp.DType.CHAR,
    exp.DType.BPCHAR,
    exp.DType.SMALLINT,
    exp.DType.INT,
    exp.DType.BIGINT,
    exp.DType.DECIMAL,
    exp.DType.FLOAT,
    exp.DType.DOUBLE,
    exp.DType.BOOLEAN,
    exp.DType.DATE,
    exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ,
    exp.DType.TIME,
    exp.DType.TIMETZ,
    exp.DType.INTERVAL,
    exp.DType.SUPER,
}


def select(text: str) -> str:
    """Return a query in PostgreSQL's dialect; RedshiftError if it cannot be read or is not supported."""
    tree = _read(text)
    if not isinstance(tree, exp.Query):
        raise UnsupportedError(f"a query was expected, not {text[:60]}")
    return _written(tree)


def dml(text: str) -> str:
    """Return an INSERT, UPDATE or DELETE in PostgreSQL's dialect."""
    tree = _read(text)
    if isinstance(tree, exp.Update | exp.Delete) and tree.args.get("limit"):
        raise UnsupportedError("LIMIT in UPDATE or DELETE is not supported; Redshift has none")
    if not isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        raise UnsupportedError(f"cannot read {text[:60]}")
    if isinstance(tree, exp.Delete) and not tree.this:
        _name_target(tree)
    return _written(tree)


def _name_target(tree: exp.Delete) -> None:
    """Make DELETE t what it is, DELETE FROM t (r_DELETE); sqlglot reads MySQL's DELETE of several tables."""
    tables = tree.args.get("tables") or []
    if len(tables) != 1:
        raise UnsupportedError("DELETE from several tables is not supported; Redshift has none")
    tree.set("this", tables[0])
    tree.set("tables", None)


def expression(text: str) -> str:
    """Return a scalar expression in PostgreSQL's dialect."""
    # In brackets it gets no name of its own, as a result column would.
    tree = _read(f"select ({text})")
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or len(tree.args) > 1 + _empty(tree):
        raise StatementSyntaxError(f'syntax error at or near "{text}"')
    return _written(tree).removeprefix("SELECT ")


def _empty(tree: exp.Expr) -> int:
    return sum(1 for name, value in tree.args.items() if name != "expressions" and not value)


def reads_catalogue_only(text: str) -> bool:
    """Whether a query's every relation is a system relation; False if it cannot be read or names none."""
    try:
        tree = _read(text)
    except StatementSyntaxError:
        return False
    defined = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    # A function in FROM has its name one level further down.
    named = [(table.db.lower(), table.this.name.lower()) for table in tree.find_all(exp.Table)]
    relations = [relation for relation in named if relation[1] not in defined]
    return bool(relations) and all(is_system_relation(*relation) for relation in relations)


def is_system_relation(schema: str, name: str) -> bool:
    """Whether a relation belongs to the catalogue."""
    return schema in _SCHEMAS or (not schema and name.startswith(_PREFIXES))


def _read(text: str) -> exp.Expr:
    try:
        return parse_one(text, read=Grammar, error_level=ErrorLevel.IMMEDIATE)
    except SqlglotError as error:
        details = error.errors if isinstance(error, ParseError) else []
        near = (details[0].get("highlight") if details else None) or ""
        raise StatementSyntaxError(f'syntax error at or near "{near}"') from error
    except (ValueError, AttributeError, TypeError, IndexError, RecursionError) as error:
        raise StatementSyntaxError(f"stand-in: cannot read this statement: {error}") from error


def _written(tree: exp.Expr) -> str:
    try:
        check(tree)
        _name_columns(tree)
        tree = _rewritten(qualify(tree))
        return tree.sql("postgres", comments=False, unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, ValueError) as error:
        raise UnsupportedError(f"cannot be written for PostgreSQL: {error}") from error
    except RecursionError as error:
        raise UnsupportedError("this statement is nested too deeply") from error


def _name_columns(tree: exp.Expr) -> None:
    """Give result columns of rewritten functions the names that Redshift gives them."""
    for query in tree.find_all(exp.Select):
        for item in query.expressions:
            name = _result_name(item)
            if name:
                item.replace(exp.alias_(item.copy(), name))


def _result_name(item: exp.Expr) -> str | None:
    function = item
    while isinstance(function, exp.Window | exp.WithinGroup):
        function = function.this
    if isinstance(function, exp.Dot):
        function = function.expression
    if isinstance(function, exp.Cast):
        return _cast_name(function)
    if isinstance(function, exp.Anonymous):
        return COLUMN_NAMES.get(str(function.this).lower())
    return "date_part" if isinstance(function, exp.Extract) else None


def _cast_name(item: exp.Cast) -> str | None:
    """Return the name that a cast leaves its result: what is cast has a name of its own, or the type gives one."""
    inner = item.this
    while isinstance(inner, exp.Cast):
        inner = inner.this
    target = item.args["to"]
    cut = target.this in (exp.DType.VARCHAR, exp.DType.NVARCHAR) and bool(target.expressions)
    if isinstance(inner, exp.Anonymous):
        return _result_name(inner) or (str(inner.this).lower() if cut else None)
    if isinstance(inner, exp.Column):
        return str(inner.name) if cut else None
    return "varchar" if cut and not isinstance(inner, exp.Case) else None


def _rewritten(tree: exp.Expr) -> exp.Expr:
    """Return the tree with every rule applied.

    Rules see a node before its children, and then what they keep of it is rewritten too; sqlglot's transform would
    leave that as it was.
    """
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        parent, key, index = node.parent, node.arg_key, node.index
        new = _rewrite(node)
        if new is not node:
            if node is tree:
                tree = new
            elif parent is not None and key is not None:
                parent.set(key, new, index)
        waiting.extend(new.iter_expressions())
    return tree


def _rewrite(node: exp.Expr) -> exp.Expr:
    if node.meta.get("done"):
        return node
    rewrite = _REWRITES.get(type(node))
    return rewrite(node) if rewrite else node


def _function(node: exp.Expr) -> exp.Expr:
    name = str(node.this).lower()
    if name == "listagg":
        return rules_aggregates.listagg(node, None, windowed=isinstance(node.parent, exp.Window))
    if name in RULES:
        fewest, most, rule = RULES[name]
        if not fewest <= len(node.expressions) <= most:
            raise StatementSyntaxError(f"function {name} takes {fewest} arguments, {len(node.expressions)} given")
        return rule(node.expressions)
    if name in RENAMED:
        return call(RENAMED[name], *node.expressions)
    if name in SAME:
        return node
    if name in POSTGRES_ONLY:
        raise UnsupportedError(f"function {name} is not supported; Redshift has none for tables")
    raise UnsupportedError(f"function {name} is not supported")


def _within_group(node: exp.Expr) -> exp.Expr:
    name = str(node.this.this).lower() if isinstance(node.this, exp.Anonymous) else ""
    if name == "listagg":
        windowed = isinstance(node.parent, exp.Window)
        return rules_aggregates.listagg(node.this, node.expression, windowed=windowed)
    if name == "percentile_cont":
        return rules_aggregates.percentile_cont(node.this, node.expression)
    raise UnsupportedError("WITHIN GROUP is supported for LISTAGG and PERCENTILE_CONT only")


def _window(node: exp.Expr) -> exp.Expr:
    function = node.this
    if isinstance(function, exp.Anonymous) and str(function.this).lower() == "ratio_to_report":
        return rules_windows.ratio_to_report(node)
    return node


def _dot(node: exp.Expr) -> exp.Expr:
    # Only functions of pg_catalog come this far; the allowlist is the same.
    return _rewrite(node.expression) if isinstance(node.expression, exp.Anonymous) else node


def _extract(node: exp.Expr) -> exp.Expr:
    return rules_time.extract(node.this, node.expression)


def _cast(node: exp.Expr) -> exp.Expr:
    target = node.args["to"]
    kind = target.this
    if target.expressions and target.expressions[0].name.upper() == "MAX":
        target.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(65535))])
    if kind not in _TYPES:
        raise UnsupportedError(f"a cast to {target.sql('redshift')} is not supported")
    if kind is exp.DType.SUPER and untyped(node.this):
        # A literal becomes a JSON string, not what it says as JSON.
        node.set("this", cast(node.this, "text"))
        return node
    if kind is exp.DType.DECIMAL and not target.expressions:
        return cast(node.this, "numeric(18,0)")
    if kind in (exp.DType.VARCHAR, exp.DType.NVARCHAR) and target.expressions:
        # Redshift cuts at n bytes, PostgreSQL at n characters.
        length = target.expressions[0].this.copy()
        cut = call("redshift_cut", cast(node.this, "text"), length)
        return cast(cut, f"varchar({length.name})")
    return node


def _identifier(node: exp.Expr) -> exp.Expr:
    # Quoted names fold as well, unless enable_case_sensitive_identifier is on, which the stand-in refuses.
    node.set("this", folded(node.name))
    if node.name.startswith("#"):
        node.set("quoted", True)  # a temporary table's name
    return node


_REWRITES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Anonymous: _function,
    exp.WithinGroup: _within_group,
    exp.Window: _window,
    exp.Dot: _dot,
    exp.RegexpLike: rules_patterns.matches,
    exp.Extract: _extract,
    exp.Cast: _cast,
    exp.Identifier: _identifier,
}
