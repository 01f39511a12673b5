"""COPY's parameters for text: one row of a table each."""

from __future__ import annotations

from collections.abc import Callable

from local.redshift.copy import reading
from local.redshift.copy.options import Options
from local.redshift.copy.text_arguments import one_character
from local.redshift.dialect.cursor import Cursor
from local.redshift.errors import RedshiftError, UnsupportedError

Reader = Callable[[Cursor, Options], None]


def _csv(_: Cursor, __: Options) -> None:
    """Take nothing: QUOTE, which may follow, has a row of its own."""


def _quote(cursor: Cursor, options: Options) -> None:
    cursor.accept("as")
    options.quote = one_character(cursor, "QUOTE")


TEXT_READERS: dict[str, Reader] = {
    "csv": _csv,
    "quote": _quote,
    "delimiter": reading.delimiter,
    "fixedwidth": reading.fixed_width,
    "null": reading.null,
    "escape": reading.flag("escape"),
    "removequotes": reading.flag("remove_quotes"),
    "fillrecord": reading.flag("fill_record"),
    "ignoreblanklines": reading.flag("ignore_blank_lines"),
}
# What the guide says cannot be used together.
_EXCLUDED = (
    ("csv", ("fixedwidth", "removequotes", "escape")),
    ("fixedwidth", ("delimiter", "escape")),
)
# What it does not say the outcome of.
_UNKNOWN = (("fixedwidth", "removequotes"),)


def text_format(options: Options) -> str:
    """Return the text format that the parameters make, a key of formats.FORMATS.

    Raises RedshiftError for parameters that exclude each other.
    """
    seen = options.seen
    for one, others in _EXCLUDED:
        for other in others:
            if {one, other} <= seen:
                raise RedshiftError(f"stand-in: {other.upper()} cannot be used with {one.upper()}", code="42601")
    for one, other in _UNKNOWN:
        if {one, other} <= seen:
            raise UnsupportedError(f"{other.upper()} with {one.upper()} is not supported: the result is not documented")
    if "quote" in seen and "csv" not in seen:
        raise RedshiftError("stand-in: QUOTE can be used with CSV only", code="42601")
    if "csv" in seen:
        if (options.quote or '"') == (options.delimiter or ","):
            raise RedshiftError("stand-in: QUOTE and DELIMITER must differ", code="42601")
        return "csv"
    return "fixedwidth" if "fixedwidth" in seen else "delimited"
