"""A date and time of day as COPY reads it, and its text for PostgreSQL."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

# Two digits of a year: up to this one they are of the 21st century, as in a cast.
_LAST_OF_2000 = 69
# Not the calendar module's, which speaks the process's language.
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NUMBERS = {written: number for number, name in enumerate(_MONTHS, 1) for written in (name, name[:3])}


@dataclass(frozen=True)
class Moment:
    """A valid date and time.

    :param year: counted from 1, before Christ where `bc`. :param offset: minutes east of UTC, None where none is given.
    """

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    microsecond: int = 0
    offset: int | None = None
    bc: bool = False

    def date(self) -> str:
        """The date's text."""
        return f"{self.year:04}-{self.month:02}-{self.day:02}{' BC' if self.bc else ''}"

    def timestamp(self) -> str:
        """The text of date and time, whatever the offset: as a cast, which passes over it."""
        fraction = f".{self.microsecond:06}" if self.microsecond else ""
        time = f"{self.hour:02}:{self.minute:02}:{self.second:02}{fraction}"
        return f"{self.year:04}-{self.month:02}-{self.day:02} {time}{' BC' if self.bc else ''}"

    def timestamptz(self) -> str:
        """The text of date and time with its offset; without one it is the session's time."""
        if self.offset is None:
            return self.timestamp()
        hours, minutes = divmod(abs(self.offset), 60)
        zone = f"{'-' if self.offset < 0 else '+'}{hours:02}:{minutes:02}"
        return f"{self.timestamp().removesuffix(' BC')}{zone}{' BC' if self.bc else ''}"


def moment(
    year: int,
    month: int,
    day: int,
    *,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    fraction: str = "",
    afternoon: bool | None = None,
    offset: int | None = None,
    bc: bool = False,
) -> Moment | None:
    """Return a moment, None if there is none such.

    :param fraction: the digits behind the second's point; what is beyond microseconds is rounded off.
    :param afternoon: tells AM (False) from PM (True) where hours go up to 12.
    """
    if afternoon is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * afternoon
    # A year before Christ is leap as the one that many years before the year 1 would be.
    leap = calendar.isleap(1 - year if bc else year)
    if not (1 <= year <= 9999 and 1 <= month <= 12 and hour <= 23 and minute <= 59 and second <= 59):
        return None
    if not 1 <= day <= (29 if month == 2 and leap else 28 if month == 2 else calendar.monthrange(2001, month)[1]):
        return None
    if offset is not None and abs(offset) >= 16 * 60:
        return None
    micros = round(float(f"0.{fraction}") * 1_000_000) if fraction else 0
    if micros == 1_000_000:
        micros = 999_999
    return Moment(year, month, day, hour, minute, second, micros, offset, bc)


def century(two_digits: int) -> int:
    """Return the year that a year of two digits stands for."""
    return two_digits + (2000 if two_digits <= _LAST_OF_2000 else 1900)


def month_number(name: str) -> int:
    """Return the number of a month by its English name or its first three letters; 0 for another word."""
    return _NUMBERS.get(name.lower(), 0)
