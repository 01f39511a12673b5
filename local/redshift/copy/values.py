"""From a JSON value to the text that PostgreSQL loads: Redshift's coercions, one function a type.

Source: copy-parameters-data-conversion.

Every converter takes a JSON value that is not null and returns a text in PostgreSQL's COPY format, escapes included, or
NULL's mark; it raises ValueFaultError for a value that Redshift does not load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import msgspec

from local.redshift.copy import failures
from local.redshift.copy.failures import ValueFaultError
from local.redshift.copy.moments import date_reader, timestamp_reader, timestamptz_reader
from local.redshift.copy.options import Options
from local.redshift.errors import UnsupportedError

NULL = "\\N"
_NUMBERS = msgspec.json.Encoder()
Converter = Callable[[Any], str]

# DECIMAL has up to 38 digits, the default context 28.
_EXACT = Context(prec=80)
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
NEEDS_CARE = re.compile("[\\\\\n\t\r\x00\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
# No number that fits is longer; the conversion of very long ones is refused by Python.
_LONGEST_INTEGER = 100
_NOT_DIGIT = re.compile(r"[^0-9]")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")


@dataclass(frozen=True)
class TargetColumn:
    """A column that COPY loads, as PostgreSQL's catalogue has it.

    :param type: its type's name in pg_type. :param modifier: its atttypmod.
    """

    name: str
    type: str
    modifier: int
    not_null: bool = False
    has_default: bool = False
    identity: str = ""

    @property
    def length(self) -> str:
        """Its length as stl_load_errors shows it."""
        if self.type in ("varchar", "bpchar"):
            return str(self.modifier - 4)
        if self.type == "numeric":
            return "{}, {}".format(*self.precision)
        return "0"

    @property
    def shown_type(self) -> str:
        """Its type as stl_load_errors shows it."""
        return {"bpchar": "char"}.get(self.type, self.type)

    @property
    def precision(self) -> tuple[int, int]:
        """A NUMERIC's precision and scale."""
        packed = self.modifier - 4
        return packed >> 16, packed & 0x7FF


def converter(column: TargetColumn, options: Options) -> Converter:
    """Return the converter for a column under a statement's options; UnsupportedError for a type without one."""
    make = _MAKERS.get(column.type)
    if make is None:
        raise UnsupportedError(f"COPY into a column of type {column.type} is not supported yet")
    return make(column, options)


INTEGERS = {
    # name: bits, the type's name in messages
    "int2": (16, "Short"),
    "int4": (32, "Integer"),
    "int8": (64, "Long"),
}


def _integer(column: TargetColumn, _: Options) -> Converter:
    bits, shown = INTEGERS[column.type]
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1

    def convert(value: Any) -> str:
        if value.__class__ is int:
            number = value
        elif value.__class__ is float:
            # JSON numbers with an integral value load (the sample's `registration`); others have a digit too many.
            if not value.is_integer():
                raise _bad_digit(repr(value), shown)
            number = int(value)
        elif value.__class__ is str:
            stripped = value.strip()
            if not stripped:
                return NULL
            if not _INTEGER.match(stripped):
                raise _bad_digit(stripped, shown)
            number = int(stripped) if len(stripped) < _LONGEST_INTEGER else high + 1
        else:
            raise _bad_digit(json_text(value), shown)
        if not low <= number <= high:
            raise ValueFaultError(failures.OVERFLOW, f"Overflow ({shown} valid range {low} to {high})")
        return str(number)

    return convert


def _bad_digit(text: str, shown: str) -> ValueFaultError:
    body = text[1:] if text[:1] in "+-" else text
    match = _NOT_DIGIT.search(body)
    place = match.start() + len(text) - len(body) if match else 0
    reason = f"Invalid digit, Value '{text[place : place + 1]}', Pos {place}, Type: {shown}"
    return ValueFaultError(failures.BAD_DIGIT, reason, place)


_FLOATS = {
    # name: the smallest and the largest number but zero
    "float4": (1.1754944e-38, 3.4028234e38),
    "float8": (2.2250738585072014e-308, 1.7976931348623157e308),
}


def _float(column: TargetColumn, _: Options) -> Converter:
    low, high = _FLOATS[column.type]

    def convert(value: Any) -> str:
        if value.__class__ is float or value.__class__ is int:
            number = float(value)
        elif value.__class__ is str:
            stripped = value.strip()
            if not stripped:
                return NULL
            if not _FLOAT.match(stripped):
                raise _bad_float(column)
            number = float(stripped)
        else:
            raise _bad_float(column)
        # What is too small is an error for PostgreSQL as what is too large is; there it would end the load.
        if number and not low <= abs(number) <= high:
            raise _bad_float(column)
        return _NUMBERS.encode(number).decode()

    return convert


def _bad_float(column: TargetColumn) -> ValueFaultError:
    return ValueFaultError(failures.BAD_FLOAT, f"stand-in: invalid value for {column.type}")


def _numeric(column: TargetColumn, options: Options) -> Converter:
    precision, scale = column.precision
    unit = Decimal(1).scaleb(-scale)
    rounding = ROUND_HALF_UP if options.round_decimals else ROUND_DOWN
    limit = Decimal(10) ** (precision - scale)
    beyond = ValueFaultError(failures.BAD_DECIMAL, f"stand-in: out of range of numeric({precision},{scale})")

    def convert(value: Any) -> str:
        if value.__class__ in (int, float):
            text = repr(value)
        elif value.__class__ is str:
            text = value.strip()
            if not text:
                return NULL
        else:
            text = json_text(value)
        if not _FLOAT.match(text):
            raise _bad_digit(text, "Decimal")
        try:
            number = Decimal(text).quantize(unit, rounding=rounding, context=_EXACT)
        except InvalidOperation as error:
            # More digits than any DECIMAL has.
            raise beyond from error
        # Only now: rounding may add a digit.
        if number.copy_abs() >= limit:
            raise beyond
        return f"{number:f}"

    return convert


