"""From a query's rows to a file's lines, in each of UNLOAD's formats (Developer Guide: r_UNLOAD)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from local.redshift.errors import RedshiftError, UnsupportedError
from local.redshift.unload.options import UnloadOptions
from local.redshift.wire.messages import ResultColumn

Row = Sequence[str | None]
# PostgreSQL's own type numbers (pg_type.oid), the same in every version.
TEXTS = (25, 1042, 1043)
# SUPER's number here: the type that the stand-in makes for it has another in every database.
SUPER = -1
_CHAR = 1042
_NUMBERS = (20, 21, 23, 1700, 700, 701)
_TYPES = {
    16: "boolean",
    20: "bigint",
    21: "smallint",
    23: "integer",
    25: "character varying",
    700: "real",
    701: "double precision",
    1042: "character",
    1043: "character varying",
    SUPER: "super",
    1082: "date",
    1083: "time without time zone",
    1114: "timestamp without time zone",
    1184: "timestamp with time zone",
    1266: "time with time zone",
    1700: "numeric",
}
KNOWN = frozenset(_TYPES)


class Lines:
    """Makes the lines of a file.

    :param columns: the query's, with types in KNOWN. Raises RedshiftError for columns that the format cannot hold.
    """

    def __init__(self, columns: list[ResultColumn], options: UnloadOptions) -> None:
        self._supers = [index for index, column in enumerate(columns) if column.type == SUPER]
        if self._supers and (options.escape or options.add_quotes or options.widths):
            raise UnsupportedError(
                "UNLOAD of SUPER with ESCAPE, ADDQUOTES or FIXEDWIDTH is not supported: the result is not documented"
            )
        self.columns = columns
        self._line = _FORMATS[_kind(options)](columns, options)
        self._padded = [index for index, column in enumerate(columns) if column.type == _CHAR]
        self.header = self._line([column.name for column in columns]).encode() + b"\n" if options.header else b""

    def make(self, row: list[str | None]) -> bytes:
        """Return one row's line."""
        for index in self._padded:
            # CHAR's padding is not unloaded (r_UNLOAD_command_examples, the CHAR(64) in ADDQUOTES' example).
            if (value := row[index]) is not None:
                row[index] = value.rstrip(" ")
        for index in self._supers:
            # SUPER's null is JSON's, whatever NULL AS says (unload-super-csv).
            row[index] = row[index] or "null"
        return self._line(row).encode() + b"\n"

    def schema(self) -> list[dict[str, object]]:
        """Return the columns as MANIFEST VERBOSE lists them."""
        return [{"name": column.name, "type": _described(column)} for column in self.columns]


def _described(column: ResultColumn) -> dict[str, object]:
    base: dict[str, object] = {"base": _TYPES[column.type]}
    packed = column.modifier - 4
    if column.type in TEXTS and packed >= 0:
        base["max_length"] = packed
    if column.type == 1700 and packed >= 0:
        base |= {"precision": packed >> 16, "scale": packed & 0x7FF}
    return base


def _kind(options: UnloadOptions) -> str:
    return "fixedwidth" if options.widths is not None else options.format


def _csv(_: list[ResultColumn], options: UnloadOptions) -> Callable[[Row], str]:
    delimiter, null = options.delimiter or ",", options.null or ""
    special = {delimiter, '"', "\n", "\r"}

    def line(row: Row) -> str:
        return delimiter.join(
            null if value is None else '"' + value.replace('"', '""') + '"' if not special.isdisjoint(value) else value
            for value in row
        )

    return line


def _text(columns: list[ResultColumn], options: UnloadOptions) -> Callable[[Row], str]:
    delimiter, null = options.delimiter or "|", options.null or ""
    escaped = {"\\": "\\\\", "\n": "\\\n", "\r": "\\\r", delimiter: "\\" + delimiter}
    if options.add_quotes:
        escaped |= {'"': '\\"', "'": "\\'"}
    table = str.maketrans(escaped)
    texts = [column.type in TEXTS for column in columns]
    quote = '"' if options.add_quotes else ""

    def line(row: Row) -> str:
        values = [null if value is None else value for value in row]
        if options.escape:
            values = [
                value.translate(table) if text and given is not None else value
                for value, given, text in zip(values, row, texts, strict=True)
            ]
        if quote:
            return delimiter.join([f'"{value}"' for value in values])
        return delimiter.join(values)

    return line


def _fixed(columns: list[ResultColumn], options: UnloadOptions) -> Callable[[Row], str]:
    widths, null = options.widths or (), options.null or ""
    if len(widths) != len(columns):
        raise RedshiftError(f"stand-in: FIXEDWIDTH has {len(widths)} widths for {len(columns)} columns", code="42601")

    def field(value: str | None, width: int, column: ResultColumn) -> str:
        if value is None:
            # A null string that does not fit is an empty field, but for a text column an error.
            value = null if len(null) <= width or column.type in TEXTS else ""
        if len(value) > width:
            raise RedshiftError(
                f'stand-in: a value of column "{column.name}" is {len(value)} characters long, its FIXEDWIDTH {width}'
            )
        return value.ljust(width)

    def line(row: Row) -> str:
        return "".join(map(field, row, widths, columns))

    return line


def _json(columns: list[ResultColumn], _: UnloadOptions) -> Callable[[Row], str]:
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        raise RedshiftError("stand-in: UNLOAD as JSON needs a name of its own for every column")
    keys = [json.dumps(name, ensure_ascii=False) + ":" for name in names]
    makers = [_JSON.get(column.type, _json_text) for column in columns]

    def line(row: Row) -> str:
        members = [
            key + ("null" if value is None else make(value)) for key, make, value in zip(keys, makers, row, strict=True)
        ]
        return "{" + ",".join(members) + "}"

    return line


def _json_text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json_number(value: str) -> str:
    if value in ("NaN", "Infinity", "-Infinity"):
        raise UnsupportedError(f"UNLOAD of {value} as JSON is not supported: JSON has no such number")
    return value


def _json_as_it_is(value: str) -> str:
    return value


_JSON = {**dict.fromkeys(_NUMBERS, _json_number), SUPER: _json_as_it_is}
_FORMATS: dict[str, Callable[[list[ResultColumn], UnloadOptions], Callable[[Row], str]]] = {
    "csv": _csv,
    "text": _text,
    "fixedwidth": _fixed,
    "json": _json,
}
