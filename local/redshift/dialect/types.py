"""Redshift's column types, and PostgreSQL's for them (Developer Guide: c_Supported_data_types)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.names import words
from local.redshift.errors import RedshiftError, UnsupportedError

LONGEST_VARCHAR = 65535
LONGEST_CHAR = 4096


@dataclass(frozen=True)
class ColumnType:
    """A column's type.

    :param sql: PostgreSQL's type. :param bytes: how many bytes a text may have; None for other types.
    :param indexable: whether values are short enough for an index of PostgreSQL's.
    """

    sql: str
    bytes: int | None = None

    @property
    def index_bytes(self) -> int:
        """The most bytes that a value takes in an index."""
        return self.bytes if self.bytes is not None else 16


def _plain(sql: str) -> Callable[[Cursor], ColumnType]:
    return lambda _: ColumnType(sql)


def _length(cursor: Cursor, default: int, longest: int) -> int:
    if not cursor.accept_symbol("("):
        return default
    length = longest if cursor.accept("max") else cursor.number()
    cursor.expect_symbol(")")
    if length < 1:
        raise RedshiftError("length for type varchar must be at least 1", code="22023")
    if length > longest:
        raise RedshiftError(f"Column length exceeds maximum allowed (maximum column length is {longest})", code="XX000")
    return length


def _varchar(cursor: Cursor) -> ColumnType:
    length = _length(cursor, 256, LONGEST_VARCHAR)
    return ColumnType(f"varchar({length})", length)


def _text(_: Cursor) -> ColumnType:
    return ColumnType("varchar(256)", 256)


def _char(cursor: Cursor) -> ColumnType:
    if cursor.accept("varying"):
        return _varchar(cursor)
    length = _length(cursor, 1, LONGEST_CHAR)
    return ColumnType(f"char({length})", length)


def _bpchar(cursor: Cursor) -> ColumnType:
    length = _length(cursor, 256, LONGEST_CHAR)
    return ColumnType(f"char({length})", length)


def _numeric(cursor: Cursor) -> ColumnType:
    precision, scale = 18, 0
    if cursor.accept_symbol("("):
        precision = cursor.number()
        if cursor.accept_symbol(","):
            scale = cursor.number()
        cursor.expect_symbol(")")
    if not 1 <= precision <= 38 or not 0 <= scale <= min(37, precision):
        raise RedshiftError(f"NUMERIC precision {precision}, scale {scale} out of range", code="22023")
    return ColumnType(f"numeric({precision},{scale})")


def _double(cursor: Cursor) -> ColumnType:
    cursor.expect("precision")
    return ColumnType("double precision")


def _float(cursor: Cursor) -> ColumnType:
    digits = 53
    if cursor.accept_symbol("("):
        digits = cursor.number()
        cursor.expect_symbol(")")
    return ColumnType("real" if digits <= 24 else "double precision")


def _timestamp(cursor: Cursor) -> ColumnType:
    return ColumnType("timestamptz" if _zoned(cursor) else "timestamp")


def _time(cursor: Cursor) -> ColumnType:
    return ColumnType("timetz" if _zoned(cursor) else "time")


def _zoned(cursor: Cursor) -> bool:
    if cursor.accept("with", "time", "zone"):
        return True
    cursor.accept("without", "time", "zone")
    return False


TYPES: dict[str, Callable[[Cursor], ColumnType]] = {
    "smallint": _plain("smallint"),
    "int2": _plain("smallint"),
    "integer": _plain("integer"),
    "int": _plain("integer"),
    "int4": _plain("integer"),
    "bigint": _plain("bigint"),
    "int8": _plain("bigint"),
    "decimal": _numeric,
    "numeric": _numeric,
    "real": _plain("real"),
    "float4": _plain("real"),
    "double": _double,
    "float8": _plain("double precision"),
    "float": _float,
    "boolean": _plain("boolean"),
    "bool": _plain("boolean"),
    "char": _char,
    "character": _char,
    "nchar": _char,
    "bpchar": _bpchar,
    "varchar": _varchar,
    "nvarchar": _varchar,
    "text": _text,
    "date": _plain("date"),
    "timestamp": _timestamp,
    "timestamptz": _plain("timestamptz"),
    "time": _time,
    "timetz": _plain("timetz"),
    # Defined in catalogue/super.sql.
    "super": _plain("super"),
}


# c_unsupported-postgresql-datatypes
_POSTGRES_ONLY = words(
    "bytea serial bigserial smallserial uuid json jsonb money inet cidr macaddr xml hstore bit point line lseg box "
    "path polygon circle tsvector tsquery name oid"
)


def read_type(cursor: Cursor) -> ColumnType:
    """Take a column's type; UnsupportedError for a type that Redshift or the stand-in does not have."""
    name = cursor.name()
    reader = TYPES.get(name)
    if reader is None:
        reason = "; Redshift has none" if name in _POSTGRES_ONLY else ""
        raise UnsupportedError(f'column type "{name}" is not supported{reason}')
    column = reader(cursor)
    if (token := cursor.peek()) is not None and token.symbol("["):
        raise UnsupportedError("arrays are not supported; Redshift has none")
    return column
