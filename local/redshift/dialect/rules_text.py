"""Text functions that differ from PostgreSQL's (redshift.md B, Query)."""

from __future__ import annotations

from sqlglot import exp

from local.redshift.dialect.building import call, cast, text
from local.redshift.errors import UnsupportedError


def charindex(args: list[exp.Expr]) -> exp.Expr:
    """CHARINDEX(part, whole): the place of the part, in characters."""
    part, whole = args
    return call("strpos", whole, part)


def concat(args: list[exp.Expr]) -> exp.Expr:
    """CONCAT(a, b) is NULL when either is, where PostgreSQL leaves NULLs out."""
    left, right = args
    return exp.Paren(this=exp.DPipe(this=cast(left, "text"), expression=cast(right, "text")))


def listagg(node: exp.Expr, order: exp.Order | None) -> exp.Expr:
    """LISTAGG([DISTINCT] x [, delimiter]) [WITHIN GROUP (ORDER BY …)]: without a delimiter, none is put in."""
    value, *rest = node.expressions
    delimiter: exp.Expr = rest[0] if rest else text("")
    if len(rest) > 1:
        raise UnsupportedError("LISTAGG takes an expression and a delimiter")
    if isinstance(value, exp.Distinct):
        inner = value.expressions[0]
        keys = [key.this for key in order.expressions] if order else []
        if keys not in ([], [inner]):
            raise UnsupportedError("LISTAGG(DISTINCT x) can be ordered by x only")
        value = exp.Distinct(expressions=[cast(inner.copy(), "text")])
        if order:
            order.expressions[0].set("this", cast(inner.copy(), "text"))
    else:
        value = cast(value, "text")
    last = exp.Order(this=delimiter, expressions=order.expressions) if order else delimiter
    return call("string_agg", value, last)
