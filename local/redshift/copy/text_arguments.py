"""The arguments that text's options have in COPY and in UNLOAD: delimiters, null strings, widths.

Redshift reads them as they are written, not as SQL strings: '\\N' is a backslash and an N there, and '\\t' a tab
(Developer Guide: copy-parameters-data-format, copy-parameters-data-conversion).
"""

from __future__ import annotations

import re

from local.redshift.dialect.cursor import Cursor
from local.redshift.errors import RedshiftError

_OCTAL = re.compile(r"\\([0-7]{3})\Z")
_NUL = ("\\0", "\\000")


def written(cursor: Cursor) -> str:
    """Take a string and return what stands between its quotes, with doubled quotes and backslashes made one."""
    token = cursor.peek()
    value = cursor.string()
    if token is None or cursor.statement.text[token.start] != "'":
        return value
    body = cursor.statement.text[token.start + 1 : token.end - 1]
    return body.replace("''", "'").replace("\\'", "'").replace("\\\\", "\\")


def one_character(cursor: Cursor, option: str) -> str:
    """Take a string that stands for one ASCII character, which may be written as '\\t' or in octal, '\\ddd'.

    Raises RedshiftError for anything else, and for what ends a line.
    """
    given = written(cursor)
    octal = _OCTAL.match(given)
    if octal:
        given = chr(int(octal.group(1), 8))
    elif given == "\\t":
        given = "\t"
    if len(given) != 1 or not given.isascii() or given in "\n\r\0":
        raise RedshiftError(f"stand-in: {option} takes one ASCII character", code="42601")
    return given


def null_string(cursor: Cursor) -> str:
    """Take what stands for NULL; '\\0' and '\\000' are the character NUL. RedshiftError for a line's end."""
    given = written(cursor)
    if given in _NUL:
        return "\0"
    if given in ("\\n", "\n"):
        raise RedshiftError("stand-in: NULL AS '\\n' is not possible; it ends a line", code="42601")
    return given


def widths(cursor: Cursor) -> tuple[int, ...]:
    """Take FIXEDWIDTH's specification, 'label:width, …', and return the widths; the labels mean nothing."""
    spec = cursor.string()
    parts = [part.rpartition(":") for part in spec.split(",")]
    if not all(label.strip() and width.strip().isdecimal() and int(width) for label, _, width in parts):
        raise RedshiftError(f"stand-in: FIXEDWIDTH '{spec}' is not of the form 'label:width, …'", code="42601")
    return tuple(int(width) for _, _, width in parts)
