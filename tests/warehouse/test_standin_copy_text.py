"""COPY of text in transactions, from many and large files; what is loaded of single records is conformance's."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.warehouse import IAM_ROLE, Warehouse
from tests.warehouse.standin import connect, error, rows

pytestmark = pytest.mark.slow

NASTY = [
    "",
    " ",
    "|",
    ",",
    '"',
    "'",
    '""',
    "\\",
    "\\\\",
    "\n",
    "\r\n",
    "a\\",
    '"a"',
    "'b'",
    "\\N ",
    "é€😀",
    "\t",
    "x" * 300,
]
# What UNLOAD is told, and what COPY has to be told to read it.
PAIRS = {
    "csv": ("csv null as '@@'", "csv null as '@@'"),
    "csv with another delimiter": (
        "csv delimiter '|' header null as '@@'",
        "csv delimiter '|' ignoreheader 1 null as '@@'",
    ),
    "escape": ("escape null as '@@'", "escape null as '@@'"),
    "escape and quotes": (
        "delimiter ',' escape addquotes null as '@@'",
        "delimiter ',' escape removequotes null as '@@'",
    ),
    "tabs, compressed": (r"delimiter '\t' escape gzip null as '@@'", r"delimiter '\t' escape gzip null as '@@'"),
    "json": ("json", "json 'auto'"),
}


class Stage:
    """A session with a temporary table `t` to load, and a place of its own in the bucket."""

    def __init__(self, client: Any, s3: Any, bucket: str) -> None:
        self.client, self.s3, self.bucket = client, s3, bucket
        self.prefix = uuid.uuid4().hex

    def table(self, columns: str = "a int, b varchar(400)") -> None:
        rows(self.client, f"create temp table t ({columns})")

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}", Body=body)

    def statement(self, options: str, *, table: str = "t") -> str:
        return f"copy {table} from 's3://{self.bucket}/{self.prefix}/' iam_role '{IAM_ROLE}' {options}"

    def copy(self, options: str) -> None:
        rows(self.client, self.statement(options))

    def faults(self) -> list[tuple[Any, ...]]:
        return rows(
            self.client,
            "select line_number, trim(column_name), error_code from sys_load_error_detail where query_id = "
            "(select max(query_id) from sys_load_error_detail where session_id = pg_backend_pid()) order by 1",
        )


@pytest.fixture
def stage(warehouse: Warehouse, s3: Any, shared_bucket: str) -> Iterator[Stage]:
    client = connect(warehouse)
    yield Stage(client, s3, shared_bucket)
    client.close()


@pytest.fixture
def block(warehouse: Warehouse, s3: Any, shared_bucket: str) -> Iterator[Stage]:
    """A stage whose session is in transactions until it commits."""
    client = connect(warehouse, autocommit=False)
    yield Stage(client, s3, shared_bucket)
    client.close()


def test_a_failed_load_loads_nothing_and_its_errors_survive_the_rollback(block):
    block.table()
    block.client.commit()
    block.put("1.csv", b"1,one\n2,two\n")
    block.put("2.csv", b"x,three\n")
    assert error(block.client, block.statement("csv"))[0] == "XX000"
    block.client.rollback()
    assert rows(block.client, "select count(*) from t") == [(0,)]
    assert block.faults() == [(1, "a", 1207)]


def test_a_load_is_rolled_back_with_its_transaction(block):
    block.table()
    block.client.commit()
    block.put("1.csv", b"1,one\n")
    block.copy("csv")
    assert rows(block.client, "select * from t") == [(1, "one")]
    block.client.rollback()
    assert rows(block.client, "select count(*) from t") == [(0,)]


def test_maxerror_skips_bad_records_and_counts_over_all_files(stage):
    stage.table()
    stage.put("1.csv", b"1,one\nx,bad\n3\n4,four\n")
    stage.put("2.csv", b"5,five,more\n6,six\n")
    stage.copy("csv maxerror 4")
    assert rows(stage.client, "select a from t order by 1") == [(1,), (4,), (6,)]
    assert [(line, code) for line, _, code in stage.faults()] == [(1, 1202), (2, 1207), (3, 1214)]
    assert error(stage.client, stage.statement("csv maxerror 3"))[0] == "XX000"
    assert rows(stage.client, "select count(*) from t") == [(3,)]


def test_a_header_is_skipped_in_every_file(stage):
    stage.table()
    stage.put("1.csv", b"a,b\n1,one\n")
    stage.put("2.csv", b"a,b\n2,two\n")
    stage.put("3.csv", b"a,b")
    stage.copy("csv ignoreheader 1")
    assert rows(stage.client, "select a from t order by 1") == [(1,), (2,)]


@pytest.mark.parametrize(("option", "compress"), [("gzip", gzip.compress), ("bzip2", bz2.compress)])
def test_compressed_text_is_loaded(stage, option, compress):
    stage.table()
    stage.put("1.csv", compress(b"1,one\n2,two\n"))
    stage.copy(f"csv {option}")
    assert rows(stage.client, "select a from t order by 1") == [(1,), (2,)]


def test_text_in_utf16_is_loaded(stage):
    stage.table()
    stage.put("1.csv", "1,é€\n2,zwei\n".encode("utf-16"))
    stage.copy("csv encoding utf16")
    assert rows(stage.client, "select * from t order by 1") == [(1, "é€"), (2, "zwei")]


def test_a_large_file_is_loaded_whole_whichever_path_its_parts_take(stage):
    stage.table()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    # Every ten thousandth value needs its quotes: a block with one goes value by value, the others column by column.
    writer.writerows([n, f'line\n"{n}"' if n % 10_000 == 0 else f"text of {n}"] for n in range(60_000))
    stage.put("1.csv", out.getvalue().encode())
    stage.copy("csv")
    assert rows(stage.client, "select count(*), sum(a), count(distinct b) from t") == [(60_000, 1_799_970_000, 60_000)]
    assert rows(stage.client, "select b from t where a in (9999, 10000) order by a") == [
        ("text of 9999",),
        ('line\n"10000"',),
    ]


@pytest.mark.parametrize("pair", PAIRS)
def test_what_is_unloaded_is_loaded_again(stage, pair):
    unload, copy = PAIRS[pair]
    stage.table()
    cursor = stage.client.cursor()
    cursor.executemany("insert into t values (%s, %s)", [*enumerate(NASTY), (None, "no number"), (900, None)])
    rows(stage.client, "create temp table again (a int, b varchar(400))")
    target = f"s3://{stage.bucket}/{stage.prefix}/"
    rows(stage.client, f"unload ('select a, b from t') to '{target}' iam_role '{IAM_ROLE}' {unload}")
    rows(stage.client, stage.statement(copy, table="again"))
    question = "select a, b from {} order by a, b"
    assert rows(stage.client, question.format("again")) == rows(stage.client, question.format("t"))
    assert rows(stage.client, "select count(*) from again") == [(len(NASTY) + 2,)]
