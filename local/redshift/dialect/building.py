"""Small pieces that rules build expressions from."""

from __future__ import annotations

from sqlglot import exp


def call(name: str, *args: exp.Expr) -> exp.Anonymous:
    """Return a function call that no rule looks at again."""
    node = exp.Anonymous(this=name, expressions=list(args))
    node.meta["done"] = True
    return node


def cast(node: exp.Expr, to: str) -> exp.Cast:
    """Return `node` cast to a PostgreSQL type."""
    done = exp.Cast(this=node, to=exp.DataType.build(to, dialect="postgres"))
    done.meta["done"] = True
    return done


def text(value: str) -> exp.Literal:
    """Return a string literal."""
    return exp.Literal.string(value)


def untyped(node: exp.Expr) -> bool:
    """Whether PostgreSQL would have to guess the type of `node`."""
    return (isinstance(node, exp.Literal) and node.is_string) or isinstance(node, exp.Parameter | exp.Placeholder)
