"""What the text formats have in common: records, what can be wrong with them, and where lines end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from local.redshift.copy.failures import BAD_LINE, DELIMITER_NOT_FOUND, EMPTY_LINE, EXTRA_COLUMNS
from local.redshift.copy.options import Options

_NULL = "\\N"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a record. :param column: the index of the column that was being read, None for none."""

    code: int
    reason: str
    column: int | None = None
    position: int = 0
    value: str = ""


@dataclass
class Record:
    """One record.

    :param values: the fields' texts without quotes and escapes, None for NULL. :param starts: their offsets in the
        record's text. :param raw: that text, without the line's end. :param end: the place behind the line's end.
    """

    values: list[str | None] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    raw: str = ""
    end: int = 0
    fault: Fault | None = None

    @property
    def blank(self) -> bool:
        """Whether it is a line without anything."""
        return not self.raw and (self.fault is None or self.fault.code == EMPTY_LINE)


class Reader(Protocol):
    """Reads one record after the other."""

    def read(self, text: str, place: int, *, final: bool) -> Record | None:
        """Return the record that begins at `place`; None if the text ends within it and more may come."""
        ...

    def plain(self, text: str) -> Sequence[Sequence[str | None]] | None:
        """Return the fields of whole lines in which nothing is special, None if something is: the quick path."""
        ...


class UnfinishedText(Exception):  # noqa: N818  (it asks for more text)
    """The text ends within the record."""


class FaultyField(Exception):  # noqa: N818
    """A field cannot be read. :param place: where in the text. :param value: what was read of it."""

    def __init__(self, place: int, reason: str, value: str) -> None:
        super().__init__(reason)
        self.place, self.reason, self.value = place, reason, value


class Lines:
    """What all formats do with lines.

    :param count: how many columns there are.
    """

    def __init__(self, count: int, options: Options) -> None:
        self._count = count
        self._null = _NULL if options.null is None else options.null
        self._fill = options.fill_record
        # NUL ends a record, but where NULL AS says that it is a value.
        self._ends = "\n\r" if self._null == "\0" else "\n\r\0"

    def read(self, text: str, place: int, *, final: bool) -> Record | None:
        """Return the record that begins at `place`; see Reader."""
        record = Record()
        try:
            try:
                end = self._fields(text, place, record, final=final)
            except FaultyField as wrong:
                record.fault = self._fault(record, wrong)
                end = text.find("\n", wrong.place)
                if end < 0 and not final:
                    return None
                end = len(text) if end < 0 else end
            record.raw = text[place:end]
            record.end = self._behind(text, end, record, final=final)
        except UnfinishedText:
            return None
        if record.fault is None:
            self._check(record)
        return record

    def _fault(self, record: Record, wrong: FaultyField) -> Fault:
        index, start = len(record.starts) - 1, record.starts[-1]
        if index >= self._count:
            return Fault(EXTRA_COLUMNS, "Extra column(s) found", self._count - 1, start)
        return Fault(DELIMITER_NOT_FOUND, wrong.reason, index, start, wrong.value)

    def _fields(self, text: str, place: int, record: Record, *, final: bool) -> int:
        """Read the fields into the record, and return the place of the character that ends it."""
        raise NotImplementedError

    def _behind(self, text: str, end: int, record: Record, *, final: bool) -> int:
        """Return the place behind the end of a line, which '\\n' or '\\r\\n' make, or nothing at the end of a file."""
        if end >= len(text):
            return end
        if text[end] == "\n":
            return end + 1
        if end + 1 >= len(text) and not final:
            raise UnfinishedText
        if end + 1 == len(text) or text[end + 1] == "\n":
            return min(end + 2, len(text))
        # A carriage return or NUL alone (tutorial-loading-run-copy, NULL AS).
        found = f"Unexpected character 0x{ord(text[end + 1]):x} found at location {len(record.raw) + 1}"
        record.fault = Fault(BAD_LINE, f"Missing newline: {found}")
        line = text.find("\n", end)
        if line < 0 and not final:
            raise UnfinishedText
        return len(text) if line < 0 else line + 1

    def _check(self, record: Record) -> None:
        """Compare the number of fields with the columns'."""
        found, count = len(record.values), self._count
        if not record.raw and count > 1 and not self._fill:
            record.fault = Fault(EMPTY_LINE, "stand-in: empty line")
        elif found == count + 1 and record.starts[-1] == len(record.raw):
            # A delimiter may end the record (t_preparing-input-data).
            record.values.pop()
            record.starts.pop()
        elif found > count:
            record.fault = Fault(EXTRA_COLUMNS, "Extra column(s) found", count - 1, record.starts[count])
        elif found < count and not self._fill:
            value = record.values[-1] if record.values else ""
            start = record.starts[-1] if record.starts else 0
            record.fault = Fault(DELIMITER_NOT_FOUND, "Delimiter not found", max(found - 1, 0), start, value or "")

    def _value(self, text: str) -> str | None:
        return None if text == self._null else text

    def _split(self, text: str, delimiter: str) -> Sequence[Sequence[str | None]] | None:
        lines = [line.split(delimiter) for line in text.removesuffix("\n").split("\n")]
        if set(map(len, lines)) != {self._count}:
            return None
        null = self._null
        if null in text:
            return [[None if value == null else value for value in line] for line in lines]
        return lines
