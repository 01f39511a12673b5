"""Text as a data format of COPY: an object's bytes → records → rows; see formats.DataFormat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from local.redshift.copy.columns import quick_column
from local.redshift.copy.failures import (
    BAD_LINE,
    BAD_SUPER,
    MISSING_NOT_NULL,
    Errors,
    LoadError,
    ValueFaultError,
)
from local.redshift.copy.options import Options
from local.redshift.copy.text_lines import Fault, Reader, Record
from local.redshift.copy.text_records import CsvRecords, DelimitedRecords, FixedRecords
from local.redshift.copy.values import NULL, Converter, TargetColumn, converter
from local.redshift.errors import RedshiftError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LONGEST = 4 << 20
# What the system tables keep of a text, in characters.
_KEPT = 1024
_MISSING = ValueFaultError(MISSING_NOT_NULL, "Missing data for not-null field")
_TOO_LONG = f"stand-in: the row is longer than {_LONGEST} bytes"


class TextFormat:
    """CSV, delimited or fixed-width text.

    :param reader: what finds the records.
    """

    def __init__(self, reader: Reader, columns: list[TargetColumn], options: Options, errors: Errors) -> None:
        self._reader = reader
        self._columns = columns
        self._converters = [_from_text(column, options) for column in columns]
        # SUPER's texts are JSON, which is for the exact path.
        quick = [quick_column(column, options) for column in columns if column.type != "super"]
        self._quick = quick if len(quick) == len(columns) else None
        self._ignore_blank = options.ignore_blank_lines
        self._skip = options.ignore_header
        self._errors = errors
        self.rows = 0
        self.lines = 0
        self._offset = 0

    def pieces(self, chunks: Iterator[bytes], file: str) -> Iterator[bytes]:
        """Yield an object's rows, many at a time."""
        self.lines = self._offset = 0
        waiting = b""
        # After a row that is too long, the rest of its line is passed over.
        lost = False
        for chunk in chunks:
            waiting += chunk
            if lost:
                end = waiting.find(b"\n")
                self._offset += len(waiting) if end < 0 else end + 1
                waiting, lost = (b"", True) if end < 0 else (waiting[end + 1 :], False)
            waiting = self._past_header(waiting)
            if cut := waiting.rfind(b"\n") + 1 if self.lines >= self._skip else 0:
                piece, used = self._make(waiting[:cut], file, final=False)
                waiting = waiting[used:]
                if piece:
                    yield piece
            if len(waiting) > _LONGEST:
                self._too_long(waiting, file)
                self._offset += len(waiting)
                waiting, lost = b"", True
        if waiting and self.lines >= self._skip:
            piece, _ = self._make(waiting, file, final=True)
            if piece:
                yield piece

    def close(self) -> None:
        """Nothing is kept but memory; see formats.DataFormat."""

    def _past_header(self, waiting: bytes) -> bytes:
        """Return what is left behind the lines of IGNOREHEADER that are in it."""
        place = 0
        while self.lines < self._skip and (end := waiting.find(b"\n", place)) >= 0:
            place = end + 1
            self.lines += 1
        self._offset += place
        return waiting[place:]

    def _make(self, block: bytes, file: str, *, final: bool) -> tuple[bytes, int]:
        """Return the rows of a block, and how many of its bytes they took."""
        if (quick := self._quickly(block)) is not None:
            return quick, len(block)
        text = block.decode("utf-8", "surrogateescape")
        made: list[str] = []
        place = 0
        while place < len(text):
            record = self._reader.read(text, place, final=final)
            if record is None:
                break
            self.lines += text.count("\n", place, record.end) + (text[record.end - 1] != "\n")
            if not (self._ignore_blank and record.blank):
                row = self._row(record, file, partial(_size, text, place))
                if row is not None:
                    made.append(row)
            place = record.end
        self.rows += len(made)
        used = len(block) if place >= len(text) else _size(text, place)
        self._offset += used
        made.append("")
        return "\n".join(made).encode(), used

    def _quickly(self, block: bytes) -> bytes | None:
        """Return the rows of a block in which nothing is special, or None."""
        if self._quick is None or not block.endswith(b"\n"):
            return None
        if self._ignore_blank and (block[:1] == b"\n" or b"\n\n" in block):
            return None
        try:
            fields = self._reader.plain(block.decode())
        except UnicodeDecodeError:
            return None
        if fields is None:
            return None
        made = []
        for column, quick, values in zip(self._columns, self._quick, zip(*fields, strict=True), strict=True):
            texts = quick(values)
            if texts is None or (column.not_null and NULL in texts):
                return None
            made.append(texts)
        self.rows += len(fields)
        self.lines += block.count(b"\n")
        self._offset += len(block)
        return ("\n".join(map("\t".join, zip(*made, strict=True))) + "\n").encode()

    def _row(self, record: Record, file: str, offset: Callable[[], int]) -> str | None:
        if record.fault is not None:
            self._fail(record, record.fault, file, offset)
            return None
        row: list[str] = []
        for index, (column, convert) in enumerate(zip(self._columns, self._converters, strict=True)):
            given = index < len(record.values)
            value = record.values[index] if given else _filling(column)
            try:
                text = NULL if value is None else convert(value)
                if text == NULL and column.not_null:
                    raise _MISSING
            except ValueFaultError as wrong:
                start = record.starts[index] if given else len(record.raw)
                self._fail(record, Fault(wrong.code, wrong.reason, index, start, value or ""), file, offset)
                return None
            row.append(text)
        return "\t".join(row)

    def _fail(self, record: Record, fault: Fault, file: str, offset: Callable[[], int]) -> None:
        column = None if fault.column is None else self._columns[fault.column]
        self._errors.add(
            LoadError(
                file=file,
                line=self.lines,
                code=fault.code,
                reason=fault.reason,
                column=column.name if column else "",
                type=column.shown_type if column else "",
                length=column.length if column else "",
                # The field's place in the line, as the sample of r_STL_LOAD_ERRORS has it.
                position=fault.position,
                raw_line=record.raw[:_KEPT],
                raw_value=fault.value[:_KEPT],
                start_offset=self._offset + offset(),
            )
        )

    def _too_long(self, waiting: bytes, file: str) -> None:
        self.lines += 1
        raw = waiting[:_KEPT].decode("utf-8", "surrogateescape")
        self._errors.add(LoadError(file, self.lines, BAD_LINE, _TOO_LONG, raw_line=raw, start_offset=self._offset))


