"""The two paths from documents to rows: whatever the quick one makes, the exact one makes too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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


def made(documents: list[object], options: Options, *, quick: bool) -> tuple[str, list[object]]:
    errors = Errors(100_000)
    getters = key_getters([column.name for column in COLUMNS], ignore_case=False)
    if not quick:
        getters = [Getter(getter.get) for getter in getters]
    maker = RowMaker(COLUMNS, getters, options, errors)
    parsed: Iterator[Document] = iter(
        Document(value, line, json.dumps(value)) for line, value in enumerate(documents, 1)
    )
    return "".join(maker.pieces(parsed, "s3://b/k")), list(errors.found)


@settings(max_examples=300, deadline=None)
@given(st.lists(DOCUMENTS, max_size=6), OPTIONS)
def test_the_quick_path_makes_the_exact_paths_rows_and_errors(documents, options):
    assert made(documents, options, quick=True) == made(documents, options, quick=False)


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
    found = list(Documents(chunks))
    assert [document.fault for document in found] == [None] * len(documents)
    # As one line each, read alone: integers beyond 64 bits are floating point numbers either way.
    assert [document.value for document in found] == [orjson.loads(json.dumps(value)) for value in documents]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(1, 20))
def test_any_bytes_end_in_documents_or_faults(body, chunk):
    chunks = (body[place : place + chunk] for place in range(0, len(body), chunk))
    for document in Documents(chunks):
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
    assert [document.line for document in Documents(iter([body]))] == lines
