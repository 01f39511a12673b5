"""Window functions: the frames that Redshift demands and knows (c_Window_functions and each function's page)."""

from __future__ import annotations

from sqlglot import exp

from local.redshift.dialect.building import call, cast
from local.redshift.dialect.names import words
from local.redshift.errors import UnsupportedError

# With ORDER BY, these need a frame of their own: the pages give no default, as PostgreSQL does.
_FRAMED = words(
    "avg count sum min max stddev stddev_samp stddev_pop variance var_samp var_pop bool_and bool_or "
    "first_value last_value nth_value"
)


def check_window(window: exp.Window) -> None:
    """Raise UnsupportedError for a window that Redshift refuses."""
    name = str(window.this.this).lower() if isinstance(window.this, exp.Anonymous) else ""
    frame = window.args.get("spec")
    if window.args.get("alias") is not None or window.args.get("over") != "OVER":
        raise UnsupportedError("named windows are not supported; Redshift has none")
    if window.args.get("order") is not None and frame is None and name in _FRAMED:
        raise UnsupportedError(f"{name.upper()} over an ordered window requires a frame clause (ROWS …) on Redshift")
    if frame is not None and (str(frame.args.get("kind")).upper() != "ROWS" or frame.args.get("exclude")):
        raise UnsupportedError("a frame clause other than ROWS is not supported; Redshift has no other")


def ratio_to_report(window: exp.Expr) -> exp.Expr:
    """RATIO_TO_REPORT(x) OVER (PARTITION BY …): x by the partition's sum, DOUBLE PRECISION (r_WF_RATIO_TO_REPORT)."""
    if window.args.get("order") is not None or len(window.this.expressions) != 1:
        raise UnsupportedError("RATIO_TO_REPORT takes one expression, and its window no ORDER BY")
    value = cast(window.this.expressions[0], "double precision")
    total = exp.Window(
        this=call("sum", value.copy()), partition_by=window.args.get("partition_by"), over=window.args.get("over")
    )
    return exp.Paren(this=exp.Div(this=value, expression=total))
