"""A loader and an analyst, made by SQL, log in and can do what they were granted, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import redshift_connector

from local.warehouse import Warehouse
from tests.warehouse.standin import connect, error, lines, rows

pytestmark = pytest.mark.slow

_LOADER = "Loading-7x"
_ANALYST = "Reading-7x"
_TEARDOWN = (
    "drop schema if exists shop cascade",
    "alter default privileges for user shop_loader revoke select on tables from group shop_analysts",
    "drop user if exists shop_loader, shop_analyst",
    "drop group shop_analysts",
)


@pytest.fixture
def owner(warehouse: Warehouse) -> Iterator[Any]:
    with connect(warehouse) as client:
        digest = hashlib.md5(f"{_ANALYST}shop_analyst".encode(), usedforsecurity=False).hexdigest()
        rows(client, "create group shop_analysts")
        rows(client, f"create user shop_loader password '{_LOADER}'")
        rows(client, f"create user shop_analyst password 'md5{digest}' in group shop_analysts")
        rows(client, "create schema shop authorization shop_loader")
        rows(client, "alter default privileges for user shop_loader grant select on tables to group shop_analysts")
        rows(client, "grant usage on schema shop to group shop_analysts")
        yield client
        for statement in _TEARDOWN:
            rows(client, statement)


def _loader(warehouse: Warehouse, driver: str = "psycopg") -> Any:
    return connect(warehouse, driver, user="shop_loader", password=_LOADER)


def _analyst(warehouse: Warehouse, driver: str = "psycopg") -> Any:
    return connect(warehouse, driver, user="shop_analyst", password=_ANALYST)


@pytest.mark.parametrize("driver", ["redshift_connector", "psycopg"])
def test_a_loader_loads_and_an_analyst_only_reads(owner, warehouse, driver, s3, bucket):
    s3.put_object(Bucket=bucket, Key="sales.json", Body=lines({"a": 1}, {"a": 2}))
    loader, analyst = _loader(warehouse, driver), _analyst(warehouse, driver)
    rows(loader, "create table shop.sales (a int)")
    rows(loader, f"copy shop.sales from 's3://{bucket}/sales' iam_role '{warehouse.iam_role}' json 'auto'")
    assert rows(analyst, "select a from shop.sales order by a") == [(1,), (2,)]
    copied = f"copy shop.sales from 's3://{bucket}/sales' iam_role '{warehouse.iam_role}' json 'auto'"
    for statement in (
        copied,
        "insert into shop.sales values (3)",
        "delete from shop.sales where a = 1",
        "truncate shop.sales",
        "drop table shop.sales",
        "alter table shop.sales add column b int",
        "create table shop.mine (a int)",
        "create user intruder password 'Intruder1'",
    ):
        assert error(analyst, statement)[0] == "42501", statement
    # Who made the users is a superuser to Redshift.
    assert rows(owner, "select count(*) from shop.sales") == [(2,)]
    loader.close()
    analyst.close()


def test_a_loader_is_not_the_clusters_owner(owner, warehouse):
    rows(owner, "create table public.owners_own (a int)")
    with _loader(warehouse) as loader:
        assert error(loader, "select * from public.owners_own")[0] == "42501"
        assert error(loader, "drop table public.owners_own")[0] == "42501"
        assert error(loader, "alter user shop_analyst password 'Stolen-123'")[0] == "42501"
        assert error(loader, "drop user shop_analyst")[0] == "42501"
    rows(owner, "drop table public.owners_own")


def test_a_password_changes_and_can_be_disabled(owner, warehouse):
    with _loader(warehouse) as loader:
        rows(loader, "alter user shop_loader password 'Changed-7x'")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        _loader(warehouse)
    connect(warehouse, user="shop_loader", password="Changed-7x").close()
    rows(owner, "alter user shop_loader password disable")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(warehouse, user="shop_loader", password="Changed-7x")


def test_a_wrong_password_is_refused(owner, warehouse):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(warehouse, user="shop_loader", password="Guessed-7x")
    with pytest.raises(redshift_connector.Error):
        connect(warehouse, "redshift_connector", user="shop_loader", password="Guessed-7x")


def test_the_configured_users_password_is_not_changed_by_sql(owner):
    assert error(owner, "alter user awsuser password 'Another-7x'")[0] == "0A000"


def test_no_password_and_no_digest_reaches_a_log(owner, warehouse):
    assert error(owner, f"create user shop_loader password '{_LOADER}'")[0] == "42710"
    assert error(owner, f"create user shop_x password '{_LOADER}' in group no_such_group")[0] == "42704"
    assert error(owner, f"create user shop_y password '{_LOADER}' nonsense")[0] == "42601"
    digests = [
        hashlib.md5(f"{_LOADER}{user}".encode(), usedforsecurity=False).hexdigest()
        for user in ("shop_loader", "shop_x", "shop_y")
    ]
    logs = [path.read_text(errors="replace") for path in warehouse.directory.rglob("*.log") if path.is_file()]
    assert logs
    for secret in (_LOADER, _ANALYST, *digests):
        assert not any(secret in log for log in logs)
