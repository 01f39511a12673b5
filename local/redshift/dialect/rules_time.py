"""Dates and times whose meaning or type differs from PostgreSQL's (Dateparts and function pages of the guide)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from local.redshift.dialect.building import call, cast, text, untyped
from local.redshift.errors import UnsupportedError

# Every spelling of a date part, and PostgreSQL's word for it.
_PARTS = {
    "millennium": "millennium mil millennia millenniums mils",
    "century": "century c cent cents centuries",
    "decade": "decade decades dec decs",
    "epoch": "epoch",
    "year": "year years y yr yrs",
    "quarter": "quarter quarters qtr qtrs",
    "month": "month months mon mons",
    "week": "week weeks w wk",
    "dow": "dow dayofweek dw weekday",
    "doy": "doy dayofyear dy yearday",
    "day": "day days d",
    "hour": "hour hours h hr hrs",
    "minute": "minute minutes m min mins",
    "second": "second seconds s sec secs",
    "milliseconds": "millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon",
    "microseconds": "microsecond microseconds us usec usecs usecond useconds microsec microsecs microsecon",
}
PARTS = {spelling: part for part, spellings in _PARTS.items() for spelling in spellings.split()}
_INTERVALS = {
    "millennium": "1000 years",
    "century": "100 years",
    "decade": "10 years",
    "year": "1 year",
    "quarter": "3 months",
    "month": "1 month",
    "week": "7 days",
    "day": "1 day",
    "doy": "1 day",
    "dow": "1 day",
    "hour": "1 hour",
    "minute": "1 minute",
    "second": "1 second",
    "milliseconds": "1 millisecond",
    "microseconds": "1 microsecond",
}
_TRUNCATED = {"milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade"} | {
    "century",
    "millennium",
}


def part(node: exp.Expr) -> str:
    """Return PostgreSQL's word for the date part that `node` names, as a word or as a string."""
    name = node.this if isinstance(node, exp.Literal | exp.Var) else node.name
    found = PARTS.get(str(name).lower())
    if found is None:
        raise UnsupportedError(f'date part "{name}" is not supported')
    return found


def moment(node: exp.Expr) -> exp.Expr:
    """Return `node`, as a TIMESTAMP if it is an untyped literal or a parameter."""
    return cast(node, "timestamp") if untyped(node) else node


def dateadd(args: list[exp.Expr]) -> exp.Expr:
    """DATEADD(part, n, x): DATE in gives TIMESTAMP out, month ends are cut, `m` is the minute."""
    unit, count, value = args
    interval = call("redshift_interval", text(_INTERVALS[_addable(unit)]))
    product = exp.Mul(this=exp.Paren(this=cast(count, "bigint")), expression=interval)
    return exp.Paren(this=exp.Add(this=exp.Paren(this=moment(value)), expression=product))


def _addable(node: exp.Expr) -> str:
    name = part(node)
    if name not in _INTERVALS:
        raise UnsupportedError(f"DATEADD by {name} is not supported")
    return name


def datediff(args: list[exp.Expr]) -> exp.Expr:
    """DATEDIFF(part, a, b) counts the boundaries between a and b, not the time."""
    unit, start, end = args
    name = "day" if part(unit) in ("dow", "doy") else part(unit)
    if name not in (*_TRUNCATED, "microseconds"):
        raise UnsupportedError(f"DATEDIFF in {name} is not supported")
    return call("redshift_datediff", text(name), moment(start), moment(end))


def extract(unit: exp.Expr, value: exp.Expr) -> exp.Expr:
    """EXTRACT gives an INTEGER for a TIMESTAMP and ignores fractions, where PostgreSQL gives a numeric."""
    return call("redshift_extract", text(part(unit)), moment(value))


def date_part(args: list[exp.Expr]) -> exp.Expr:
    """DATE_PART gives DOUBLE PRECISION and knows many spellings."""
    unit, value = args
    return call("redshift_part", text(part(unit)), moment(value))


def date_trunc(args: list[exp.Expr]) -> exp.Expr:
    """DATE_TRUNC's parts have many spellings; the part may not be a parameter, whose value is not known here."""
    unit, value = args
    if not isinstance(unit, exp.Literal):
        raise UnsupportedError("DATE_TRUNC's part must be a literal")
    name = part(unit)
    if name not in (*_TRUNCATED, "microseconds"):
        raise UnsupportedError(f"DATE_TRUNC by {name} is not supported")
    return call("redshift_date_trunc", text(name), moment(value))


def convert_timezone(args: list[exp.Expr]) -> exp.Expr:
    """CONVERT_TIMEZONE([source,] target, timestamp); the source is UTC if it is left out."""
    source, target, value = args if len(args) == 3 else [text("UTC"), *args]
    at_source = exp.AtTimeZone(this=exp.Paren(this=cast(value, "timestamp")), zone=source)
    return exp.Paren(this=exp.AtTimeZone(this=exp.Paren(this=at_source), zone=target))


def to_date(args: list[exp.Expr]) -> exp.Expr:
    """TO_DATE(text, format [, is_strict]): strict always, no day may be wrong (r_TO_DATE_function)."""
    return call("to_date", *_strict(args))


def to_timestamp(args: list[exp.Expr]) -> exp.Expr:
    """TO_TIMESTAMP(text, format [, is_strict]), a TIMESTAMPTZ (r_TO_TIMESTAMP)."""
    return call("to_timestamp", *_strict(args))


def _strict(args: list[exp.Expr]) -> list[exp.Expr]:
    if len(args) > 2 and not isinstance(args[2], exp.Boolean):
        raise UnsupportedError("is_strict must be TRUE or FALSE, written out")
    return args[:2]


def of_moment(name: str) -> Callable[[list[exp.Expr]], exp.Expr]:
    """Return the rule of a function of a DATE or TIMESTAMP that is also called with a plain literal."""

    def rule(args: list[exp.Expr]) -> exp.Expr:
        return call(name, moment(args[0]), *args[1:])

    return rule
