"""Aggregates that differ from PostgreSQL's or that it lacks (Aggregate functions in the Database Developer Guide)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from local.redshift.dialect.building import call, cast, text
from local.redshift.errors import UnsupportedError


def listagg(node: exp.Expr, order: exp.Order | None, *, windowed: bool) -> exp.Expr:
    """LISTAGG([DISTINCT] x [, delimiter]) [WITHIN GROUP (ORDER BY …)]: without a delimiter, none (r_LISTAGG)."""
    value, *rest = node.expressions
    if isinstance(value, exp.Distinct):
        # The grammar takes the delimiter for a second thing to be distinct.
        rest = [*value.expressions[1:], *rest]
        value = exp.Distinct(expressions=value.expressions[:1])
    delimiter: exp.Expr = rest[0] if rest else text("")
    if len(rest) > 1:
        raise UnsupportedError("LISTAGG takes an expression and a delimiter")
    if windowed and order is not None:
        raise UnsupportedError("LISTAGG … WITHIN GROUP over a window is not supported")
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
    joined = call("string_agg", value, last)
    return joined if windowed else call("redshift_listagg", joined)


def percentile_cont(node: exp.Expr, order: exp.Order) -> exp.Expr:
    """PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x): of x's own kind, dates included (r_PERCENTILE_CONT)."""
    if len(node.expressions) != 1 or len(order.expressions) != 1:
        raise UnsupportedError("PERCENTILE_CONT takes a percentile and one expression to order by")
    share: exp.Expr = cast(node.expressions[0], "numeric")
    (key,) = order.expressions
    if key.args.get("desc"):
        share = exp.Sub(this=exp.Literal.number(1), expression=share)
    return call("redshift_percentile", key.this, share)


def median(args: list[exp.Expr]) -> exp.Expr:
    """MEDIAN(x) is PERCENTILE_CONT(0.5) (r_MEDIAN)."""
    return call("redshift_percentile", args[0], cast(exp.Literal.number("0.5"), "numeric"))


def deviation(name: str) -> Callable[[list[exp.Expr]], exp.Expr]:
    """Return the rule of a standard deviation or variance, DOUBLE PRECISION of whatever it is (r_STDDEV_functions)."""

    def rule(args: list[exp.Expr]) -> exp.Expr:
        (value,) = args
        if isinstance(value, exp.Distinct):
            return call(name, exp.Distinct(expressions=[cast(value.expressions[0], "double precision")]))
        return call(name, cast(value, "double precision"))

    return rule
