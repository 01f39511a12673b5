"""A body that ends before its announced length is S3 failing, and never a short file."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.warehouse import Detours, Warehouse
from sparkify.failures import describe
from tests.faults.loop import Loop
from tests.faults.s3_proxy import Disturbance, S3Proxy
from tests.ports import named_ports

pytestmark = pytest.mark.slow
# More than the front's own S3 client tries.
_OFTEN = 20
# Whatever is cut, and wherever in the middle, a row that is complete comes first.
_ROWS = "".join(json.dumps({"a": number}) + "\n" for number in range(100))


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, S3Proxy, Loop]]:
    """A warehouse whose front reaches S3 through the proxy."""
    home: Path = tmp_path_factory.mktemp("short")
    for place in (home, *home.parents[:2]):
        place.chmod(0o711)
    s3_port, proxy_port = named_ports(2)
    proxy = S3Proxy(proxy_port, s3_port)
    with Loop() as loop:
        loop.do(proxy.start())
        with Warehouse(home, s3_port=s3_port, detours=Detours(s3=proxy_port)) as warehouse:
            yield warehouse, proxy, loop
        loop.do(proxy.stop())


@pytest.mark.parametrize(
    ("location", "options", "short"),
    [
        ("data/rows.json", "json 'auto'", "rows.json"),
        ("rows.manifest", "json 'auto' manifest", "rows.manifest"),
        ("data/rows.json", "json 's3://short/paths.json'", "paths.json"),
    ],
)
def test_a_copy_of_which_a_body_ends_too_soon_fails_and_may_be_tried_again(
    behind_proxy: tuple[Warehouse, S3Proxy, Loop], location: str, options: str, short: str
) -> None:
    warehouse, proxy, loop = behind_proxy
    s3 = warehouse.s3.client()
    if "short" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="short", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    manifest = {"entries": [{"url": "s3://short/data/rows.json", "mandatory": True}]}
    for key, body in (
        ("data/rows.json", _ROWS),
        ("rows.manifest", json.dumps(manifest)),
        ("paths.json", json.dumps({"jsonpaths": ["$.a"]})),
    ):
        s3.put_object(Bucket="short", Key=key, Body=body.encode())
    copy = f"copy short_bodies from 's3://short/{location}' iam_role default {options}"
    with psycopg.connect(warehouse.redshift.dsn, autocommit=True) as connection:
        connection.execute("drop table if exists short_bodies")
        connection.execute("create table short_bodies (a int)")
        disturbance = Disturbance("truncated", requests=_OFTEN, of=short)
        loop.do(proxy.arm(disturbance))
        with pytest.raises(psycopg.Error) as failed:
            connection.execute(copy.encode())
        loop.do(proxy.disarm(disturbance))
        assert disturbance.met.is_set()
        assert not describe(failed.value).permanent
        assert connection.execute("select count(*) from short_bodies").fetchone() == (0,)
        connection.execute(copy.encode())
        assert connection.execute("select count(*) from short_bodies").fetchone() == (100,)
