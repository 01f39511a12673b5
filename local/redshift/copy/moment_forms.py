"""The forms that dates and times come in: format strings, and what 'auto' recognises.

Developer Guide: r_DATEFORMAT_and_TIMEFORMAT_strings, automatic-recognition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from local.redshift.copy.moment import Moment, century, moment, month_number
from local.redshift.errors import UnsupportedError

# What reads a text, stripped of blanks around it, and returns None for another form or an impossible date.
Form = Callable[[str], Moment | None]

# Case-sensitive, the longest first. SS takes a fraction of up to six digits.
_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MON": r"(?P<name>[A-Za-z]{3,9})",
    "MM": r"(?P<month>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour12>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6}))?",
    "AM": r"(?P<half>[AaPp][Mm])",
    "PM": r"(?P<half>[AaPp][Mm])",
}
_WORDS = re.compile("|".join([*_PARTS, "[A-Za-z]+", "."]), re.DOTALL)
_ZONES = {
    **dict.fromkeys(("z", "utc", "gmt"), 0),
    **{"est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420},
}
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?(?:\s*(?P<half>[ap]m)\b)?"
_ZONE = r"(?:\s*(?P<zone>z|[a-z]{3}|[+-]\d{1,2}(?::?\d{2})?))?"
_BC = r"(?:\s*(?P<era>bc|ad))?"
_DATES = (
    r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})",
    r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?:(?P<year>\d{4})|(?P<short_year>\d{2}))",
    r"(?P<name>[a-z]{3,9})[-\s]\s*(?P<day>\d{1,2})(?:,\s*|[-\s]\s*)(?:(?P<year>\d{4})|(?P<short_year>\d{2}))",
    r"(?P<day>\d{1,2})[-\s]\s*(?P<name>[a-z]{3,9})[-\s]\s*(?:(?P<year>\d{4})|(?P<short_year>\d{2}))",
)
_RECOGNISED = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        *(rf"{form}(?:(?:\s+|t){_TIME}{_ZONE})?{_BC}" for form in _DATES),
        rf"(?P<day>\d{{1,2}})\s+(?P<name>[a-z]{{3,9}})\s+{_TIME}\s+(?P<year>\d{{4}}){_ZONE}{_BC}",
        rf"j(?P<julian>\d{{6,7}})(?:\s+{_TIME}{_ZONE})?",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
        r"(?:[\st](?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?",
        r"(?P<short_year>\d\d)(?P<month>\d\d)(?P<day>\d\d)"
        r"(?:[\st](?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?",
        r"(?P<year>\d{4})\.(?P<day_of_year>\d{3})",
    )
)
# The day before the year 1 by Julian day numbers, which date.fromordinal counts from.
_JULIAN = 1_721_425
_DEFAULT = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_DEFAULT_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6}))?"


def default_form(*, zoned: bool) -> Form:
    """The form without a format: a date, perhaps with a time of day, and for TIMESTAMPTZ with an offset."""
    offset = r"(?:\s*(?P<zone>[+-]\d{1,2}(?::?\d{2})?))?" if zoned else ""
    return _form(re.compile(f"{_DEFAULT}(?: +{_DEFAULT_TIME}{offset})?", re.ASCII))


def format_form(text: str) -> Form:
    """The form that a format string describes; UnsupportedError for one with a word that is no part of dates."""
    parts: list[str] = []
    for word in _WORDS.findall(text):
        if word in _PARTS:
            parts.append(_PARTS[word])
        elif word.isalpha() and word != "T":
            raise UnsupportedError(f"the date or time format {text} is not supported: {word}")
        else:
            parts.append(re.escape(word))
    try:
        return _form(re.compile("".join(parts), re.ASCII))
    except re.error as error:
        raise UnsupportedError(f"the date or time format {text} is not supported: a part comes twice") from error


def auto_form() -> Form:
    """What 'auto' recognises; day and month of figures alone are in the American order, as in a cast."""
    forms = [_form(pattern) for pattern in _RECOGNISED]

    def read(text: str) -> Moment | None:
        return next((found for form in forms if (found := form(text)) is not None), None)

    return read


def _form(pattern: re.Pattern[str]) -> Form:
    match = pattern.fullmatch

    def read(text: str) -> Moment | None:
        found = match(text)
        return None if found is None else _moment({name: part for name, part in found.groupdict().items() if part})

    return read


def _moment(parts: dict[str, str]) -> Moment | None:
    year, month, day = _date(parts)
    offset: int | None = None
    if "zone" in parts:
        offset = _offset(parts["zone"].lower())
        if offset is None:
            return None
    return moment(
        year,
        month,
        day,
        hour=int(parts.get("hour") or parts.get("hour12") or 0),
        minute=int(parts.get("minute", 0)),
        second=int(parts.get("second", 0)),
        fraction=parts.get("fraction", ""),
        afternoon=_afternoon(parts),
        offset=offset,
        bc=parts.get("era", "").lower() == "bc",
    )


def _date(parts: dict[str, str]) -> tuple[int, int, int]:
    """Year, month and day; zeros for a date that cannot be."""
    if "julian" in parts:
        return _of_ordinal(int(parts["julian"]) - _JULIAN)
    if "day_of_year" in parts:
        year, number = int(parts["year"]), int(parts["day_of_year"])
        counted = _of_ordinal(date(max(year, 1), 1, 1).toordinal() + number - 1)
        return counted if counted[0] == year and number else (0, 0, 0)
    month = month_number(parts["name"]) if "name" in parts else int(parts.get("month", 1))
    if "short_year" in parts:
        # 95 before Christ is that year, not 1995.
        short = int(parts["short_year"])
        return (short if parts.get("era", "").lower() == "bc" else century(short)), month, int(parts.get("day", 1))
    return int(parts.get("year", 1)), month, int(parts.get("day", 1))


def _of_ordinal(number: int) -> tuple[int, int, int]:
    try:
        found = date.fromordinal(number)
    except (ValueError, OverflowError):
        return 0, 0, 0
    return found.year, found.month, found.day


def _afternoon(parts: dict[str, str]) -> bool | None:
    if "half" in parts:
        return parts["half"].lower() == "pm"
    # Without AM or PM an hour of twelve is of the morning.
    return False if "hour12" in parts else None


def _offset(zone: str) -> int | None:
    if zone[0] not in "+-":
        return _ZONES.get(zone)
    hours, _, minutes = zone[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    total = int(hours) * 60 + int(minutes or 0)
    return -total if zone[0] == "-" else total
