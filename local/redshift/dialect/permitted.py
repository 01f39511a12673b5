"""The constructs that a statement may consist of; anything else that sqlglot can read is refused."""

from __future__ import annotations

import re

from sqlglot import exp

from local.redshift.dialect.names import words
from local.redshift.dialect.shapes import SHAPES
from local.redshift.errors import UnsupportedError

_NAMES = words(
    """
    Select From Where Group Having Order Ordered Limit Offset Join Subquery CTE With Union Except Intersect
    Distinct Star Alias Column Dot Identifier Table TableAlias Literal Null Boolean Parameter Placeholder Paren Tuple
    Var Add Sub Mul Div Mod Neg Pow DPipe EQ NEQ GT GTE LT LTE And Or Not Is In Between Like ILike Escape SimilarTo
    RegexpLike Exists Any All Case If Cast DataType DataTypeParam Interval Extract Anonymous
    Window WindowSpec WithinGroup AtTimeZone Substring Trim StrPosition CurrentDate CurrentUser SessionUser
    CurrentSchema Qualify Insert Update Delete Values Schema GroupingSets Cube Rollup
    BitwiseAnd BitwiseOr BitwiseNot BitwiseLeftShift BitwiseRightShift Sqrt Cbrt
    """
)
PERMITTED = frozenset(getattr(exp, name) for name in _NAMES)

# What to say of the constructs that people try most.
_REASONS: dict[type[exp.Expr], str] = {
    exp.Returning: "RETURNING is not supported; Redshift has none",
    exp.OnConflict: "ON CONFLICT is not supported; Redshift has none",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM is not supported; Redshift has none",
    exp.NullSafeNEQ: "IS DISTINCT FROM is not supported; Redshift has none",
    exp.Array: "arrays are not supported; Redshift has none",
    exp.Bracket: "subscripts are not supported: no arrays in Redshift, no SUPER navigation in the stand-in yet",
    exp.IgnoreNulls: "IGNORE NULLS is not supported yet",
    exp.RespectNulls: "RESPECT NULLS is not supported yet",
    exp.CurrentTimestamp: "CURRENT_TIMESTAMP is not supported; use GETDATE() or SYSDATE",
    exp.Into: "SELECT INTO is not supported yet; use CREATE TABLE AS",
    exp.Lock: "SELECT … FOR UPDATE is not supported; Redshift has none",
    exp.Pivot: "PIVOT and UNPIVOT are not supported yet",
    exp.Lateral: "LATERAL is not supported; Redshift has none",
    exp.Filter: "FILTER (WHERE …) is not supported; Redshift has none",
    exp.RegexpILike: "~* is not supported; Redshift has none, and ILIKE or REGEXP_COUNT with the parameter i",
    exp.TableSample: "TABLESAMPLE is not supported; Redshift has none",
}


def check(tree: exp.Expr) -> None:
    """Raise UnsupportedError for the first construct in `tree` that is not permitted."""
    for node in tree.walk():
        reason = _REASONS.get(type(node))
        if reason is None and type(node) in PERMITTED:
            if type(node) in SHAPES:
                SHAPES[type(node)](node)
            continue
        raise UnsupportedError(reason or f"{_words(type(node).__name__)} is not supported")


def _words(name: str) -> str:
    """Return a construct's name as SQL would write it, or nearly."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).upper()
