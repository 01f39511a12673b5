"""Text functions that differ from PostgreSQL's (the function pages of the Database Developer Guide)."""

from __future__ import annotations

from sqlglot import exp

from local.redshift.dialect.building import call, cast


def charindex(args: list[exp.Expr]) -> exp.Expr:
    """CHARINDEX(part, whole): the place of the part, in characters."""
    part, whole = args
    return call("strpos", whole, part)


def concat(args: list[exp.Expr]) -> exp.Expr:
    """CONCAT(a, b) is NULL when either is, where PostgreSQL leaves NULLs out."""
    left, right = args
    return exp.Paren(this=exp.DPipe(this=cast(left, "text"), expression=cast(right, "text")))
