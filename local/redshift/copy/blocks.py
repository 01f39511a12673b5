"""Whole lines of JSON to rows at once: the quick path, for blocks with nothing unusual in them.

It gives up a block, and never names an error: what it gives up is read again by the exact path in `rows.py`, document
by document. Where it does not give up, its rows are the exact path's to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
import orjson
from msgspec.structs import astuple

from local.redshift.copy.columns import Quick, quick_column
from local.redshift.copy.crew import Made
from local.redshift.copy.failures import ValueFaultError
from local.redshift.copy.jsonpaths import Getter
from local.redshift.copy.options import Options
from local.redshift.copy.values import INTEGERS, NULL, TargetColumn

# Integers beyond 64 bits are the exact path's, where they are floating point numbers (copy-parameters-data-conversion).
_NUMBER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | float | bool
# A block's values, column by column.
_Fetch = Callable[[bytes], Sequence[Sequence[Any]]]
_NONE: Sequence[Sequence[Any]] = ((),)


class QuickPath:
    """Makes rows of blocks of whole lines.

    :param columns: the columns to load, in their order. :param getters: what fetches each one's value.
    """

    def __init__(self, columns: list[TargetColumn], getters: list[Getter], options: Options) -> None:
        typed = _typed(columns, getters, options)
        self._fields: list[tuple[Quick, bool]] = [
            (quick_column(column, options, typed=typed is not None), column.not_null) for column in columns
        ]
        self._fetch = typed or _untyped(getters)

    def make(self, block: bytes) -> Made | None:
        """Return a block's rows; None for a block that the exact path must read."""
        try:
            columns = self._fetch(block)
        except (msgspec.MsgspecError, ValueError, ValueFaultError, RecursionError):
            # A document or a value that is not as it should be; invalid UTF-8 is a ValueError.
            return None
        count = len(columns[0])
        if not count:
            return b"", 0
        made: list[Sequence[str]] = []
        for (quick, not_null), values in zip(self._fields, columns, strict=True):
            texts = quick(values)
            if texts is None or (not_null and NULL in texts):
                return None
            made.append(texts)
        text = "\n".join(map("\t".join, zip(*made, strict=True))) + "\n"
        return text.encode(), count


def _typed(columns: list[TargetColumn], getters: list[Getter], options: Options) -> _Fetch | None:
    """Return what decodes the wanted members only; None if a column wants another thing than a scalar of its own."""
    members = [getter.member for getter in getters if getter.member is not None]
    if len(set(members)) < len(getters) or any(column.type == "super" for column in columns):
        return None
    names = [f"column_{number}" for number in range(len(members))]
    fields = [(name, _kind(column, options), None) for name, column in zip(names, columns, strict=True)]
    try:
        struct = msgspec.defstruct("Row", fields, rename=dict(zip(names, members, strict=True)), gc=False)
    except ValueError:  # a member's name that msgspec cannot look for
        return None
    # Not strict: integers may be written as floating point numbers. Every type lets texts in, which so stay texts.
    decode = msgspec.json.Decoder(struct, strict=False).decode_lines
    return lambda block: list(zip(*map(astuple, decode(block)), strict=True)) or _NONE


def _kind(column: TargetColumn, options: Options) -> Any:
    """The type of a column's values: what `columns.py` makes of them relies on it where it is told they are typed."""
    if column.type in INTEGERS:
        bits, _ = INTEGERS[column.type]
        return Annotated[int, msgspec.Meta(ge=-(1 << (bits - 1)), le=(1 << (bits - 1)) - 1)] | str | None
    if column.type == "float8":
        return float | str | None
    if column.type == "varchar" and not options.truncate_columns:
        # In characters: what is longer than that is longer in bytes too. The column counts those.
        return Annotated[str, msgspec.Meta(max_length=column.modifier - 4)] | _NUMBER | None
    return str | _NUMBER | None


def _untyped(getters: list[Getter]) -> _Fetch:
    """Return what fetches from whole documents, one a line."""
    gets = [getter.get for getter in getters]
    loads = orjson.loads

    def fetch(block: bytes) -> Sequence[Sequence[Any]]:
        documents = [loads(line) for line in block.split(b"\n") if line and not line.isspace()]
        if not {dict, list}.issuperset(map(type, documents)):
            raise ValueError("a document is neither an object nor an array")
        return [[get(document) for document in documents] for get in gets]

    return fetch
