"""NULLs and choices: NVL, NVL2, DECODE and their like (the function pages of the Database Developer Guide)."""

from __future__ import annotations

from sqlglot import exp

from local.redshift.dialect.building import call
from local.redshift.errors import UnsupportedError


def nvl2(args: list[exp.Expr]) -> exp.Expr:
    """NVL2(x, a, b): a if x is not NULL, else b."""
    value, present, absent = args
    condition = exp.Not(this=exp.Is(this=exp.Paren(this=value), expression=exp.Null()))
    return exp.Case(ifs=[exp.If(this=condition, true=present)], default=absent)


def decode(args: list[exp.Expr]) -> exp.Expr:
    """DECODE(x, a, r, …, default): NULL equals NULL here."""
    if len(args) < 3:
        raise UnsupportedError("DECODE takes an expression, a value and a result at least")
    value, *rest = args
    default = rest.pop() if len(rest) % 2 else None
    ifs = []
    for search, result in zip(rest[::2], rest[1::2], strict=True):
        same = call("redshift_same", value.copy(), search)
        ifs.append(exp.If(this=same, true=result))
    return exp.Case(ifs=ifs, default=default)
