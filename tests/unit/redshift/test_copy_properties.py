"""COPY of random documents into random columns, against a plain model of the rules written for this test alone."""

from __future__ import annotations

import json
import math
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.redshift.copy.blocks import QuickPath
from local.redshift.copy.crew import _answer
from local.redshift.copy.encodings import WrongEncodingError
from local.redshift.copy.failures import Errors, LoadError, TooManyErrors
from local.redshift.copy.json_format import JsonFormat
from local.redshift.copy.options import Options
from local.redshift.copy.values import TargetColumn

INTEGERS = {"int2": 16, "int4": 32, "int8": 64}


@dataclass(frozen=True)
class Failed:
    """A value that does not load, with the load error's code."""

    code: int


def model(column: TargetColumn, value: Any, options: Options) -> object:  # noqa: PLR0911
    """What a JSON value becomes in a column: None, a Python value, or Failed."""
    if value is None:
        return None
    if column.type in ("varchar", "bpchar"):
        return text_model(column, value, options)
    if isinstance(value, str) and not value.strip():
        return None
    if column.type in INTEGERS:
        return integer_model(INTEGERS[column.type], value)
    if column.type == "float8":
        return float_model(value)
    if column.type == "numeric":
        return decimal_model(column, value, options)
    if column.type == "bool":
        word = str(value).lower().strip() if isinstance(value, str | int) else ""
        known = {"t": True, "true": True, "y": True, "yes": True, "1": True}
        known |= {"f": False, "false": False, "n": False, "no": False, "0": False}
        return known.get(word, Failed(1210))
    return timestamp_model(value, options)


