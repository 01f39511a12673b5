"""Dates and timestamps in COPY: the default formats, epochs, 'auto' and format strings (redshift.md A8, A9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from local.redshift.copy.failures import BAD_DATE, BAD_TIMESTAMP, ValueFaultError
from local.redshift.errors import UnsupportedError

_EPOCH = datetime(1970, 1, 1)  # in UTC, and without a zone because a TIMESTAMP has none
_DEFAULT = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?)?\Z")
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?\Z",
    re.IGNORECASE,
)
_EPOCH_TEXT = re.compile(r"(-?\d+)(?:\.(\d+))?\Z")
_KEYWORDS = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})(?P<fraction>\.\d{1,6})?",
}
_FORMAT_PART = re.compile("YYYY|HH24|HH|MM|DD|MI|SS|[A-Za-z]+|.", re.DOTALL)

Reading = Callable[[object], str]
MILLISECONDS, SECONDS = "epochmillisecs", "epochsecs"


def timestamp_reader(time_format: str | None) -> Reading:
    """Return what turns a JSON value into a timestamp's text in UTC, for one TIMEFORMAT.

    Raises UnsupportedError for a format that the stand-in does not know. The reading raises ValueFaultError.
    """
    if time_format == MILLISECONDS:
        return lambda value: _epoch(value, 1000)
    if time_format == SECONDS:
        return lambda value: _epoch(value, 1)
    shown = time_format if time_format and time_format != "auto" else "YYYY-MM-DD HH24:MI:SS"
    pattern = _pattern(time_format, _DEFAULT)

    def read(value: object) -> str:
        moment = _matched(pattern, value)
        if moment is None:
            reason = f"Invalid timestamp format or value [{shown}]"
            raise ValueFaultError(BAD_TIMESTAMP, reason)
        return moment.isoformat(sep=" ")

    return read


def date_reader(date_format: str | None) -> Reading:
    """Return what turns a JSON value into a date's text, for one DATEFORMAT; a time of day is dropped."""
    shown = date_format if date_format and date_format != "auto" else "YYYY-MM-DD"
    pattern = _pattern(date_format, _DEFAULT)

    def read(value: object) -> str:
        moment = _matched(pattern, value)
        if moment is None:
            raise ValueFaultError(BAD_DATE, f"stand-in: invalid date format or value [{shown}]")
        return moment.date().isoformat()

    return read


def _pattern(given: str | None, default: re.Pattern[str]) -> re.Pattern[str]:
    if given is None:
        return default
    if given == "auto":
        return _ISO
    parts = []
    for part in _FORMAT_PART.findall(given):
        if part in _KEYWORDS:
            parts.append(_KEYWORDS[part])
        elif part.isalpha() and part != "T":
            raise UnsupportedError(f"the date or time format {given} is not supported: {part}")
        else:
            parts.append(re.escape(part))
    try:
        return re.compile("".join(parts) + r"\Z")
    except re.error as error:
        raise UnsupportedError(f"the date or time format {given} is not supported") from error


def _matched(pattern: re.Pattern[str], value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    match = pattern.match(value.strip())
    if match is None:
        return None
    if pattern.groupindex:
        named = match.groupdict()
        numbers = [int(named.get(name) or default) for name, default in _FIELDS]
        fraction, zone = named.get("fraction"), None
    else:
        groups = match.groups()
        numbers = [int(group or 0) for group in groups[:6]]
        fraction, zone = groups[6], groups[7] if len(groups) > 7 else None
    try:
        year, month, day, hour, minute, second = numbers
        micros = round(float(fraction or 0) * 1_000_000)
        moment = datetime(year, month, day, hour, minute, second, micros)
        if zone and zone.upper() != "Z":
            moment = moment.replace(tzinfo=_zone(zone)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return moment


_FIELDS = (("year", 1), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))


def _zone(text: str) -> timezone:
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _epoch(value: object, per_second: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        whole, rest = divmod(value, per_second)
        micros = rest * (1_000_000 // per_second)
    else:
        match = _EPOCH_TEXT.match(str(value).strip()) if isinstance(value, str | float) else None
        if match is None:
            raise _bad_epoch(value, per_second)
        count = int(match.group(1)) * (1_000_000 // per_second)
        fraction = float(f"0.{match.group(2)}") if match.group(2) else 0.0
        micros = count + int(fraction * (1_000_000 // per_second)) * (-1 if match.group(1)[0] == "-" else 1)
        whole, micros = divmod(micros, 1_000_000)
    try:
        moment = _EPOCH + timedelta(seconds=whole, microseconds=micros)
    except OverflowError as error:
        raise _bad_epoch(value, per_second) from error
    return str(moment)


def _bad_epoch(_: object, per_second: int) -> ValueFaultError:
    name = MILLISECONDS if per_second == 1000 else SECONDS
    return ValueFaultError(BAD_TIMESTAMP, f"Invalid timestamp format or value [{name}]")