def _size(text: str, place: int) -> int:
    """How many bytes of the file the text takes up to a place."""
    return len(text[:place].encode("utf-8", "surrogateescape"))


def _filling(column: TargetColumn) -> str | None:
    """What FILLRECORD puts in a column: a zero-length string in VARCHAR, which EMPTYASNULL makes NULL, else NULL."""
    return "" if column.type == "varchar" else None


def _from_text(column: TargetColumn, options: Options) -> Converter:
    convert = converter(column, options)
    if column.type != "super":
        return convert

    def read(value: str) -> str:
        # A SUPER's text is JSON (unload-super-csv).
        if not value.strip():
            return NULL
        try:
            return convert(json.loads(value))
        except ValueError as error:
            raise ValueFaultError(BAD_SUPER, "stand-in: not well-formed JSON") from error

    return read


def csv(_: S3Client, columns: list[TargetColumn], options: Options, errors: Errors) -> TextFormat:
    """Return the format CSV."""
    return TextFormat(CsvRecords(len(columns), options), columns, options, errors)


def delimited(_: S3Client, columns: list[TargetColumn], options: Options, errors: Errors) -> TextFormat:
    """Return the format of delimited text."""
    return TextFormat(DelimitedRecords(len(columns), options), columns, options, errors)


def fixed_width(_: S3Client, columns: list[TargetColumn], options: Options, errors: Errors) -> TextFormat:
    """Return the format of fixed-width text; RedshiftError if the widths are not as many as the columns."""
    if len(options.widths or ()) != len(columns):
        given = len(options.widths or ())
        raise RedshiftError(f"stand-in: FIXEDWIDTH has {given} widths for {len(columns)} columns", code="42601")
    return TextFormat(FixedRecords(len(columns), options), columns, options, errors)
