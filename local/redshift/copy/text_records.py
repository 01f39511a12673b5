"""From text to records: CSV, delimited and fixed-width."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from local.redshift.copy.failures import BAD_LINE, DELIMITER_NOT_FOUND, EMPTY_LINE, EXTRA_COLUMNS
from local.redshift.copy.options import Options

_NULL = "\\N"
_BLANK = " \t"


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


class _Unfinished(Exception):  # noqa: N818  (it asks for more text)
    """The text ends within the record."""


class _Faulty(Exception):  # noqa: N818
    def __init__(self, place: int, reason: str, value: str, code: int = DELIMITER_NOT_FOUND) -> None:
        super().__init__(reason)
        self.place, self.reason, self.value, self.code = place, reason, value, code


class _Lines:
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
        record = Record()
        try:
            try:
                end = self._fields(text, place, record, final=final)
            except _Faulty as wrong:
                record.fault = Fault(wrong.code, wrong.reason, len(record.starts) - 1, record.starts[-1], wrong.value)
                end = text.find("\n", wrong.place)
                if end < 0 and not final:
                    return None
                end = len(text) if end < 0 else end
            record.raw = text[place:end]
            record.end = self._behind(text, end, record, final=final)
        except _Unfinished:
            return None
        if record.fault is None:
            self._check(record)
        return record

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
            raise _Unfinished
        if end + 1 == len(text) or text[end + 1] == "\n":
            return min(end + 2, len(text))
        # A carriage return or NUL alone (tutorial-loading-run-copy, NULL AS).
        found = f"Unexpected character 0x{ord(text[end + 1]):x} found at location {len(record.raw) + 1}"
        record.fault = Fault(BAD_LINE, f"Missing newline: {found}")
        line = text.find("\n", end)
        if line < 0 and not final:
            raise _Unfinished
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


class DelimitedRecords(_Lines):
    """Fields between delimiters, with backslashes if ESCAPE says so, and with quotes if REMOVEQUOTES does."""

    def __init__(self, count: int, options: Options) -> None:
        super().__init__(count, options)
        self._delimiter = options.delimiter or "|"
        self._escape = options.escape
        self._quotes = "'\"" if options.remove_quotes else ""
        backslash = "\\" if options.escape else ""
        self._stop = re.compile(f"[{re.escape(self._delimiter + self._ends + backslash)}]")
        self._special = "\r\0" + backslash + self._quotes
        # As they are written: '\\N', too, is NULL as long as no other string is (ESCAPE).
        self._nulls = {self._null} | ({"\\\\N"} if options.escape and options.null is None else set())

    def plain(self, text: str) -> Sequence[Sequence[str | None]] | None:
        """Return the fields of whole lines without quotes, escapes, carriage returns and NULs."""
        if any(character in text for character in self._special):
            return None
        return self._split(text, self._delimiter)

    def _fields(self, text: str, place: int, record: Record, *, final: bool) -> int:
        begin = place
        while True:
            record.starts.append(place - begin)
            quoted = text[place : place + 1] if place < len(text) and text[place] in self._quotes else ""
            end, value = self._field(text, place, quoted, final=final)
            written = text[place + 1 : end - 1] if quoted else text[place:end]
            record.values.append(None if written in self._nulls else value)
            if end >= len(text) or text[end] != self._delimiter:
                return end
            place = end + 1

    def _field(self, text: str, start: int, quote: str, *, final: bool) -> tuple[int, str]:
        """Return the place behind a field and its value."""
        if quote:
            return self._quoted(text, start, quote, final=final)
        parts: list[str] = []
        place = start
        while True:
            match = self._stop.search(text, place)
            if match is None:
                if not final:
                    raise _Unfinished
                return len(text), "".join(parts) + text[place:]
            stop = match.start()
            if text[stop] != "\\" or not self._escape:
                return stop, "".join(parts) + text[place:stop]
            if stop + 1 >= len(text):
                if not final:
                    raise _Unfinished
                return len(text), "".join(parts) + text[place:stop]
            parts += (text[place:stop], text[stop + 1])
            place = stop + 2

    def _quoted(self, text: str, start: int, quote: str, *, final: bool) -> tuple[int, str]:
        parts: list[str] = []
        place = start + 1
        while place < len(text):
            letter = text[place]
            if letter == "\\" and self._escape:
                if place + 1 >= len(text):
                    break
                parts.append(text[place + 1])
                place += 2
                continue
            if letter in self._ends:
                raise _Faulty(place, "stand-in: a quotation mark is not closed", text[start:place])
            if letter == quote:
                behind = text[place + 1 : place + 2]
                if not behind and not final:
                    raise _Unfinished
                if not behind or behind == self._delimiter or behind in self._ends:
                    return place + 1, "".join(parts)
            parts.append(letter)
            place += 1
        if not final:
            raise _Unfinished
        raise _Faulty(len(text), "stand-in: a quotation mark is not closed", text[start:])


class CsvRecords(_Lines):
    """CSV: quotes around a field keep delimiters and line ends in it, and are doubled within."""

    def __init__(self, count: int, options: Options) -> None:
        super().__init__(count, options)
        self._delimiter = options.delimiter or ","
        self._quote = options.quote or '"'
        self._blank = _BLANK.replace(self._delimiter, "")
        self._stop = re.compile(f"[{re.escape(self._delimiter + self._ends + self._quote)}]")

    def plain(self, text: str) -> Sequence[Sequence[str | None]] | None:
        """Return the fields of whole lines without quotes, carriage returns and NULs."""
        if self._quote in text or "\r" in text or "\0" in text:
            return None
        return self._split(text, self._delimiter)

    def _fields(self, text: str, place: int, record: Record, *, final: bool) -> int:
        begin = place
        while True:
            record.starts.append(place - begin)
            end, value = self._field(text, place, final=final)
            record.values.append(self._value(value))
            if end >= len(text) or text[end] != self._delimiter:
                return end
            place = end + 1

    def _field(self, text: str, start: int, *, final: bool) -> tuple[int, str]:
        place = self._past_blanks(text, start)
        if text[place : place + 1] == self._quote:
            return self._quoted(text, place, final=final)
        match = self._stop.search(text, start)
        if match is None:
            if not final:
                raise _Unfinished
            return len(text), text[start:]
        if match.group() == self._quote:
            raise _Faulty(match.start(), "Invalid quote formatting for CSV", text[start : match.start()])
        return match.start(), text[start : match.start()]

    def _quoted(self, text: str, start: int, *, final: bool) -> tuple[int, str]:
        parts: list[str] = []
        place = start + 1
        while True:
            stop = text.find(self._quote, place)
            if stop < 0 or (stop + 1 == len(text) and not final):
                if not final:
                    raise _Unfinished
                raise _Faulty(len(text), "Invalid quote formatting for CSV", text[start + 1 :])
            parts.append(text[place:stop])
            if text[stop + 1 : stop + 2] != self._quote:
                break
            parts.append(self._quote)
            place = stop + 2
        end = self._past_blanks(text, stop + 1)
        if end < len(text) and text[end] != self._delimiter and text[end] not in self._ends:
            raise _Faulty(end, "Invalid quote formatting for CSV", "".join(parts))
        return end, "".join(parts)

    def _past_blanks(self, text: str, place: int) -> int:
        while place < len(text) and text[place] in self._blank:
            place += 1
        return place


class FixedRecords(_Lines):
    """Fields of so many characters each; a line may end within the last one."""

    def __init__(self, count: int, options: Options) -> None:
        super().__init__(count, options)
        self._widths = options.widths or ()
        self._end = re.compile(f"[{re.escape(self._ends)}]")

    def plain(self, text: str) -> Sequence[Sequence[str | None]] | None:
        """Nothing: the exact path reads all lines."""
        del text
        return None

    def _fields(self, text: str, place: int, record: Record, *, final: bool) -> int:
        match = self._end.search(text, place)
        if match is None and not final:
            raise _Unfinished
        end = len(text) if match is None else match.start()
        at = place
        for width in self._widths:
            if at >= end:
                break
            value = text[at : min(at + width, end)]
            record.starts.append(at - place)
            record.values.append(None if value.rstrip(" ") == self._null else value)
            at += width
        if text[at:end].strip(" "):
            record.starts.append(at - place)
            record.values.append(text[at:end])
        return end
