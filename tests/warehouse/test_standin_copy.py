"""COPY from S3 as JSON: what more than one statement shows. One fact a statement is in the conformance areas copy_*."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from local.warehouse import Warehouse
from tests.warehouse.standin import DRIVERS, connect, error, lines, rows

pytestmark = pytest.mark.slow

ROLE = "iam_role 'arn:aws:iam::000000000000:role/sparkify-copy'"
FAILED = "Load into table 't' failed.  Check 'sys_load_error_detail' system table for details."


class Stage:
    """A session with a table `copied.t` to load, and a place of its own in the bucket."""

    def __init__(self, client: Any, s3: Any, bucket: str) -> None:
        self.client, self.s3, self.bucket = client, s3, bucket
        self.prefix = uuid.uuid4().hex
        self.root = f"s3://{bucket}/{self.prefix}"

    def table(self, columns: str) -> None:
        rows(self.client, "drop table if exists copied.t")
        rows(self.client, f"create table copied.t ({columns})")

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}", Body=body)
        return f"{self.root}/{key}"

    def statement(self, options: str = "json 'auto'", *, source: str = "data/", columns: str = "") -> str:
        return f"copy copied.t {columns} from '{self.root}/{source}' {ROLE} {options}"

    def copy(self, options: str = "json 'auto'", *, source: str = "data/", columns: str = "") -> None:
        rows(self.client, self.statement(options, source=source, columns=columns))

    def error(self, options: str = "json 'auto'", *, source: str = "data/") -> tuple[str, str, str]:
        return error(self.client, self.statement(options, source=source))

    def loaded(self, columns: str = "*") -> list[tuple[Any, ...]]:
        return rows(self.client, f"select {columns} from copied.t order by 1")

    def faults(self) -> list[tuple[Any, ...]]:
        """File, line, column, type, code and reason of this session's load errors, the newest statement's only."""
        return rows(
            self.client,
            "select trim(file_name), line_number, trim(column_name), trim(column_type), error_code, "
            "trim(error_message) from sys_load_error_detail where query_id = "
            "(select max(query_id) from sys_load_error_detail where session_id = pg_backend_pid()) order by 1, 2",
        )


@pytest.fixture(params=["redshift_connector", "psycopg"])
def stage(request: pytest.FixtureRequest, warehouse: Warehouse, s3: Any, shared_bucket: str) -> Iterator[Stage]:
    client = connect(warehouse, request.param)
    rows(client, "create schema if not exists copied")
    yield Stage(client, s3, shared_bucket)
    client.close()


@pytest.fixture(params=["redshift_connector", "psycopg"])
def block(request: pytest.FixtureRequest, warehouse: Warehouse, s3: Any, shared_bucket: str) -> Iterator[Stage]:
    """A stage whose session is in transactions until it commits."""
    client = connect(warehouse, request.param, autocommit=False)
    rows(client, "create schema if not exists copied")
    client.commit()
    yield Stage(client, s3, shared_bucket)
    client.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_copy_tells_how_many_records_it_loaded_and_returns_no_count(warehouse, s3, shared_bucket, driver):
    client = connect(warehouse, driver)
    rows(client, "create schema if not exists copied")
    stage = Stage(client, s3, shared_bucket)
    stage.table("a int")
    stage.put("data/1.json", lines({"a": 1}, {"a": 2}))
    cursor = client.cursor()
    said: list[str] = []
    if driver == "psycopg":
        client.add_notice_handler(lambda notice: said.append(f"{notice.severity}: {notice.message_primary}"))
    cursor.execute(stage.statement())
    assert cursor.rowcount in (-1, 0)
    expected = "Load into table 't' completed, 2 record(s) loaded successfully."
    if driver == "redshift_connector":
        assert client.notices[-1][b"S"] == b"INFO"
        said.append(client.notices[-1][b"M"].decode())
    elif driver == "psycopg2":
        said += client.notices
        assert cursor.statusmessage == "COPY"
    else:
        assert cursor.statusmessage == "COPY"
    assert expected in said[-1]
    assert rows(client, "select pg_last_copy_count()") == [(2,)]
    client.close()


def test_coercions(stage):
    stage.table(
        "i int, e int, b bigint, d decimal(8, 2), f double precision, t varchar(20), n varchar(5), o boolean, w date"
    )
    stage.put(
        "data/1.json",
        lines(
            {
                "i": "39",
                "e": "",
                "b": 1540919166796.0,
                "d": 20.259,
                "f": -35.14968,
                "t": "a\tb\\n\n",
                "n": "",
                "o": True,
                "w": "2018-11-02",
            }
        ),
    )
    stage.copy()
    ((i, e, b, d, f, t, n, o, w),) = stage.loaded()
    assert (i, e, b, float(d), f, t, n, o) == (39, None, 1540919166796, 20.25, -35.14968, "a\tb\\n\n", "", True)
    assert str(w) == "2018-11-02"


def test_options_for_blanks_decimals_lengths_and_times_in_any_order(stage):
    stage.table("d decimal(8, 2), a varchar(4), b varchar(4), c varchar(3), ts timestamp")
    stage.put("data/1.json", lines({"d": 20.259, "a": "", "b": "  ", "c": "ééé", "ts": 1541105830796}))
    stage.copy(
        "truncatecolumns blanksasnull roundec compupdate off emptyasnull statupdate off maxerror as 10 "
        "timeformat as 'epochmillisecs' region as 'us-west-2' json"
    )
    ((d, *rest),) = stage.loaded()
    assert float(d) == 20.26
    assert rest == [None, None, "é", datetime(2018, 11, 1, 20, 57, 10, 796000)]


def test_a_missing_prefix_and_a_missing_bucket_are_named(stage):
    stage.table("a int")
    state, message, detail = stage.error(source="2018/11/")
    expected = f"The specified S3 prefix '{stage.prefix}/2018/11/' does not exist"
    assert (state, message) == ("XX000", expected)
    assert f"error:     {expected}" in detail
    statement = f"copy copied.t from 's3://no-such-bucket/x' {ROLE} json 'auto'"
    _, message, _ = error(stage.client, statement)
    assert message.startswith("S3ServiceException:The specified bucket does not exist")
    assert "Status 404,Error NoSuchBucket" in message


def test_a_role_that_may_not_be_assumed_is_refused(stage):
    stage.table("a int")
    role = "arn:aws:iam::000000000000:role/other"
    statement = f"copy copied.t from '{stage.root}/data/' iam_role '{role}' json 'auto'"
    state, message, _ = error(stage.client, statement)
    assert state == "XX000"
    assert message.endswith(f"is not authorized to assume IAM Role {role}")


@pytest.mark.parametrize(
    ("columns", "document", "column", "type_", "code", "reason"),
    [
        ("a int", b'{"a": "abc"}', "a", "int4", 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer"),
        ("a bigint", b'{"a": "12x"}', "a", "int8", 1207, "Invalid digit, Value 'x', Pos 2, Type: Long"),
        ("a int", b'{"a": 12.5}', "a", "int4", 1207, "Invalid digit, Value '.', Pos 2, Type: Integer"),
        ("a varchar(3)", b'{"a": "abcd"}', "a", "varchar", 1204, "String length exceeds DDL length"),
        ("a varchar(3)", '{"a": "éé"}'.encode(), "a", "varchar", 1204, "String length exceeds DDL length"),
        (
            "a varchar(30)",
            b'{"a": "x\xa4y"}',
            "a",
            "varchar",
            1220,
            "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: a4 (error 3)",
        ),
        ("a int not null", b'{"b": 1}', "a", "int4", 1213, "Missing data for not-null field"),
        (
            "a timestamp",
            b'{"a": 1541105830796}',
            "a",
            "timestamp",
            1206,
            "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]",
        ),
        (
            "a bigint",
            b'{"a": 9223372036854775808}',
            "a",
            "int8",
            1222,
            "Overflow (Long valid range -9223372036854775808 to 9223372036854775807)",
        ),
        ("a int", b'{"a": 1', "", "", 1216, None),
        ("a int", b"[1]", "a", "int4", 1216, "Invalid JSONPath format: Member is not an object."),
    ],
)
def test_a_bad_row_fails_the_load_and_is_named_after_the_rollback(
    stage, columns, document, column, type_, code, reason
):
    stage.table(columns)
    good = lines({"a": None}) if "not null" not in columns else lines({"a": 1})
    stage.put("data/1.json", good)
    url = stage.put("data/2.json", good + good + document + b"\n" + good)
    state, message, _ = stage.error()
    assert (state, message) == ("XX000", FAILED)
    ((file, line, *rest, said),) = stage.faults()
    assert (file, line, *rest) == (url, 3, column, type_, code)
    assert reason is None or said == reason
    assert stage.loaded() == []


def test_a_malformed_line_does_not_take_the_next_one_with_it(stage):
    stage.table("a int")
    stage.put("data/1.json", b'{"a": 1}\n{"a": 2, "b":\n{"a": 3}\n{"a": }\n{"a": 5}\n')
    stage.copy("json 'auto' maxerror 10")
    assert stage.loaded() == [(1,), (3,), (5,)]
    assert [fault[1] for fault in stage.faults()] == [2, 4]


def test_maxerror_counts(stage):
    stage.table("a int")
    stage.put("data/1.json", lines({"a": 1}, {"a": "x"}, {"a": "y"}, {"a": 4}))
    assert stage.error("json 'auto' maxerror 2")[1] == FAILED
    assert stage.loaded() == []
    stage.copy("json 'auto' maxerror 3")
    assert stage.loaded() == [(1,), (4,)]
    assert len(stage.faults()) == 2
    assert rows(stage.client, "select pg_last_copy_count()") == [(2,)]


def test_a_gzip_that_ends_early_loads_nothing(stage):
    stage.table("a int")
    url = stage.put("data/1.gz", gzip.compress(lines(*({"a": number} for number in range(50_000))))[:-100])
    state, message, detail = stage.error("json 'auto' gzip")
    assert state == "XX000"
    assert "gzip" in message
    assert url in detail
    assert stage.loaded() == []


def test_a_copy_rolls_back_with_its_transaction_and_its_errors_do_not(block):
    block.table("a int")
    block.client.commit()
    block.put("data/1.json", lines({"a": 1}))
    block.copy()
    assert block.loaded() == [(1,)]
    block.client.rollback()
    assert block.loaded() == []
    block.put("data/2.json", lines({"a": "x"}))
    rows(block.client, "insert into copied.t values (9)")
    assert block.error()[1] == FAILED
    assert error(block.client, "select 1")[0] == "25P02"
    block.client.rollback()
    assert block.loaded() == []
    assert len(block.faults()) == 1


def test_a_table_made_in_the_same_transaction_can_be_loaded(block):
    block.table("a int not null")
    rows(block.client, "drop table if exists copied.t")
    rows(block.client, "create table copied.t (a int)")
    block.put("data/1.json", lines({"a": 1}))
    block.copy()
    block.client.commit()
    assert block.loaded() == [(1,)]


@pytest.mark.parametrize("option", ["format parquet", "format orc", "lzop json 'auto'", "encrypted json 'auto'"])
def test_what_is_not_supported_is_refused(stage, option):
    stage.table("a int")
    assert stage.error(option)[0] == "0A000"


def test_many_small_objects_arrive_in_one_load(stage):
    stage.table("a int")
    for number in range(150):
        stage.put(f"data/{number:03d}.json", lines({"a": number}))
    stage.copy()
    assert rows(stage.client, "select count(*), count(distinct a) from copied.t") == [(150, 150)]
