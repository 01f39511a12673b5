"""From text to records: CSV, delimited and fixed-width (Developer Guide: copy-parameters-data-format)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from local.redshift.copy.options import Options
from local.redshift.copy.text_lines import FaultyField, Lines, Record, UnfinishedText

_BLANK = " \t"


class DelimitedRecords(Lines):
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
                    raise UnfinishedText
                return len(text), "".join(parts) + text[place:]
            stop = match.start()
            if text[stop] != "\\" or not self._escape:
                return stop, "".join(parts) + text[place:stop]
            if stop + 1 >= len(text):
                if not final:
                    raise UnfinishedText
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
                raise FaultyField(place, "stand-in: a quotation mark is not closed", text[start:place])
            if letter == quote:
                behind = text[place + 1 : place + 2]
                if not behind and not final:
                    raise UnfinishedText
                if not behind or behind == self._delimiter or behind in self._ends:
                    return place + 1, "".join(parts)
            parts.append(letter)
            place += 1
        if not final:
            raise UnfinishedText
        raise FaultyField(len(text), "stand-in: a quotation mark is not closed", text[start:])


class CsvRecords(Lines):
    """CSV: quotes around a field keep delimiters and line ends in it, and are doubled within."""

    def __init__(self, count: int, options: Options) -> None:
        super().__init__(count, options)
        self._delimiter = options.delimiter or ","
        self._quote = options.quote or '"'
        self._blank = _BLANK.replace(self._delimiter, "")
        self._stop = re.compile(f"[{re.escape(self._delimiter + self._ends + self._quote)}]")
        quote, delimiter = re.escape(self._quote), re.escape(self._delimiter)
        one = f"(?:{quote}((?:[^{quote}]++|{quote}{quote})*+){quote}|([^{quote}{delimiter}\n]*+))({delimiter}|\n)"
        self._one = re.compile(one)
        self._records = re.compile(f"(?:{one})*+")

    def plain(self, text: str) -> Sequence[Sequence[str | None]] | None:
        """Return the fields of whole records that are plainly right, without carriage returns and NULs."""
        if "\r" in text or "\0" in text:
            return None
        if self._quote not in text:
            return self._split(text, self._delimiter)
        if not self._records.fullmatch(text):
            return None
        quote, null = self._quote, self._null
        found = self._one.findall(text)
        ends = [end for _, _, end in found]
        count = self._count
        if ends[count - 1 :: count] != ["\n"] * (len(ends) // count) or ends.count("\n") * count != len(ends):
            return None
        texts = [quoted.replace(quote * 2, quote) if quoted else bare for quoted, bare, _ in found]
        values = [None if value == null else value for value in texts]
        return [values[start : start + count] for start in range(0, len(values), count)]

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
                raise UnfinishedText
            return len(text), text[start:]
        if match.group() == self._quote:
            raise FaultyField(match.start(), "Invalid quote formatting for CSV", text[start : match.start()])
        return match.start(), text[start : match.start()]

    def _quoted(self, text: str, start: int, *, final: bool) -> tuple[int, str]:
        parts: list[str] = []
        place = start + 1
        while True:
            stop = text.find(self._quote, place)
            if stop < 0 or (stop + 1 == len(text) and not final):
                if not final:
                    raise UnfinishedText
                raise FaultyField(len(text), "Invalid quote formatting for CSV", text[start + 1 :])
            parts.append(text[place:stop])
            if text[stop + 1 : stop + 2] != self._quote:
                break
            parts.append(self._quote)
            place = stop + 2
        end = self._past_blanks(text, stop + 1)
        if end < len(text) and text[end] != self._delimiter and text[end] not in self._ends:
            raise FaultyField(end, "Invalid quote formatting for CSV", "".join(parts))
        return end, "".join(parts)

    def _past_blanks(self, text: str, place: int) -> int:
        while place < len(text) and text[place] in self._blank:
            place += 1
        return place


class FixedRecords(Lines):
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
            raise UnfinishedText
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