def text_model(column: TargetColumn, value: Any, options: Options) -> object:
    """VARCHAR(n) and CHAR(n): n bytes, blanks beyond them do not count."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if column.type == "bpchar" and not text.isascii():
        return Failed(1220)
    if not text and options.empty_as_null:
        return None
    if text and not text.strip() and options.blanks_as_null:
        return None
    if options.trim_blanks:
        text = text.rstrip(" ")
    if "\0" in text:
        return Failed(1220)
    limit, raw = column.modifier - 4, text.encode()
    if len(raw) > limit:
        if raw[limit:].strip(b" ") and not options.truncate_columns:
            return Failed(1204)
        text = raw[:limit].decode(errors="ignore")
    return text


def integer_model(bits: int, value: Any) -> object:
    """Whole numbers of so many bits, in digits or as JSON numbers without a fraction."""
    if isinstance(value, bool | list | dict):
        return Failed(1207)
    if isinstance(value, float):
        if value != math.floor(value):
            return Failed(1207)
        number = int(value)
    elif isinstance(value, int):
        number = value
    elif re.fullmatch("[-+]?[0-9]+", value.strip()):
        number = int(value)
    else:
        return Failed(1207)
    return number if -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) else Failed(1222)


def float_model(value: Any) -> object:
    """DOUBLE PRECISION."""
    if isinstance(value, bool | list | dict):
        return Failed(1208)
    if isinstance(value, str) and not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", value.strip(), re.ASCII):
        return Failed(1208)
    number = float(value)
    smallest, largest = 2.2250738585072014e-308, 1.7976931348623157e308
    return number if number == 0 or smallest <= abs(number) <= largest else Failed(1208)


def decimal_model(column: TargetColumn, value: Any, options: Options) -> object:
    """DECIMAL: digits beyond the scale are cut off, or rounded with ROUNDEC."""
    text = value.strip() if isinstance(value, str) else "" if isinstance(value, bool | list | dict) else repr(value)
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text, re.ASCII):
        return Failed(1207)
    precision, scale = column.precision
    with localcontext() as context:
        context.prec = 1000
        rounding = ROUND_HALF_UP if options.round_decimals else ROUND_DOWN
        number = Decimal(text).quantize(Decimal(10) ** -scale, rounding)
    return number if len(str(abs(int(number)))) <= precision - scale or not int(number) else Failed(1209)


def timestamp_model(value: Any, options: Options) -> object:
    """TIMESTAMP in the default form, or counted in milliseconds."""
    failed = None if options.accept_any_date else Failed(1206)
    if options.time_format == "epochmillisecs":
        count = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        if isinstance(value, str) and not re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", count, re.ASCII):
            return failed
        try:
            return datetime(1970, 1, 1) + timedelta(microseconds=math.trunc(Fraction(count) * 1000))
        except (ValueError, OverflowError):
            return failed
    form = r"\d{4}-\d{1,2}-\d{1,2}( +\d{1,2}:\d{2}:\d{2}(\.\d{1,6})?)?"
    if not isinstance(value, str) or not re.fullmatch(form, value.strip(), re.ASCII):
        return failed
    day, *rest = value.split()
    try:
        return datetime.strptime(f"{day} {rest[0] if rest else '0:00:00'}{'' if '.' in value else '.0'}", FORM)
    except ValueError:
        return failed


FORM = "%Y-%m-%d %H:%M:%S.%f"
COLUMNS = [
    *(TargetColumn(name, name, -1) for name in (*INTEGERS, "float8", "bool", "timestamp")),
    TargetColumn("exact", "numeric", (5 << 16 | 2) + 4),
    TargetColumn("wide", "numeric", (38 << 16 | 10) + 4),
    TargetColumn("text", "varchar", 9),
    TargetColumn("code", "bpchar", 7),
    TargetColumn("needed", "varchar", 54, not_null=True),
]
TEXTS = st.one_of(
    st.text(max_size=7),
    st.text("0123456789+-. eE", max_size=25),
    st.sampled_from(["", "  ", "true", "F", "x    ", "12", "0012", "-7", "2018-11-02", "2018-11-02 01:25:34.5", "\\N"]),
    st.datetimes(datetime(1000, 1, 1)).map(str),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**40), 2**40).map(float),
    TEXTS,
)
VALUES = st.one_of(SCALARS, SCALARS, SCALARS, st.lists(st.integers(0, 9), max_size=2))
DOCUMENTS = st.fixed_dictionaries(
    {"needed": st.one_of(TEXTS, TEXTS, TEXTS, VALUES)},
    optional={column.name: VALUES for column in COLUMNS if column.name != "needed"},
)
OPTIONS = st.builds(
    Options,
    json=st.sampled_from(["auto", "auto ignorecase"]),
    time_format=st.sampled_from([None, "epochmillisecs"]),
    truncate_columns=st.booleans(),
    empty_as_null=st.booleans(),
    blanks_as_null=st.booleans(),
    trim_blanks=st.booleans(),
    round_decimals=st.booleans(),
    accept_any_date=st.booleans(),
)


def copied(
    columns: list[TargetColumn], options: Options, chunks: Iterator[bytes], most: int
) -> tuple[str, list[LoadError], bool]:
    """The rows that COPY makes, its errors, and whether they end the load."""
    errors = Errors(most)
    format_ = JsonFormat(None, columns, options, errors)  # type: ignore[arg-type]  # 'auto' asks S3 for nothing
    made: list[bytes] = []
    try:
        with closing(format_):
            made += format_.pieces(chunks, "s3://b/k")
    except TooManyErrors:
        return "", errors.found, True
    return b"".join(made).decode(), errors.found, False


def held(column: TargetColumn, field: str) -> object:
    """A field of COPY's text format as the value that PostgreSQL makes of it."""
    if field == r"\N":
        return None
    text = re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), field)
    if column.type in INTEGERS:
        return int(text)
    if column.type == "numeric":
        return Decimal(text)
    if column.type == "timestamp":
        return datetime.strptime(text if "." in text else f"{text}.0", FORM)
    if column.type == "bool":
        return text == "t"
    return float(text) if column.type == "float8" else text


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(COLUMNS[:-1]), min_size=1, max_size=4, unique=True),
    st.lists(DOCUMENTS, min_size=1, max_size=4),
    OPTIONS,
    st.sampled_from(["\n", "", "\n\n "]),
)
@example([COLUMNS[7]], [{"needed": "", "wide": "9" * 28 + "." + "9" * 10}], Options(json="auto"), "\n")
@example([COLUMNS[6]], [{"needed": "", "exact": 999.999}], Options(json="auto", round_decimals=True), "\n")
@example([COLUMNS[5]], [{"needed": "", "timestamp": 0.0}], Options(json="auto", time_format="epochmillisecs"), "\n")
@example([COLUMNS[5]], [{"needed": "", "timestamp": "7.5"}], Options(json="auto", time_format="epochmillisecs"), "\n")
@example([COLUMNS[5]], [{"needed": "", "timestamp": 1e300}], Options(json="auto", time_format="epochmillisecs"), "\n")
def test_values_become_what_the_rules_say(columns, documents, options, separator):
    columns = [*columns, COLUMNS[-1]]
    body = separator.join(json.dumps(document) for document in documents).encode()
    rows, errors, _ = copied(columns, options, iter([body]), 1000)
    expected, wrong = [], []
    for document in documents:
        values = [model(column, document.get(column.name), options) for column in columns]
        if values[-1] is None:
            values[-1] = Failed(1213)
        failed = [value for value in values if isinstance(value, Failed)]
        wrong += failed[:1]
        if not failed:
            expected.append(values)
    fields = [line.split("\t") for line in rows.split("\n")[:-1]]
    assert [[held(*pair) for pair in zip(columns, line, strict=True)] for line in fields] == expected
    assert [error.code for error in errors] == [failure.code for failure in wrong]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(DOCUMENTS, max_size=8),
    OPTIONS,
    st.sampled_from(["\n", "", " \n\n"]),
    st.sampled_from([0, 1, 2, 3, 1000]),
    st.integers(1, 400),
    st.data(),
)
def test_blocks_at_once_give_the_rows_and_errors_of_documents_one_by_one(
    documents, options, separator, most, chunk, data
):
    texts = [json.dumps(document) for document in documents]
    for place in data.draw(st.lists(st.integers(0, max(len(texts) - 1, 0)), max_size=2)) if texts else []:
        texts[place] = texts[place][: data.draw(st.integers(0, 9))]
    body = separator.join(texts).encode()
    chunks = [body[place : place + chunk] for place in range(0, len(body), chunk)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local.redshift.copy.json_format._BLOCK", 600)
        patch.setattr("local.redshift.copy.json_format._PART", 100)
        quick = copied(COLUMNS, options, iter(chunks), most)
        with pytest.MonkeyPatch.context() as helped:
            hire_at_once(helped)
            in_workers = copied(COLUMNS, options, iter(chunks), most)
        patch.setattr(QuickPath, "make", lambda *_: None)
        exact = copied(COLUMNS, options, iter(chunks), most)
    assert quick == in_workers == exact


def hire_at_once(patch: pytest.MonkeyPatch) -> None:
    """Have workers make every block but an object's last."""
    patch.setattr("local.redshift.copy.crew._FIRST", 1)
    patch.setattr("local.redshift.copy.crew._LEAST", 1)
    patch.setattr("local.redshift.copy.crew.cores", lambda: 2)


PLAIN = [b'{"needed": "%d", "int2": %d}\n' % (number, number) for number in range(100)]


def plain_rows(monkeypatch: pytest.MonkeyPatch, disturb: Callable[[JsonFormat], None]) -> list[int]:
    """The numbers that arrive of a hundred plain documents when something happens after the thirtieth."""
    hire_at_once(monkeypatch)
    monkeypatch.setattr("local.redshift.copy.json_format._BLOCK", 100)
    columns = [column for column in COLUMNS if column.name in ("int2", "needed")]
    format_ = JsonFormat(None, columns, Options(json="auto"), Errors(0))  # type: ignore[arg-type]

    def chunks() -> Iterator[bytes]:
        for number, line in enumerate(PLAIN):
            if number == 30:
                disturb(format_)
            yield line

    with closing(format_):
        made = b"".join(format_.pieces(chunks(), ""))
    return [int(line.split(b"\t")[0]) for line in made.splitlines()]


def test_a_worker_that_is_killed_costs_no_rows(monkeypatch):
    def kill(format_: JsonFormat) -> None:
        for worker in format_._crew._workers:
            os.kill(worker._process, signal.SIGKILL)

    assert plain_rows(monkeypatch, kill) == list(range(100))


def test_rows_that_are_longer_than_their_documents_arrive(monkeypatch):
    monkeypatch.setattr("local.redshift.copy.crew._SLOT", 120)
    monkeypatch.setattr("local.redshift.copy.crew._answer", partial(_answer_of_little_room, _answer))
    assert plain_rows(monkeypatch, lambda _: None) == list(range(100))


def _answer_of_little_room(answer, made, memory, place):
    return answer((b"x" * 121, 1) if made else None, memory, place)


def test_workers_end_with_the_load_and_hold_no_connection_of_the_sessions(monkeypatch):
    reader, writer = os.pipe()
    seen: list[int] = []

    def look(format_: JsonFormat) -> None:
        seen.extend(worker._process for worker in format_._crew._workers)
        os.close(writer)
        # The end of the pipe comes only when nobody holds its other end: the workers closed theirs.
        assert os.read(reader, 1) == b""

    assert plain_rows(monkeypatch, look) == list(range(100))
    os.close(reader)
    assert len(seen) == 2
    for process in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_what_was_read_before_the_source_fails_is_loaded(monkeypatch):
    hire_at_once(monkeypatch)
    monkeypatch.setattr("local.redshift.copy.json_format._BLOCK", 100)
    columns = [column for column in COLUMNS if column.name in ("int2", "needed")]
    format_ = JsonFormat(None, columns, Options(json="auto"), Errors(0))  # type: ignore[arg-type]

    def chunks() -> Iterator[bytes]:
        yield from PLAIN
        raise WrongEncodingError("half a character")

    made: list[bytes] = []
    with closing(format_), pytest.raises(WrongEncodingError):
        made += format_.pieces(chunks(), "")
    count = b"".join(made).count(b"\n")
    assert count >= len(PLAIN) - 4
    assert format_.rows == count


def test_the_quick_path_takes_what_is_plain():
    document = {"int2": 1, "int4": "7", "int8": 5.0, "float8": 1.5, "text": "x", "needed": "é", "exact": None}
    body = 3 * (json.dumps(document).encode() + b"\n")
    options = Options(json="auto")
    format_ = JsonFormat(None, COLUMNS, options, Errors(0))  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local.redshift.copy.rows.RowMaker.make", None)
        assert b"".join(format_.pieces(iter([body]), "")).count(b"\n") == 3
