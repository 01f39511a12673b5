"""Text in COPY: two paths that make the same rows, blocks that may be cut anywhere, and what UNLOAD has written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.redshift.copy.failures import Errors, LoadError
from local.redshift.copy.formats import FORMATS
from local.redshift.copy.options import Options
from local.redshift.copy.text_format import TextFormat
from local.redshift.copy.values import TargetColumn
from local.redshift.unload.options import UnloadOptions
from local.redshift.unload.rows import Lines
from local.redshift.wire.messages import ResultColumn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NO_CLIENT = cast("S3Client", None)
TEXT = TargetColumn("v", "varchar", 65535 + 4)
COLUMNS = [TargetColumn("n", "int4", -1), TEXT, TargetColumn("w", "varchar", 10 + 4), TargetColumn("d", "date", -1)]
BASE = Options(max_errors=100_000)
# Every character that means something to a format, and some that mean nothing.
NASTY = st.text(alphabet="ab,|\"'\\\n\r\t N%é€ 0", max_size=8)
READINGS = {
    "csv": replace(BASE, format="csv"),
    "csv with another quote": replace(BASE, format="csv", quote="%", delimiter="|", null="a"),
    "delimited": replace(BASE, format="delimited"),
    "escape": replace(BASE, format="delimited", escape=True, delimiter=","),
    "removequotes": replace(BASE, format="delimited", remove_quotes=True, empty_as_null=True),
    "escape removequotes": replace(BASE, format="delimited", escape=True, remove_quotes=True, null="b"),
    "fillrecord": replace(BASE, format="delimited", fill_record=True, ignore_blank_lines=True),
    "fixedwidth": replace(BASE, format="fixedwidth", widths=(2, 3, 4, 2), ignore_blank_lines=True),
}


def reader(columns: list[TargetColumn], options: Options, errors: Errors) -> TextFormat:
    made = FORMATS[options.format](NO_CLIENT, columns, options, errors)
    assert isinstance(made, TextFormat)
    return made


def load(
    data: bytes, options: Options, columns: list[TargetColumn] = COLUMNS, *, cuts: int = 0, quick: bool = True
) -> tuple[bytes, list[LoadError], int, int]:
    """The rows, the errors, and how many rows and lines there were.

    :param cuts: the length of the pieces that the data comes in, 0 for one piece.
    """
    errors = Errors(100_000)
    format_ = reader(columns, options, errors)
    if not quick:
        format_._quick = None
    pieces = [data[start : start + cuts] for start in range(0, len(data), cuts)] if cuts else [data]
    rows = b"".join(format_.pieces(iter(pieces), "s3://b/k"))
    return rows, errors.found, format_.rows, format_.lines


@pytest.mark.parametrize("name", READINGS)
@settings(max_examples=150, deadline=None)
@given(
    data=NASTY
    | st.lists(st.sampled_from(["1|x|y|2018-11-30", "1,x,y,", "2|", "3,\"q\",'r',"]), max_size=5).map("\n".join),
    cuts=st.integers(1, 5),
)
def test_it_does_not_matter_where_the_blocks_are_cut(name: str, data: str, cuts: int) -> None:
    raw = data.encode()
    assert load(raw, READINGS[name], cuts=cuts) == load(raw, READINGS[name])


@pytest.mark.parametrize("name", READINGS)
@settings(max_examples=150, deadline=None)
@given(fields=st.lists(st.lists(NASTY | st.sampled_from(["", "1", "2018-11-30"]), min_size=3, max_size=5), max_size=4))
def test_the_quick_path_makes_what_the_exact_path_makes(name: str, fields: list[list[str]]) -> None:
    options = READINGS[name]
    delimiter = options.delimiter or {"csv": ",", "delimited": "|"}.get(options.format, "")
    data = "".join(delimiter.join(row) + "\n" for row in fields).encode()
    assert load(data, options) == load(data, options, quick=False)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
@example(b"\xff,\xfe\n")
@example(b'"\n')
@example(b"\r")
def test_no_bytes_break_a_reader(data: bytes) -> None:
    for options in READINGS.values():
        rows, errors, count, _ = load(data, options)
        assert rows.count(b"\n") == count
        assert count + len(errors) <= data.count(b"\n") + 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(NASTY.filter(lambda text: text != "\\N"), min_size=2, max_size=2), min_size=1, max_size=4))
def test_csv_is_read_as_pythons_own_writer_writes_it(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    made, errors, count, _ = load(out.getvalue().encode(), READINGS["csv"], [TEXT, replace(TEXT, name="u")])
    assert (errors, count) == ([], len(rows))
    assert list(fields(made)) == rows


def fields(copied: bytes) -> Iterator[list[str | None]]:
    """The values in PostgreSQL's COPY text format."""
    unescaped = {"\\\\": "\\", "\\n": "\n", "\\t": "\t", "\\r": "\r"}
    for line in copied.decode().split("\n")[:-1]:
        row: list[str | None] = []
        for cell in line.split("\t"):
            value, place = "", 0
            while place < len(cell):
                step = 2 if cell[place] == "\\" else 1
                value += unescaped.get(cell[place : place + step], cell[place : place + step])
                place += step
            row.append(None if cell == "\\N" else value)
        yield row


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (UnloadOptions(format="csv", null="\\N"), replace(BASE, format="csv")),
        (
            UnloadOptions(format="csv", null="@", delimiter="|", header=True),
            replace(BASE, format="csv", null="@", delimiter="|", ignore_header=1),
        ),
        (UnloadOptions(escape=True, null="\\N"), replace(BASE, format="delimited", escape=True)),
        (
            UnloadOptions(escape=True, null="@", delimiter="\t"),
            replace(BASE, format="delimited", escape=True, null="@", delimiter="\t"),
        ),
        (
            UnloadOptions(escape=True, add_quotes=True, null="@", delimiter=","),
            replace(BASE, format="delimited", escape=True, remove_quotes=True, null="@", delimiter=","),
        ),
        (UnloadOptions(format="json"), replace(BASE, format="json", json="auto")),
    ],
    ids=["csv", "csv header", "escape", "escape tab", "escape addquotes", "json"],
)
@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.integers(-(2**31), 2**31 - 1),
            st.none() | NASTY,
            st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6),
        ),
        max_size=4,
    )
)
@example(rows=[(None, None, None)])
@example(rows=[(1, "\\N", "N"), (2, "\\", "\n")])
def test_what_unload_writes_copy_reads(
    written: UnloadOptions, read: Options, rows: list[tuple[int | None, str | None, str | None]]
) -> None:
    null = read.null or "\\N"
    kept: list[list[str | None]] = [[None if n is None else str(n), v, w] for n, v, w in rows]
    if read.format != "json":
        # A text that reads like NULL is NULL: what NULL AS names must not be among the values.
        kept = [[None if value == null else value for value in row] for row in kept]
    columns = [ResultColumn("n", 23, -1), ResultColumn("v", 1043, -1), ResultColumn("w", 1043, -1)]
    lines = Lines(columns, written)
    body = lines.header + b"".join(lines.make([None if value is None else value for value in row]) for row in kept)
    targets = [TargetColumn("n", "int4", -1), TEXT, replace(TEXT, name="w")]
    errors = Errors(100_000)
    format_ = FORMATS[read.format](NO_CLIENT, targets, read, errors)
    made = b"".join(format_.pieces(iter([body]), "s3://b/k"))
    assert errors.found == []
    assert list(fields(made)) == kept


def test_an_error_tells_the_line_the_place_and_the_offset():
    data = "1|é|a|2018-11-30\nx|b|c|2018-11-30\n".encode()
    _, (error,), _, lines = load(data, READINGS["delimited"])
    assert (error.line, error.column, error.position, error.raw_value) == (2, "n", 0, "x")
    assert (error.raw_line, error.start_offset, lines) == ("x|b|c|2018-11-30", len("1|é|a|2018-11-30\n".encode()), 2)


def test_a_row_of_more_than_four_megabytes_is_an_error_and_the_next_line_is_read():
    data = b'1,"' + b"x" * (5 << 20) + b'",y,\n2,b,c,2018-11-30\n'
    rows, (error,), count, lines = load(data, READINGS["csv"], cuts=1 << 18)
    assert (rows, count, lines) == (b"2\tb\tc\t2018-11-30\n", 1, 2)
    assert "longer than" in error.reason
    assert error.line == 1
