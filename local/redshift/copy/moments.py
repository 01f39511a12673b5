"""Dates and timestamps in COPY: which form a column's values have, and epochs (copy-parameters-data-conversion)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Context, Decimal

from local.redshift.copy.failures import BAD_DATE, BAD_TIMESTAMP, ValueFaultError
from local.redshift.copy.moment import Moment
from local.redshift.copy.moment_forms import Form, auto_form, default_form, format_form

_EPOCH = datetime(1970, 1, 1)  # in UTC, and without a zone because a TIMESTAMP has none
_EPOCH_TEXT = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?\Z")

# All the digits that an epoch can have.
_EXACT = Context(prec=80)

Reading = Callable[[object], str]
MILLISECONDS, SECONDS = "epochmillisecs", "epochsecs"


def timestamp_reader(time_format: str | None) -> Reading:
    """Return what turns a JSON value into a timestamp's text, for one TIMEFORMAT.

    Raises UnsupportedError for a format that the stand-in does not know. The reading raises ValueFaultError.
    """
    if time_format in (MILLISECONDS, SECONDS):
        return _epochs(time_format)
    return _read(time_format, Moment.timestamp, zoned=False)


def timestamptz_reader(time_format: str | None) -> Reading:
    """Return what turns a JSON value into the text of a timestamp with its offset; as timestamp_reader."""
    if time_format in (MILLISECONDS, SECONDS):
        read = _epochs(time_format)
        return lambda value: f"{read(value)}+00"
    return _read(time_format, Moment.timestamptz, zoned=True)


def date_reader(date_format: str | None) -> Reading:
    """Return what turns a JSON value into a date's text, for one DATEFORMAT; a time of day is dropped."""
    shown = date_format if date_format and date_format != "auto" else "YYYY-MM-DD"
    form = _form(date_format, zoned=False)

    def read(value: object) -> str:
        moment = form(value.strip()) if isinstance(value, str) else None
        if moment is None:
            raise ValueFaultError(BAD_DATE, f"stand-in: invalid date format or value [{shown}]")
        return moment.date()

    return read


def _read(time_format: str | None, written: Callable[[Moment], str], *, zoned: bool) -> Reading:
    shown = time_format if time_format and time_format != "auto" else "YYYY-MM-DD HH24:MI:SS"
    form = _form(time_format, zoned=zoned)

    def read(value: object) -> str:
        moment = form(value.strip()) if isinstance(value, str) else None
        if moment is None:
            raise ValueFaultError(BAD_TIMESTAMP, f"Invalid timestamp format or value [{shown}]")
        return written(moment)

    return read


def _form(given: str | None, *, zoned: bool) -> Form:
    if given is None:
        return default_form(zoned=zoned)
    return auto_form() if given == "auto" else format_form(given)


def _epochs(unit: str) -> Reading:
    per_second = 1000 if unit == MILLISECONDS else 1

    def read(value: object) -> str:
        micros = _micros(value, 1_000_000 // per_second)
        try:
            if micros is not None:
                return str(_EPOCH + timedelta(microseconds=micros))
        except OverflowError:
            pass  # a year that no calendar here has
        raise ValueFaultError(BAD_TIMESTAMP, f"Invalid timestamp format or value [{unit}]")

    return read


def _micros(value: object, per_unit: int) -> int | None:
    """Return an epoch in microseconds, what is smaller cut off; None for what is not a number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value * per_unit
    if isinstance(value, float) or (isinstance(value, str) and _EPOCH_TEXT.match(value.strip())):
        return int(_EXACT.multiply(Decimal(str(value).strip()), Decimal(per_unit)))
    return None
