"""Compression encodings, and the column types that each goes with (c_Compression_encodings)."""

from __future__ import annotations

from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.names import words
from local.redshift.dialect.types import ColumnType
from local.redshift.errors import RedshiftError

_ALL = words("smallint integer bigint numeric real double boolean char varchar date timestamp timestamptz time timetz")
_WHOLE = words("smallint integer bigint numeric date timestamp timestamptz time timetz")
_TYPES: dict[str, frozenset[str]] = {
    "az64": _WHOLE,
    "bytedict": _ALL - {"boolean"},
    "delta": words("smallint integer bigint date timestamp numeric"),
    "delta32k": words("integer bigint date timestamp numeric"),
    "lzo": _ALL - {"boolean", "real", "double"},
    "mostly8": words("smallint integer bigint numeric"),
    "mostly16": words("integer bigint numeric"),
    "mostly32": words("bigint numeric"),
    "raw": _ALL,
    "runlength": _ALL,
    "text255": words("varchar"),
    "text32k": words("varchar"),
    "zstd": _ALL,
}


def read_encoding(cursor: Cursor) -> str:
    """Take an encoding's name; RedshiftError if there is none of that name."""
    name = cursor.name()
    if name not in _TYPES:
        raise RedshiftError(f'stand-in: unknown compression encoding "{name}"', code="42601")
    return name


def check_encoding(encoding: str, kind: ColumnType, column: str) -> None:
    """Raise RedshiftError if columns of this type cannot have the encoding."""
    base = kind.sql.replace("(", " ").split()[0]
    if base in _ALL and base not in _TYPES[encoding]:
        raise RedshiftError(
            f'stand-in: the encoding {encoding} does not go with column "{column}" of type {kind.sql}', code="42601"
        )
