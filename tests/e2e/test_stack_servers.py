"""PostgreSQL and S3 on their own, and the mirror that fills S3."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import accounts
from local.errors import ServerDiedError, StackError
from local.mirror import Mirrored, mirror
from local.postgres import PostgresServer
from local.s3 import S3Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def place() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="sparkify-test-"))
    made.chmod(0o711)
    yield made
    accounts.remove_data(made / "postgres")
    made.rmdir()


def test_the_mirror_uploads_what_differs_deletes_what_is_gone_and_leaves_the_rest(
    server: S3Server, tmp_path: Path
) -> None:
    files = {}
    for name, text in {"same": "a", "changed": "b", "gone": "c"}.items():
        files[f"deep/{name}.json"] = tmp_path / name
        (tmp_path / name).write_text(text)
    s3 = server.client()
    assert mirror(s3, "mirror", files) == Mirrored(uploaded=3, kept=0, deleted=0)
    (tmp_path / "changed").write_text("B")
    (tmp_path / "new").write_text("ü" * 10)
    after = {key: path for key, path in files.items() if "gone" not in key} | {"new ü.json": tmp_path / "new"}
    assert mirror(s3, "mirror", after) == Mirrored(uploaded=2, kept=1, deleted=1)
    assert mirror(s3, "mirror", after) == Mirrored(uploaded=0, kept=3, deleted=0)
    held = s3.list_objects_v2(Bucket="mirror")["Contents"]
    assert {item["Key"] for item in held} == {"deep/same.json", "deep/changed.json", "new ü.json"}
    assert s3.get_object(Bucket="mirror", Key="deep/changed.json")["Body"].read() == b"B"


def test_a_file_of_many_chunks_is_not_uploaded_twice(server: S3Server, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(range(256)) * 80_000)
    files = {"big.json": tmp_path / "big"}
    assert mirror(server.client(), "chunks", files).uploaded == 1
    assert mirror(server.client(), "chunks", files).kept == 1


def test_more_than_a_listing_page_is_mirrored(server: S3Server, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("x")
    files = {f"many/{number:05}": tmp_path / "one" for number in range(1100)}
    assert mirror(server.client(), "pages", files).uploaded == 1100
    assert mirror(server.client(), "pages", files).kept == 1100
    assert mirror(server.client(), "pages", {}).deleted == 1100


def test_s3_keeps_its_objects_and_keys_over_a_restart(tmp_path: Path) -> None:
    server = S3Server(tmp_path / "s3")
    with server:
        keys = (server.access_key, server.secret_key)
        server.client().create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        server.client().put_object(Bucket="kept", Key="a", Body=b"b")
    with server:
        assert keys == (server.access_key, server.secret_key)
        assert server.client().get_object(Bucket="kept", Key="a")["Body"].read() == b"b"
    assert stat.S_IMODE((tmp_path / "s3" / "keys.json").stat().st_mode) == 0o600


def test_s3_starts_in_a_directory_whose_name_is_too_long_for_a_socket(tmp_path: Path) -> None:
    with S3Server(tmp_path / ("long" * 30)) as server:
        assert server.client().list_buckets()["Buckets"] == []


def test_a_bucket_that_is_not_there_is_an_error_as_on_aws(server: S3Server) -> None:
    s3 = server.client()
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.put_object(Bucket="never-made", Key="a", Body=b"")


def test_postgres_lets_nobody_in_without_the_password(place: Path) -> None:
    with PostgresServer(place / "postgres") as server:
        with psycopg.connect(server.dsn("postgres")) as connection:
            assert connection.execute("select upper('é'), 'a' < 'B' collate \"default\"").fetchone() == ("É", False)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(host=server.host, port=server.port, user="postgres", password="guess", dbname="postgres")


def test_postgres_keeps_its_data_when_it_is_killed_and_starts_over_a_stale_pid_file(place: Path) -> None:
    server = PostgresServer(place / "postgres")
    with server, psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as a")
    # A crash leaves the file, and later somebody else has that number: here, what started this test.
    stale = place / "postgres" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getppid()}\n{stale.parent}\n")
    with server, psycopg.connect(server.dsn("postgres")) as connection:
        assert connection.execute("select a from kept").fetchone() == (7,)


def test_an_interrupted_initialisation_is_done_again(place: Path) -> None:
    half = accounts.data_place(place / "postgres", accounts.server_account()) / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with PostgresServer(place / "postgres") as server, psycopg.connect(server.dsn("postgres")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_postgres_that_cannot_start_is_reported_with_its_own_words(place: Path) -> None:
    server = PostgresServer(place / "postgres")
    with server:
        pass
    (place / "postgres" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(ServerDiedError, match="could not find the database system"):
        server.start()


def test_a_disk_that_is_full_is_reported_with_the_programs_own_words(place: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("a small file system to fill is at hand on Linux only")
    small = place / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", small], check=False, capture_output=True)
    if mounted.returncode:
        small.rmdir()
        pytest.skip("only root may mount a small file system")
    try:
        small.chmod(0o711)
        with pytest.raises(StackError, match="No space left on device"):
            PostgresServer(small / "postgres").start()
    finally:
        subprocess.run(["umount", small], check=True)
        small.rmdir()
