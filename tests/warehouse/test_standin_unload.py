"""UNLOAD to S3: the objects' names and contents, what is said of them, and what a failed UNLOAD leaves behind."""

from __future__ import annotations

import bz2
import gzip
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.redshift.copy.compression import decompressed
from local.warehouse import IAM_ROLE, Warehouse
from tests.warehouse.standin import DRIVERS, connect, error, rows

pytestmark = pytest.mark.slow

ROLE = f"iam_role '{IAM_ROLE}'"
_VENUES = (
    "select 1 as id, 'Pinewood Race|track'::varchar(40) as name, 0 as seats union all "
    "select 2, 'Columbus \"Crew\" Stadium', null union all select 4, 'Community, Arena', 5 order by 1"
)


class Stage:
    """A session and a place of its own in the bucket."""

    def __init__(self, client: Any, s3: Any, bucket: str) -> None:
        self.client, self.s3, self.bucket = client, s3, bucket
        self.folder = uuid.uuid4().hex

    def statement(self, query: str, options: str = "parallel off", *, prefix: str = "out_") -> str:
        quoted = query.replace("'", "''")
        return f"unload ('{quoted}') to 's3://{self.bucket}/{self.folder}/{prefix}' {ROLE} {options}"

    def unload(self, query: str, options: str = "parallel off", *, prefix: str = "out_") -> None:
        rows(self.client, self.statement(query, options, prefix=prefix))

    def error(self, query: str, options: str = "parallel off") -> tuple[str, str, str]:
        return error(self.client, self.statement(query, options))

    def put(self, name: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.folder}/{name}", Body=body)

    def files(self) -> dict[str, bytes]:
        """The objects' contents by their names."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{self.folder}/").get("Contents", [])
        return {
            item["Key"].removeprefix(f"{self.folder}/"): self.s3.get_object(Bucket=self.bucket, Key=item["Key"])[
                "Body"
            ].read()
            for item in listed
        }

    def text(self, query: str, options: str = "") -> str:
        """What UNLOAD writes serially."""
        self.unload(query, f"parallel off {options}")
        return self.files()["out_000"].decode()


@pytest.fixture
def stage(warehouse: Warehouse, s3: Any, shared_bucket: str) -> Iterator[Stage]:
    client = connect(warehouse)
    yield Stage(client, s3, shared_bucket)
    client.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_unload_tells_how_many_records_it_wrote_and_returns_no_count(warehouse, s3, shared_bucket, driver):
    client = connect(warehouse, driver)
    stage = Stage(client, s3, shared_bucket)
    cursor = client.cursor()
    said: list[str] = []
    if driver == "psycopg":
        client.add_notice_handler(lambda notice: said.append(f"{notice.severity}: {notice.message_primary}"))
    cursor.execute(stage.statement(_VENUES))
    assert cursor.rowcount in (-1, 0)
    if driver == "redshift_connector":
        said.append(f"{client.notices[-1][b'S'].decode()}: {client.notices[-1][b'M'].decode()}")
    elif driver == "psycopg2":
        said += [notice.replace(":  ", ": ") for notice in client.notices]
    if driver != "redshift_connector":
        assert cursor.statusmessage == "UNLOAD"
    assert said[-1].strip() == "INFO: UNLOAD completed, 3 record(s) unloaded successfully."
    assert rows(client, "select pg_last_unload_count()") == [(3,)]
    client.close()


def test_a_parallel_unload_writes_a_file_for_each_slice(stage):
    stage.unload("select 1 as a union all select 2 union all select 3 order by 1", "")
    assert stage.files() == {"out_0000_part_00": b"1\n3\n", "out_0001_part_00": b"2\n"}


@pytest.mark.parametrize("word", ["off", "false"])
def test_a_serial_unload_writes_one_file_in_order(stage, word):
    stage.unload("select 3 as a union all select 2 union all select 1 order by 1", f"parallel {word}")
    assert stage.files() == {"out_000": b"1\n2\n3\n"}


def test_a_query_without_rows_writes_nothing(stage):
    stage.unload("select 1 as a where false", "manifest")
    assert stage.files() == {}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", '1|Pinewood Race|track|0\n2|Columbus "Crew" Stadium|\n4|Community, Arena|5\n'),
        ("header", 'id|name|seats\n1|Pinewood Race|track|0\n2|Columbus "Crew" Stadium|\n4|Community, Arena|5\n'),
        ("escape", '1|Pinewood Race\\|track|0\n2|Columbus "Crew" Stadium|\n4|Community, Arena|5\n'),
        ("null as 'fred'", '1|Pinewood Race|track|0\n2|Columbus "Crew" Stadium|fred\n4|Community, Arena|5\n'),
        (
            "delimiter ',' addquotes",
            '"1","Pinewood Race|track","0"\n"2","Columbus "Crew" Stadium",""\n"4","Community, Arena","5"\n',
        ),
        (
            "delimiter as '\\t' addquotes escape",
            '"1"\t"Pinewood Race|track"\t"0"\n"2"\t"Columbus \\"Crew\\" Stadium"\t""\n"4"\t"Community, Arena"\t"5"\n',
        ),
        ("csv", '1,Pinewood Race|track,0\n2,"Columbus ""Crew"" Stadium",\n4,"Community, Arena",5\n'),
        (
            "format as csv delimiter '|' header",
            'id|name|seats\n1|"Pinewood Race|track"|0\n2|"Columbus ""Crew"" Stadium"|\n4|Community, Arena|5\n',
        ),
        (
            "fixedwidth as 'id:3,name:25,seats:2'",
            '1  Pinewood Race|track      0 \n2  Columbus "Crew" Stadium    \n4  Community, Arena         5 \n',
        ),
        (
            "format json",
            '{"id":1,"name":"Pinewood Race|track","seats":0}\n'
            '{"id":2,"name":"Columbus \\"Crew\\" Stadium","seats":null}\n'
            '{"id":4,"name":"Community, Arena","seats":5}\n',
        ),
    ],
)
def test_the_format_decides_what_the_lines_look_like(stage, options, expected):
    assert stage.text(_VENUES, options) == expected


def test_values_are_written_as_redshift_shows_them(stage):
    query = (
        "select true as t, false as f, 1.50::numeric(8,2) as n, 'ab'::char(5) as c, '2018-11-30'::date as d, "
        "'2018-11-30 12:00:00'::timestamp as ts, '2018-11-30 12:00:00.25'::timestamp as tf, 'é'::varchar(4) as e"
    )
    assert stage.text(query) == "t|f|1.50|ab|2018-11-30|2018-11-30 12:00:00|2018-11-30 12:00:00.25|é\n"


def test_json_holds_truth_values_as_t_and_f(stage):
    document = json.loads(stage.text("select true as a, false as b, null::boolean as c", "json"))
    assert document == {"a": "t", "b": "f", "c": None}


@pytest.mark.parametrize(
    ("option", "extension", "read"),
    [
        ("gzip", "gz", gzip.decompress),
        ("bzip2", "bz2", bz2.decompress),
        ("zstd", "zst", lambda body: b"".join(decompressed(iter([body]), "zstd", ""))),
    ],
)
def test_compressed_files_have_the_compressions_extension(stage, option, extension, read):
    stage.unload(_VENUES, f"{option} csv parallel off")
    ((name, body),) = stage.files().items()
    assert name == f"out_000.{extension}"
    assert read(body).startswith(b"1,Pinewood")


def test_an_extension_takes_the_compressions_place(stage):
    stage.unload(_VENUES, "gzip extension 'txt.gz' parallel off")
    assert list(stage.files()) == ["out_000.txt.gz"]


def test_a_manifest_lists_the_files_and_copy_reads_it(stage):
    stage.unload("select 1 as a union all select 2 order by 1", "manifest")
    root = f"s3://{stage.bucket}/{stage.folder}/out_"
    assert json.loads(stage.files()["out_manifest"]) == {
        "entries": [{"url": f"{root}0000_part_00"}, {"url": f"{root}0001_part_00"}]
    }


def test_a_verbose_manifest_tells_sizes_counts_and_columns(stage):
    stage.unload("select 1 as a, 'x'::varchar(25) as v, 1.5::numeric(8,2) as n", "manifest verbose header")
    said = json.loads(stage.files()["out_manifest"])
    size = len(b"a|v|n\n1|x|1.50\n")
    assert said["entries"][0]["meta"] == {"content_length": size, "record_count": 2}
    assert said["meta"] == {"content_length": size, "record_count": 2}
    assert [element["name"] for element in said["schema"]["elements"]] == ["a", "v", "n"]
    assert said["schema"]["elements"][0]["type"] == {"base": "integer"}
    assert said["author"]["name"] == "Amazon Redshift"


def test_it_fails_if_there_are_files(stage):
    stage.put("out_something", b"old")
    code, message, detail = stage.error("select 1 as a")
    assert (code, message.split(".")[0]) == ("XX000", "Specified unload destination on S3 is not empty")
    assert "8001" in detail
    assert stage.files() == {"out_something": b"old"}


def test_allowoverwrite_overwrites_and_cleanpath_removes(stage):
    stage.put("out_000", b"old")
    stage.put("out_999", b"old")
    stage.put("other", b"old")
    stage.unload("select 1 as a", "parallel off allowoverwrite")
    assert stage.files() == {"out_000": b"1\n", "out_999": b"old", "other": b"old"}
    stage.unload("select 2 as a", "parallel off cleanpath")
    assert stage.files() == {"out_000": b"2\n", "other": b"old"}


def test_it_reads_what_its_transaction_has_not_committed(warehouse, s3, shared_bucket):
    client = connect(warehouse, autocommit=False)
    stage = Stage(client, s3, shared_bucket)
    rows(client, "create temp table mine (a int)")
    rows(client, "insert into mine values (1)")
    stage.unload("select a from mine")
    rows(client, "insert into mine values (2)")
    assert rows(client, "select count(*) from mine") == [(2,)]
    client.rollback()
    assert stage.files() == {"out_000": b"1\n"}
    client.close()


def test_a_failed_unload_leaves_no_file_and_a_session_that_works(stage):
    # The rows fail after more of them than S3's parts hold.
    rows(stage.client, "create temp table wide (n int, v varchar(2000))")
    rows(stage.client, "insert into wide select 1, repeat('x', 2000)")
    for _ in range(14):
        rows(stage.client, "insert into wide select n, v from wide")
    query = "select v, 1 / (case when row_number() over (order by n) = 16384 then 0 else 1 end) as d from wide"
    code, _, _ = stage.error(query, "")
    assert code == "22012"
    assert stage.files() == {}
    uploads = stage.s3.list_multipart_uploads(Bucket=stage.bucket, Prefix=stage.folder)
    assert uploads.get("Uploads", []) == []
    assert rows(stage.client, "select 1") == [(1,)]
    assert rows(stage.client, "select pg_last_unload_count()") == [(0,)]


def test_a_failed_unload_fails_its_transaction(warehouse, s3, shared_bucket):
    client = connect(warehouse, autocommit=False)
    stage = Stage(client, s3, shared_bucket)
    assert stage.error("select 1 / 0 as a")[0] == "22012"
    assert error(client, "select 1")[0] == "25P02"
    client.rollback()
    client.close()


def test_files_end_where_maxfilesize_says_between_two_rows(stage):
    rows(stage.client, "create temp table wide (n int, v varchar(60000))")
    rows(stage.client, "insert into wide select 1, repeat('x', 60000)")
    for _ in range(8):
        rows(stage.client, "insert into wide select n, v from wide")
    stage.unload("select v from wide", "parallel off maxfilesize 5 mb")
    files = stage.files()
    assert sorted(files) == ["out_000", "out_001", "out_002"]
    assert all(len(body) <= 5 << 20 and body.endswith(b"\n") for body in files.values())
    assert b"".join(files.values()) == (b"x" * 60000 + b"\n") * 256


def test_large_files_are_sent_in_parts(stage):
    rows(stage.client, "create temp table wide (n int, v varchar(60000))")
    rows(stage.client, "insert into wide select 1, repeat('x', 60000)")
    for _ in range(9):
        rows(stage.client, "insert into wide select n, v from wide")
    stage.unload("select v from wide")
    assert stage.files() == {"out_000": (b"x" * 60000 + b"\n") * 512}


def test_a_role_that_is_not_the_clusters_writes_nothing(stage):
    statement = stage.statement("select 1 as a").replace(IAM_ROLE, f"{IAM_ROLE}-of-others")
    code, message, _ = error(stage.client, statement)
    assert code == "XX000"
    assert "is not authorized to assume IAM Role" in message
    assert stage.files() == {}
