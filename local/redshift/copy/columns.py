"""A block's values to texts, a column at a time: the quick path's counterpart of `values.py`.

A quick column gives the texts that the column's converter would give, or gives up, and never names an error: whatever
is not plainly right is left to the exact path in `rows.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec

from local.redshift.copy.failures import ValueFaultError
from local.redshift.copy.moments import MILLISECONDS, SECONDS
from local.redshift.copy.options import Options
from local.redshift.copy.values import INTEGERS, NULL, Converter, TargetColumn, converter

Values = Sequence[Any]
Quick = Callable[[Values], Sequence[str] | None]
_ESCAPED = "\\\n\t\r\0"
_NUMBERS = msgspec.json.Encoder()
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class _Task:
    """What a column's maker needs to know.

    :param convert: the exact path's converter. :param typed: whether the values' types, ranges and lengths in
        characters have been looked at: they are as `blocks.py` lets them in.
    """

    column: TargetColumn
    options: Options
    convert: Converter
    typed: bool


def quick_column(column: TargetColumn, options: Options, *, typed: bool = False) -> Quick:
    """Return what turns a column's JSON values, null for None, into texts, or gives up with None.

    :param typed: whether the values are as `blocks.py` lets them in.
    """
    convert = converter(column, options)
    make = _MAKERS.get(column.type)
    return make(_Task(column, options, convert, typed)) if make else _each(convert)


def _each(convert: Converter) -> Quick:
    def quick(values: Values) -> Sequence[str] | None:
        try:
            return [NULL if value is None else convert(value) for value in values]
        except ValueFaultError:
            return None

    return quick


def _numbers(values: Values) -> str:
    """Numbers and nulls as one text, each followed by a comma."""
    return _NUMBERS.encode(values)[1:-1].decode() + ","


def _texts(numbers: str) -> list[str]:
    """The texts of what `_numbers` made."""
    return numbers[:-1].replace("null", NULL).split(",")


def _integer(task: _Task) -> Quick:
    bits, _shown = INTEGERS[task.column.type]
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    careful = _each(task.convert)
    typed = task.typed

    def quick(values: Values) -> Sequence[str] | None:
        if typed and values[0].__class__ is not str and '"' not in (numbers := _numbers(values)):
            return _texts(numbers)
        given = [value for value in values if value is not None]
        kinds = set(map(type, given))
        if kinds == {int} and low <= min(given) and max(given) <= high:
            return _texts(_numbers(values))
        if kinds == {float} and low <= min(given) and max(given) <= high:
            # What is left of integral numbers below 10^16 behind this is digits; others keep a point or an exponent.
            numbers = _numbers(values).replace(".0,", ",")
            if not ("." in numbers or "e" in numbers or "-0," in numbers):
                return _texts(numbers)
        if kinds == {str} and _plain_digits(given, bits):
            return [value or NULL if value is not None else NULL for value in values]
        return careful(values)

    return quick


def _plain_digits(texts: list[str], bits: int) -> bool:
    """Whether all are empty, or digits without sign, a zero in front or any doubt about the range."""
    together = "".join(texts)
    return not together or (
        together.isascii()
        and together.isdigit()
        and max(map(len, texts)) < (5 if bits == 16 else 10 if bits == 32 else 19)
        and "\n0" not in "\n" + "\n".join(texts)
    )


def _float(task: _Task) -> Quick:
    careful = _each(task.convert)
    typed = task.typed
    if task.column.type == "float4":
        return careful

    def quick(values: Values) -> Sequence[str] | None:
        if typed or set(map(type, values)) <= {float, type(None)}:
            numbers = _numbers(values)
            # A negative exponent may be too small a number.
            return careful(values) if "e-" in numbers or '"' in numbers else _texts(numbers)
        return careful(values)

    return quick


def _together(values: Values) -> str | None:
    """The values as one text; None if they are not all texts."""
    try:
        return "".join(values)
    except TypeError:
        return None


def _varchar(task: _Task) -> Quick:
    most = task.column.modifier - 4
    careful = _each(task.convert)
    options = task.options
    # With TRUNCATECOLUMNS nobody has looked at the lengths.
    measured = task.typed and not options.truncate_columns
    if options.empty_as_null or options.blanks_as_null or options.trim_blanks:
        return careful

    def quick(values: Values) -> Sequence[str] | None:
        given = values
        together = _together(given)
        if together is None:
            given = [value for value in values if value is not None]
            together = _together(given)
        if together is None:
            return careful(values)
        if any(letter in together for letter in _ESCAPED):
            return careful(values)
        if together.isascii():
            if not measured and max(map(len, given), default=0) > most:
                return careful(values)
        # No character has more than four bytes.
        elif max(map(len, given)) > most // 4 and max(map(len, map(str.encode, given))) > most:
            return careful(values)
        return values if given is values else [NULL if value is None else value for value in values]

    return quick


def _timestamp(task: _Task) -> Quick:
    if task.options.time_format in (MILLISECONDS, SECONDS):
        return _epochs(1000 if task.options.time_format == MILLISECONDS else 1, task.convert)
    return _each(task.convert)


class _Minutes(dict[int, str]):
    """The beginning of a moment's text up to its minute, by the minutes since 1970."""

    def __init__(self) -> None:
        self._of_day = [f"{minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60)]
        self._days: dict[int, str] = {}

    def __missing__(self, minute: int) -> str:
        if len(self) > 100_000:
            self.clear()
        day, of_day = divmod(minute, 24 * 60)
        if day not in self._days:
            self._days[day] = f"{_EPOCH + timedelta(days=day)} "
        text = self[minute] = self._days[day] + self._of_day[of_day]
        return text


def _epochs(per_second: int, convert: Converter) -> Quick:
    careful = _each(convert)
    minutes = _Minutes()
    per_minute = 60 * per_second
    latest = 4_102_444_800 * per_second  # the year 2100
    # As datetime writes them: a fraction in microseconds, and none where it is zero.
    seconds = [
        f"{number // per_second:02}" + (f".{number % per_second:03}000" if number % per_second else "")
        for number in range(per_minute)
    ]

    def quick(values: Values) -> Sequence[str] | None:
        if set(map(type, values)) != {int} or min(values) < 0 or max(values) >= latest:
            return careful(values)
        return [minutes[value // per_minute] + seconds[value % per_minute] for value in values]

    return quick


_MAKERS: dict[str, Callable[[_Task], Quick]] = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "float4": _float,
    "float8": _float,
    "varchar": _varchar,
    "timestamp": _timestamp,
}
