"""Transactions, locks and isolation: they are PostgreSQL's own, and look like Redshift's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.warehouse import Warehouse
from tests.warehouse.standin import DRIVERS, connect, error, rows

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["snapshot", "serializable"])
def isolated(request: pytest.FixtureRequest, home: Path) -> Iterator[Warehouse]:
    """A warehouse of its own for each isolation level."""
    with Warehouse(home / f"isolation-{request.param}", isolation=request.param) as running:
        yield running


def _double_writer(warehouse: Warehouse, driver: str, barrier: threading.Barrier) -> None:
    client = connect(warehouse, driver, autocommit=False)
    rows(client, "set query_group to 'writers'")
    client.commit()
    barrier.wait()
    rows(client, "lock table public.lock_facts")
    rows(client, "delete from public.facts where hour = 1")
    rows(client, "insert into public.facts (hour, n) select 1, n from public.source")
    client.commit()
    client.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_two_writers_that_lock_first_load_one_window_once(isolated, driver):
    with connect(isolated) as keeper:
        rows(keeper, "drop table if exists public.facts, public.source, public.lock_facts")
        rows(keeper, "create table public.facts (hour int, n int)")
        rows(keeper, "create table public.source (n int)")
        rows(keeper, "create table public.lock_facts (a int)")
        rows(keeper, "insert into public.source values (1), (2), (3)")
        for _ in range(5):
            barrier = threading.Barrier(4)
            writers = [threading.Thread(target=_double_writer, args=(isolated, driver, barrier)) for _ in range(4)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            assert rows(keeper, "select count(*) from public.facts") == [(3,)]


def test_the_configured_isolation_is_the_sessions(isolated):
    with connect(isolated) as client:
        ((level,),) = rows(client, "select trim(isolation_level) from stv_db_isolation_level")
        assert level in ("Snapshot Isolation", "Serializable")
        shown = {"Snapshot Isolation": "repeatable read", "Serializable": "serializable"}[level]
        # A level in BEGIN is accepted and has no effect.
        rows(client, "begin isolation level read committed")
        assert rows(client, "show transaction_isolation") == [(shown,)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_two_updates_of_one_row_end_in_1023(isolated, driver):
    with connect(isolated) as keeper:
        rows(keeper, "drop table if exists public.counter")
        rows(keeper, "create table public.counter (a int)")
        rows(keeper, "insert into public.counter values (0)")
        first = connect(isolated, driver, autocommit=False)
        second = connect(isolated, driver, autocommit=False)
        rows(first, "select a from public.counter")
        rows(second, "select a from public.counter")
        rows(first, "update public.counter set a = 1")
        first.commit()
        state, message, detail = error(second, "update public.counter set a = 2")
        assert (state, message) == ("XX000", "1023")
        assert detail.startswith("Serializable isolation violation on table - ")
        second.rollback()
        first.close()
        second.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_truncate_commits_the_transaction(warehouse, driver):
    client = connect(warehouse, driver, autocommit=False)
    rows(client, "drop table if exists public.emptied")
    rows(client, "create table public.emptied (a int)")
    rows(client, "insert into public.emptied values (1)")
    client.commit()
    rows(client, "insert into public.emptied values (2)")
    rows(client, "truncate public.emptied")
    client.rollback()
    assert rows(client, "select count(*) from public.emptied") == [(0,)]
    client.close()


def test_definitions_roll_back(warehouse):
    client = connect(warehouse, autocommit=False)
    rows(client, "create table public.gone (a int) sortkey(a)")
    client.rollback()
    assert error(client, "select * from public.gone")[0] == "42P01"
    client.close()


def test_vacuum_runs_outside_a_transaction_only(warehouse):
    with connect(warehouse) as client:
        rows(client, "create table if not exists public.cleaned (a int)")
        rows(client, "vacuum public.cleaned")
        rows(client, "begin")
        assert error(client, "vacuum public.cleaned")[0] == "25001"
