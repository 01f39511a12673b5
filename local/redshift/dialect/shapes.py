"""Forms of permitted constructs that Redshift lacks or that cannot be rewritten, one check a construct."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from local.redshift.dialect.rules_windows import check_window
from local.redshift.errors import UnsupportedError


def _dot(node: exp.Expr) -> None:
    # pg_catalog.function(…) is the function; anything else with a dot leads into a SUPER.
    if not isinstance(node.this, exp.Identifier) or not isinstance(node.expression, exp.Anonymous):
        raise UnsupportedError("SUPER navigation is not supported; use JSON_SERIALIZE and JSON_EXTRACT_PATH_TEXT")
    if node.this.name.lower() != "pg_catalog":
        raise UnsupportedError(f"function {node.this.name}.{node.expression.name} is not supported")


def _distinct(node: exp.Expr) -> None:
    function = str(node.parent.this).lower() if isinstance(node.parent, exp.Anonymous) else ""
    if len(node.expressions) > 1 and function and function != "listagg":
        raise UnsupportedError(
            f"{function.upper()}(DISTINCT …) of several expressions is not supported; Redshift has none"
        )
    if node.args.get("on") is not None:
        raise UnsupportedError("DISTINCT ON is not supported; Redshift has none")


def _values(node: exp.Expr) -> None:
    # c_unsupported-postgresql-features: VALUES lists used as constant tables.
    if not isinstance(node.parent, exp.Insert):
        raise UnsupportedError("VALUES as a relation is not supported; Redshift has none")


def _set_operation(node: exp.Expr) -> None:
    # r_UNION: ALL belongs to UNION.
    if node.args.get("distinct") is False:
        raise UnsupportedError(f"{type(node).__name__.upper()} ALL is not supported; Redshift has none")


def _star(node: exp.Expr) -> None:
    if any(value for value in node.args.values()):
        raise UnsupportedError("SELECT * EXCLUDE is not supported; name the columns")


def _select(node: exp.Expr) -> None:
    if node.args.get("exclude"):
        raise UnsupportedError("SELECT * EXCLUDE is not supported; name the columns")
    if node.args.get("qualify") is not None and node.args.get("windows"):
        raise UnsupportedError("named windows are not supported; Redshift has none")


def _group(node: exp.Expr) -> None:
    if node.args.get("all") is not None:
        raise UnsupportedError("GROUP BY ALL is not supported; name the columns")


def _quantified(node: exp.Expr) -> None:
    inner = node.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if not isinstance(inner, exp.Query):
        raise UnsupportedError("ANY and ALL of an array are not supported; Redshift has no arrays")


def _with(node: exp.Expr) -> None:
    # r_WITH_clause: the recursive member is joined by UNION ALL, and the columns are named.
    if not node.args.get("recursive"):
        return
    for cte in node.expressions:
        recurs = any(table.name.lower() == cte.alias.lower() for table in cte.this.find_all(exp.Table))
        if recurs and (not isinstance(cte.this, exp.Union) or cte.this.args.get("distinct")):
            raise UnsupportedError("a recursive common table expression needs UNION ALL on Redshift")
        if recurs and not cte.args["alias"].columns:
            raise UnsupportedError("a recursive common table expression needs its columns named on Redshift")


SHAPES: dict[type[exp.Expr], Callable[[Any], None]] = {
    exp.Dot: _dot,
    exp.Distinct: _distinct,
    exp.Values: _values,
    exp.Except: _set_operation,
    exp.Intersect: _set_operation,
    exp.Star: _star,
    exp.Select: _select,
    exp.Group: _group,
    exp.Any: _quantified,
    exp.All: _quantified,
    exp.With: _with,
    exp.Window: check_window,
}
