"""What can be wrong with a row, and with a COPY as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field

# Developer Guide: r_Load_Error_Reference.
UNKNOWN_PARSE = 1200
EXTRA_COLUMNS = 1202
TOO_LONG = 1204
BAD_DATE = 1205
BAD_TIMESTAMP = 1206
BAD_DIGIT = 1207
BAD_FLOAT = 1208
BAD_DECIMAL = 1209
BAD_BOOLEAN = 1210
EMPTY_LINE = 1211
MISSING_NOT_NULL = 1213
DELIMITER_NOT_FOUND = 1214
BAD_LINE = 1216
BAD_IDENTITY = 1217
BAD_UTF8 = 1220
WRONG_ENCODING = 1221
OVERFLOW = 1222
BAD_SUPER = 1224


class SourceError(Exception):
    """The data cannot be read at all.

    :param error: the error's text as Redshift words it. :param context: what was being read.
    """

    def __init__(self, error: str, *, context: str = "", location: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.context = context
        self.location = location


class ValueFaultError(Exception):
    """One value does not fit its column.

    :param code: Redshift's load error code. :param reason: its text.
    :param position: where in the value, where that is known.
    """

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


@dataclass(frozen=True)
class LoadError:
    """One row that could not be loaded, as stl_load_errors shows it.

    :param line: the last line of the row's document, counted from 1. :param raw_line: the document's text.
    """

    file: str
    line: int
    code: int
    reason: str
    column: str = ""
    type: str = ""
    length: str = ""
    position: int = 0
    raw_line: str = ""
    raw_value: str = ""
    start_offset: int = 0


class TooManyErrors(Exception):  # noqa: N818  (it stops the load; the errors themselves are recorded)
    """As many rows failed as MAXERROR allows."""


@dataclass
class Errors:
    """The rows that failed so far.

    :param most: MAXERROR; the load stops when as many rows failed, or at the first where it is 0.
    :param found: those that nobody has taken yet. :param count: how many there were.
    """

    most: int
    found: list[LoadError] = field(default_factory=list)
    count: int = 0

    def add(self, error: LoadError) -> None:
        """Record a failed row; TooManyErrors if the load has to stop."""
        self.found.append(error)
        self.count += 1
        if self.count >= max(self.most, 1):
            raise TooManyErrors

    def take(self) -> list[LoadError]:
        """Return the errors that nobody has taken yet."""
        taken, self.found = self.found, []
        return taken
