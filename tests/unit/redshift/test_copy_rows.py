"""The two paths from documents to rows: whatever the quick one makes, the exact one makes too."""

from __future__ import annotations

import json
from collections.abc import Iterable

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.redshift.copy.blocks import QuickPath
from local.redshift.copy.documents import Document, Documents
from local.redshift.copy.failures import Errors
from local.redshift.copy.jsonpaths import Getter, key_getters
from local.redshift.copy.options import Options
from local.redshift.copy.rows import RowMaker
from local.redshift.copy.values import TargetColumn

COLUMNS = [
    TargetColumn("small", "int2", -1),
    TargetColumn("big", "int8", -1),
    TargetColumn("real", "float8", -1),
    TargetColumn("exact", "numeric", (8 << 16 | 2) + 4),
    TargetColumn("short", "varchar", 9),
    TargetColumn("code", "bpchar", 7, not_null=True),
    TargetColumn("at", "timestamp", -1),
    TargetColumn("yes", "bool", -1),
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.integers(-10, 10),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["", " ", "12", "a\tb", "\\", "é" * 5, "2018-11-02 01:25:34"]),
    st.lists(st.integers(), max_size=2),
)
DOCUMENTS = st.one_of(
    st.dictionaries(st.sampled_from([column.name for column in COLUMNS]), VALUES),
    st.fixed_dictionaries(
        {"code": st.sampled_from(["x", "yz"]), "big": st.integers(-5, 5), "short": st.text(max_size=2)}
    ),
)
ODD = [b"1e400", b"\\ud800", b"\\u0000", b"-0", b"\n", b"\x0b", b"{}", b"\xef\xbb\xbf"]
OPTIONS = st.builds(
    Options,
    json=st.just("auto"),
    time_format=st.sampled_from([None, "auto", "epochmillisecs", "epochsecs"]),
    truncate_columns=st.booleans(),
    empty_as_null=st.booleans(),
    blanks_as_null=st.booleans(),
    trim_blanks=st.booleans(),
    round_decimals=st.booleans(),
    accept_any_date=st.booleans(),
    replacement=st.sampled_from([None, "?"]),
)


def documents_of(chunks: Iterable[bytes]) -> list[Document]:
    """The documents of a stream."""
    documents = Documents()
    found = [document for chunk in chunks for document in documents.feed(chunk, final=False)]
    return [*found, *documents.feed(b"", final=True)]


def exactly(body: bytes, options: Options, *, ignore_case: bool) -> tuple[str, int]:
    """The rows of the exact path, and how many documents have none."""
    errors = Errors(100_000)
    maker = RowMaker(COLUMNS, _getters(ignore_case), options, errors)
    rows = maker.make(Documents().feed(body, final=True), "s3://b/k")
    return "".join(f"{row}\n" for row in rows), len(errors.found)


def _getters(ignore_case: bool) -> list[Getter]:
    return key_getters([column.name for column in COLUMNS], ignore_case=ignore_case)


@settings(max_examples=400, deadline=None)
@given(st.lists(DOCUMENTS, max_size=6), OPTIONS, st.booleans(), st.booleans())
def test_what_the_quick_path_makes_is_what_the_exact_path_makes(documents, options, ignore_case, ascii_only):
    body = "".join(json.dumps(document, ensure_ascii=ascii_only) + "\n" for document in documents).encode()
    quick = QuickPath(COLUMNS, _getters(ignore_case), options).make(body)
    rows, failed = exactly(body, options, ignore_case=ignore_case)
    if quick is not None:
        assert (*quick, 0) == (rows.encode(), rows.count("\n"), failed)


@settings(max_examples=1000, deadline=None)
@given(st.lists(DOCUMENTS, min_size=1, max_size=2), st.data())
def test_a_file_with_wrong_bytes_in_it_gives_the_exact_paths_rows_or_none(documents, data):
    body = bytearray("\n".join(json.dumps(document) for document in documents).encode())
    place = data.draw(st.integers(0, len(body) - 1))
    body[place : place + data.draw(st.integers(0, 2))] = data.draw(
        st.one_of(
            st.binary(max_size=3), st.sampled_from([b"1e400", b"\\ud800", b"\\u0000", b"-0", b"\n", b"\x0b", b"{}"])
        )
    )
    options = Options(json="auto")
    quick = QuickPath(COLUMNS, _getters(False), options).make(bytes(body))
    rows, failed = exactly(bytes(body), options, ignore_case=False)
    if quick is not None:
        assert (*quick, 0) == (rows.encode(), rows.count("\n"), failed)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.dictionaries(st.text(max_size=3), VALUES), st.lists(VALUES, max_size=3)), max_size=6),
    st.sampled_from(["\n", "", " \t", "\r\n", "\n\n"]),
    st.sampled_from([None, 2]),
    st.booleans(),
    st.integers(1, 40),
)
@example([{"": -9223372036854775809}], "\n", None, False, 1)
@example([{"": 18446744073709551616}], "", 2, True, 40)
def test_documents_are_found_whatever_separates_them_and_however_the_bytes_arrive(
    documents, separator, indent, ascii_only, chunk
):
    text = separator.join(json.dumps(value, indent=indent, ensure_ascii=ascii_only) for value in documents)
    body = text.encode()
    chunks = (body[place : place + chunk] for place in range(0, len(body), chunk))
    found = documents_of(chunks)
    assert [document.fault for document in found] == [None] * len(documents)
    # As one line each, read alone: integers beyond 64 bits are floating point numbers either way.
    assert [document.value for document in found] == [orjson.loads(json.dumps(value)) for value in documents]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(1, 20))
def test_any_bytes_end_in_documents_or_faults(body, chunk):
    chunks = (body[place : place + chunk] for place in range(0, len(body), chunk))
    for document in documents_of(chunks):
        assert 1 <= document.line <= body.count(b"\n") + 1


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b'{"a":1}\n{"a":2}\n', [1, 2]),
        (b'\n\n{"a":1}\n', [3]),
        (b'{\n"a":1\n}\n{"a":2}', [3, 4]),
        (b'{"a":1}{"a":2}\n{"a":3}', [1, 1, 2]),
    ],
)
def test_a_documents_line_is_its_last(body, lines):
    assert [document.line for document in documents_of([body])] == lines
