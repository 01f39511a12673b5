"""From many documents to rows at once, a column at a time: the quick path, for batches with nothing unusual in them.

It gives up a batch, and never an error: whatever is not plainly right is for the exact path in `rows.py`, which gives
the same rows for what both can do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.redshift.copy.failures import ValueFaultError
from local.redshift.copy.options import Options
from local.redshift.copy.values import INTEGERS, NEEDS_CARE, NULL, Converter, TargetColumn, converter

Column = list[Any]
Quick = Callable[[Column], list[str] | None]
_NOTHING = type(None)


def quick_maker(columns: list[TargetColumn], members: list[str], options: Options) -> Callable[[list[Any]], str | None]:
    """Return what makes the rows of a batch of documents' values, or None for a batch that the exact path must read.

    :param members: the documents' member for each column.
    """
    fields = [
        (member, _quick(column, options), column.not_null) for member, column in zip(members, columns, strict=True)
    ]

    def make(values: list[Any]) -> str | None:
        if set(map(type, values)) != {dict}:
            return None
        made: list[list[str]] = []
        for member, quick, not_null in fields:
            texts = quick([value.get(member) for value in values])
            if texts is None or (not_null and NULL in texts):
                return None
            made.append(texts)
        return "\n".join(map("\t".join, zip(*made, strict=True))) + "\n"

    return make


def _quick(column: TargetColumn, options: Options) -> Quick:
    convert = converter(column, options)
    make = _MAKERS.get(column.type)
    return make(column, options, convert) if make else _each(convert)


def _each(convert: Converter) -> Quick:
    def quick(values: Column) -> list[str] | None:
        try:
            return [NULL if value is None else convert(value) for value in values]
        except ValueFaultError:
            return None

    return quick


def _integer(column: TargetColumn, _: Options, convert: Converter) -> Quick:
    bits, _shown = INTEGERS[column.type]
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    careful = _each(convert)

    def quick(values: Column) -> list[str] | None:
        kinds = set(map(type, values))
        if kinds == {int} and low <= min(values) and max(values) <= high:
            return list(map(str, values))
        return careful(values)

    return quick


def _float(_: TargetColumn, __: Options, convert: Converter) -> Quick:
    careful = _each(convert)

    def quick(values: Column) -> list[str] | None:
        if set(map(type, values)) <= {float, int, _NOTHING}:
            return [NULL if value is None else repr(value) for value in values]
        return careful(values)

    return quick


def _varchar(column: TargetColumn, options: Options, convert: Converter) -> Quick:
    most = column.modifier - 4
    careful = _each(convert)
    if options.empty_as_null or options.blanks_as_null or options.trim_blanks:
        return careful

    def quick(values: Column) -> list[str] | None:
        texts = [value for value in values if value is not None]
        if set(map(type, texts)) - {str}:
            return careful(values)
        together = " ".join(texts)
        if NEEDS_CARE.search(together):
            return careful(values)
        longest = max(map(len, texts), default=0)
        if longest > (most if together.isascii() else most // 4):
            return careful(values)
        return values if len(texts) == len(values) else [NULL if value is None else value for value in values]

    return quick


_MAKERS: dict[str, Callable[[TargetColumn, Options, Converter], Quick]] = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "float4": _float,
    "float8": _float,
    "varchar": _varchar,
}
