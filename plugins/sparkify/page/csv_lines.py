"""CSV for downloads: RFC 4180, UTF-8, and nothing that a spreadsheet would take for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

# What makes a spreadsheet compute a cell, after <https://owasp.org/www-community/attacks/CSV_Injection>.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LINES_AT_A_TIME = 500


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield a header and the rows, some hundred lines at a time, lines ended by CR LF.

    A text that a spreadsheet would compute gets an apostrophe before it, as OWASP advises: song titles and locations
    are what others have typed. Numbers are left as they are, so a negative one stays one. Times are UTC in ISO 8601,
    an unknown value is an empty field.
    """
    yield _encode([columns])
    batch: list[Sequence[Any]] = []
    for row in rows:
        batch.append([_cell(value) for value in row])
        if len(batch) == _LINES_AT_A_TIME:
            yield _encode(batch)
            batch = []
    if batch:
        yield _encode(batch)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    return value


def _encode(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