_BOOLEANS = {
    **dict.fromkeys(("t", "true", "y", "yes", "1"), "t"),
    **dict.fromkeys(("f", "false", "n", "no", "0"), "f"),
}


def _boolean(_: TargetColumn, __: Options) -> Converter:
    def convert(value: Any) -> str:
        if value is True or value is False:
            return "t" if value else "f"
        text = str(value).strip().lower()
        if not text:
            return NULL
        if text not in _BOOLEANS:
            raise ValueFaultError(failures.BAD_BOOLEAN, "stand-in: invalid boolean")
        return _BOOLEANS[text]

    return convert


def _varchar(column: TargetColumn, options: Options) -> Converter:
    most = column.modifier - 4
    care = NEEDS_CARE.search
    quarter = most // 4
    special = options.empty_as_null or options.blanks_as_null or options.trim_blanks

    def convert(value: Any) -> str:
        if value.__class__ is not str:
            value = json_text(value)
        if special:
            changed = _blanks(value, options)
            if changed is None:
                return NULL
            value = changed
        if care(value):
            value = _valid(value, options.replacement)
            size = len(value.encode())
            if size > most:
                value = _shortened(value, most, options)
            return str(value.translate(_ESCAPES))
        if len(value) > quarter:
            size = len(value) if value.isascii() else len(value.encode())
            if size > most:
                value = _shortened(value, most, options)
        return str(value)

    return convert


def _char(column: TargetColumn, options: Options) -> Converter:
    text = _varchar(column, options)

    def convert(value: Any) -> str:
        if value.__class__ is str and not value.isascii():
            at = next(i for i, letter in enumerate(value) if ord(letter) > 127)
            wrong = _bytes(value[at]).hex(" ")
            hint = "Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). Invalid char: "
            raise ValueFaultError(failures.BAD_UTF8, hint + wrong, at)
        return text(value)

    return convert


def _blanks(value: str, options: Options) -> str | None:
    """Apply EMPTYASNULL, BLANKSASNULL and TRIMBLANKS; None for NULL."""
    if not value:
        return None if options.empty_as_null else value
    if options.blanks_as_null and value.isspace():
        return None
    return value.rstrip(" ") if options.trim_blanks else value


def _shortened(value: str, most: int, options: Options) -> str:
    """Return the value cut to `most` bytes where that is allowed: blanks always, more with TRUNCATECOLUMNS."""
    raw = value.encode()
    if not options.truncate_columns and raw[most:].strip(b" "):
        raise ValueFaultError(failures.TOO_LONG, "String length exceeds DDL length")
    return raw[:most].decode(errors="ignore")


def _valid(value: str, replacement: str | None) -> str:
    """Return the value if PostgreSQL can hold it, with invalid bytes replaced where ACCEPTINVCHARS says so."""
    if "\0" in value:
        raise ValueFaultError(failures.BAD_UTF8, "stand-in: the character NUL is not supported", value.index("\0"))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        if replacement is None:
            wrong = _bytes(value[error.start : error.end]).hex(" ")
            reason = (
                "String contains invalid or unsupported UTF-8 codepoints. "
                f"Bad UTF-8 hex sequence: {wrong} (error {_utf8_error(wrong)})"
            )
            raise ValueFaultError(failures.BAD_UTF8, reason, error.start) from error
        return re.sub("[\ud800-\udfff]", replacement, value)
    return value


def _bytes(text: str) -> bytes:
    """Return the file's own bytes of a text; half a surrogate pair, which came from an escape, is encoded as it is."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _utf8_error(wrong: str) -> int:
    """Return Redshift's number for what is wrong with a byte sequence (multi-byte character load errors)."""
    first = int(wrong[:2], 16)
    if first >= 0xF8:
        return 1 if first < 0xFE else 3
    return 2 if first >= 0xC2 else 3


def json_text(value: Any) -> str:
    """Return a value as it loads into a VARCHAR: a string as it is, all else as JSON text.

    Raises ValueFaultError for a number beyond DOUBLE PRECISION.
    """
    if value.__class__ is str:
        return str(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise ValueFaultError(failures.BAD_FLOAT, "stand-in: a number is beyond DOUBLE PRECISION") from error


def _super(_: TargetColumn, __: Options) -> Converter:
    """A SUPER takes any JSON value, strings included, as a document of its own (ingest-super)."""

    def convert(value: Any) -> str:
        try:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            text.encode()
        except ValueError as error:
            raise ValueFaultError(failures.BAD_SUPER, "stand-in: no JSON that SUPER holds") from error
        return text.translate(_ESCAPES)

    return convert


def _timestamp(_: TargetColumn, options: Options) -> Converter:
    return _moment(timestamp_reader(options.time_format), options)


def _timestamptz(_: TargetColumn, options: Options) -> Converter:
    return _moment(timestamptz_reader(options.time_format), options)


def _date(_: TargetColumn, options: Options) -> Converter:
    return _moment(date_reader(options.date_format), options)


def _moment(read: Callable[[object], str], options: Options) -> Converter:
    lenient = options.accept_any_date

    def convert(value: Any) -> str:
        if value.__class__ is str and not value.strip():
            return NULL
        try:
            return read(value)
        except ValueFaultError:
            if lenient:
                return NULL
            raise

    return convert


_MAKERS: dict[str, Callable[[TargetColumn, Options], Converter]] = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "float4": _float,
    "float8": _float,
    "numeric": _numeric,
    "bool": _boolean,
    "varchar": _varchar,
    "bpchar": _char,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
    "date": _date,
    "super": _super,
}
