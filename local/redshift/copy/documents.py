"""JSON documents in a stream of bytes, separated by any white space or none (copy-usage_notes-copy-from-json)."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

LONGEST = 4 << 20
# Twenty digits and a sign hold 64 bits; very long texts are no integers to Python.
_LONGEST_INTEGER = 21
_SPACE = re.compile(r"[ \t\r\n]*")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _integer(text: str) -> int | float:
    """Read an integer as orjson does: beyond 64 bits it is a floating point number, as all are on Redshift (A8)."""
    if len(text) > _LONGEST_INTEGER:
        return float(text)
    value = int(text)
    return value if -(2**63) <= value < 2**64 else float(value)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer)


@dataclass(slots=True)
class Document:
    """One document.

    :param value: what it holds, None if it is malformed. :param line: its last line, counted from 1.
    :param raw: its text; bytes that are not UTF-8 are lone surrogates, here and in the value.
    :param fault: what is wrong with it, None if nothing. :param offset: its first byte's place in the stream.
    """

    value: Any
    line: int
    raw: str | bytes
    fault: str | None = None
    offset: int = 0

    def text(self) -> str:
        """Its text."""
        return self.raw.decode("utf-8", "surrogateescape") if isinstance(self.raw, bytes) else self.raw


class Documents:
    """Splits a stream into documents.

    Most files hold one document a line, which orjson reads a line at a time. What is not so is read from there on by a
    parser that knows where a document ends.

    :param skip_lines: so many lines at the beginning are no data.
    """

    def __init__(self, *, skip_lines: int = 0) -> None:
        self._skip = skip_lines
        self._line = 0
        self._offset = 0
        self._rest = b""

    @property
    def lines(self) -> int:
        """The lines read so far."""
        return self._line

    @property
    def between(self) -> bool:
        """Whether nothing has been fed that is not read yet, and what comes next is data."""
        return not self._rest and self._line >= self._skip

    def pass_over(self, block: bytes) -> None:
        """Count whole lines that somebody else has read, between documents."""
        self._line += block.count(b"\n") + bool(block and not block.endswith(b"\n"))
        self._offset += len(block)

    def feed(self, data: bytes, *, final: bool) -> Iterator[Document]:
        """Yield the documents that are complete with more of the stream.

        :param final: whether the stream ends with it.
        """
        self._rest += data
        if final or b"\n" in data or len(self._rest) > LONGEST:
            yield from self._take(final=final)

    def _take(self, *, final: bool) -> Iterator[Document]:
        buffer, place, size = self._rest, 0, len(self._rest)
        loads = orjson.loads
        start_offset = self._offset
        while place < size:
            end = buffer.find(b"\n", place)
            if end < 0 and not final:
                if size - place <= LONGEST:
                    break
                taken = yield from self._odd(buffer, place, final=False)
                if taken is None:
                    break
                place = taken
                continue
            if end < 0:
                end = size
            line = buffer[place:end]
            if self._line < self._skip:
                self._line += 1
                place = end + 1
                continue
            try:
                value = loads(line) if end - place <= LONGEST else _refuse_constant("a document over 4 MB")
            except ValueError:
                if not line.strip():
                    self._line += 1
                    place = end + 1
                    continue
                taken = yield from self._odd(buffer, place, final=final)
                if taken is None:
                    break
                place = taken
                continue
            self._line += 1
            yield Document(value, self._line, line, offset=start_offset + place)
            place = end + 1
        place = min(place, size)
        self._rest = buffer[place:]
        self._offset = start_offset + place

    def _odd(self, buffer: bytes, place: int, *, final: bool) -> Generator[Document, None, int | None]:
        """Read one document that is not one line; return the place behind it, None if more bytes are needed."""
        text = buffer[place : place + LONGEST + 1].decode("utf-8", "surrogateescape")
        whole = len(buffer) - place <= LONGEST
        space = _SPACE.match(text)
        start = space.end() if space else 0
        if start == len(text):
            self._line += text.count("\n")
            return place + len(text.encode("utf-8", "surrogateescape"))
        try:
            value, end = _DECODER.raw_decode(text, start)
        except ValueError as error:
            at = getattr(error, "pos", start)
            if whole and not final and (at >= len(text.rstrip()) or "Unterminated" in str(error) or at + 8 > len(text)):
                return None
            return (yield from self._malformed(buffer, place, text, start, at, str(error), whole=whole))
        except RecursionError as error:
            return (yield from self._malformed(buffer, place, text, start, start, str(error), whole=whole))
        raw = text[start:end]
        self._line += text.count("\n", 0, start)
        behind = place + len(text[:end].encode("utf-8", "surrogateescape"))
        offset = self._offset + place + start
        first_line = self._line + 1
        # The line that the document ends on is counted when its end is read, by whoever reads what follows it.
        yield Document(value, first_line + raw.count("\n"), raw, offset=offset)
        self._line += raw.count("\n")
        return behind

    def _malformed(
        self, buffer: bytes, place: int, text: str, start: int, at: int, reason: str, *, whole: bool
    ) -> Generator[Document, None, int]:
        """Report a malformed document and return the place to go on from: the next line."""
        self._line += text.count("\n", 0, start)
        end = text.find("\n", start)
        if end >= 0 and not _whole_line_follows(text, end + 1):
            # A document over several lines: the line that cannot be read is the one to name, and to go on behind.
            end = text.find("\n", max(at, start))
        if end < 0:
            end = len(text)
        raw = text[start:end]
        self._line += raw.count("\n") + 1
        if not whole and end == len(text):
            reason = f"stand-in: the document is longer than {LONGEST} bytes"
        message = reason if reason.startswith("stand-in") else f"stand-in: malformed JSON: {reason.split(':')[0]}"
        yield Document(None, self._line, raw, fault=message, offset=self._offset + place + start)
        behind = place + len(text[:end].encode("utf-8", "surrogateescape"))
        return behind + 1 if buffer[behind : behind + 1] == b"\n" else behind


def _whole_line_follows(text: str, start: int) -> bool:
    """Whether the next line that is not blank is a whole document, which tells that the file has one on each line."""
    for line in text[start : start + LONGEST].splitlines():
        if line.strip():
            try:
                return isinstance(json.loads(line), dict | list)
            except ValueError:
                return False
    return False
