"""Whole lines of JSON to rows at once: the quick path, for blocks with nothing unusual in them.

It gives up a block, and never names an error: what it gives up is read again by the exact path in `rows.py`, document
by document. Where it does not give up, its rows are the exact path's to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import orjson

from local.redshift.copy.columns import Quick, quick_column
from local.redshift.copy.failures import ValueFaultError
from local.redshift.copy.jsonpaths import Getter
from local.redshift.copy.options import Options
from local.redshift.copy.values import NULL, TargetColumn

# A block's rows and how many they are.
Made = tuple[str, int]
# Integers beyond 64 bits are the exact path's, where they are floating point numbers (redshift.md A8).
_NUMBER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | float | bool
_Fetch = Callable[[bytes], Sequence[tuple[Any, ...]]]


class QuickPath:
    """Makes rows of blocks of whole lines.

    :param columns: the columns to load, in their order. :param getters: what fetches each one's value.
    """

    def __init__(self, columns: list[TargetColumn], getters: list[Getter], options: Options) -> None:
        self._fields: list[tuple[Quick, bool]] = [
            (quick_column(column, options), column.not_null) for column in columns
        ]
        self._fetch = _typed(columns, getters, options) or _untyped(getters)

    def make(self, block: bytes) -> Made | None:
        """Return a block's rows; None for a block that the exact path must read."""
        try:
            rows = self._fetch(block)
        except (msgspec.MsgspecError, ValueError, ValueFaultError, RecursionError):
            # A document or a value that is not as it should be; invalid UTF-8 is a ValueError.
            return None
        if not rows:
            return "", 0
        made: list[Sequence[str]] = []
        for (quick, not_null), values in zip(self._fields, zip(*rows, strict=True), strict=True):
            texts = quick(values)
            if texts is None or (not_null and NULL in texts):
                return None
            made.append(texts)
        return "\n".join(map("\t".join, zip(*made, strict=True))) + "\n", len(rows)


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
    decode = msgspec.json.Decoder(struct).decode_lines
    take = attrgetter(*names)
    if len(names) == 1:
        return lambda block: [(take(row),) for row in decode(block)]
    return lambda block: list(map(take, decode(block)))


def _kind(column: TargetColumn, options: Options) -> Any:
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

    def fetch(block: bytes) -> Sequence[tuple[Any, ...]]:
        documents = [loads(line) for line in block.split(b"\n") if line and not line.isspace()]
        if not {dict, list}.issuperset(map(type, documents)):
            raise ValueError("a document is neither an object nor an array")
        return [tuple([get(document) for get in gets]) for document in documents]

    return fetch
