"""A block's values to texts, a column at a time: the quick path's counterpart of `values.py`.

A quick column gives the texts that the column's converter would give, or gives up, and never names an error: whatever
is not plainly right is left to the exact path in `rows.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
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
_DIGITS = set("0123456789")


def quick_column(column: TargetColumn, options: Options) -> Quick:
    """Return what turns a column's JSON values, null for None, into texts, or gives up with None."""
    convert = converter(column, options)
    make = _MAKERS.get(column.type)
    return make(column, options, convert) if make else _each(convert)


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


def _integer(column: TargetColumn, _: Options, convert: Converter) -> Quick:
    bits, _shown = INTEGERS[column.type]
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    careful = _each(convert)

    def quick(values: Values) -> Sequence[str] | None:
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
    """Whether all are blank, or digits without sign, leading zero or any doubt about the range."""
    return (
        _DIGITS.issuperset("".join(texts))
        and max(map(len, texts)) < (5 if bits == 16 else 10 if bits == 32 else 19)
        and not any(text[:1] == "0" and text != "0" for text in texts)
    )


def _float(column: TargetColumn, _: Options, convert: Converter) -> Quick:
    careful = _each(convert)
    if column.type == "float4":
        return careful

    def quick(values: Values) -> Sequence[str] | None:
        if set(map(type, values)) <= {float, type(None)}:
            numbers = _numbers(values)
            # A negative exponent may be too small a number.
            return careful(values) if "e-" in numbers else _texts(numbers)
        return careful(values)

    return quick


def _varchar(column: TargetColumn, options: Options, convert: Converter) -> Quick:
    most = column.modifier - 4
    careful = _each(convert)
    if options.empty_as_null or options.blanks_as_null or options.trim_blanks:
        return careful

    def quick(values: Values) -> Sequence[str] | None:
        given = [value for value in values if value is not None] if None in values else values
        try:
            together = "".join(given)
        except TypeError:
            return careful(values)
        if any(letter in together for letter in _ESCAPED):
            return careful(values)
        lengths = map(len, given if together.isascii() else map(str.encode, given))
        if max(lengths, default=0) > most:
            return careful(values)
        return values if given is values else [NULL if value is None else value for value in values]

    return quick


def _timestamp(_: TargetColumn, options: Options, convert: Converter) -> Quick:
    if options.time_format in (MILLISECONDS, SECONDS):
        return _epochs(1000 if options.time_format == MILLISECONDS else 1, convert)
    return _each(convert)


class _Minutes(dict[int, str]):
    """The beginning of a moment's text up to its minute, by the minutes since 1970."""

    def __missing__(self, minute: int) -> str:
        if len(self) > 100_000:
            self.clear()
        text = self[minute] = datetime.utcfromtimestamp(minute * 60).isoformat(" ")[:-2]
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


_MAKERS: dict[str, Callable[[TargetColumn, Options, Converter], Quick]] = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "float4": _float,
    "float8": _float,
    "varchar": _varchar,
    "timestamp": _timestamp,
}
