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


@pytest.mark.parametrize("driver", DRIVERS)
def test_reads_and_writes_that_cross_violate_serializable_isolation_only(isolated, driver):
    """The example of the manual's c_serial_isolation: each reads what the other writes."""
    with connect(isolated) as keeper:
        rows(keeper, "drop table if exists public.tab1, public.tab2")
        rows(keeper, "create table public.tab1 (a int)")
        rows(keeper, "create table public.tab2 (a int)")
        first, second = (connect(isolated, driver, autocommit=False) for _ in range(2))
        rows(first, "select * from public.tab1")
        rows(first, "insert into public.tab2 values (1)")
        rows(second, "insert into public.tab1 values (1)")
        rows(second, "select * from public.tab2")
        first.commit()
        ((level,),) = rows(keeper, "select trim(isolation_level) from stv_db_isolation_level")
        if level == "Snapshot Isolation":
            second.commit()
        else:
            state, message, detail = error(second, "select * from public.tab2")
            assert (state, message) == ("XX000", "1023")
            assert detail.startswith("Serializable isolation violation on table - ")
            assert "transactions forming the cycle are: " in detail
            second.rollback()
        kept = 1 if level == "Snapshot Isolation" else 0
        assert rows(keeper, "select (select count(*) from public.tab1), (select count(*) from public.tab2)") == [
            (kept, 1)
        ]
        first.close()
        second.close()


def test_an_error_fails_the_block_until_it_ends(warehouse):
    with connect(warehouse) as client:
        rows(client, "begin")
        assert error(client, "select * from public.never_made")[0] == "42P01"
        for statement in ("select 1", "truncate public.never_made", "alter table a append from b", "merge nonsense"):
            assert error(client, statement)[0] in ("25P02", "42601"), statement
        rows(client, "rollback")
        assert rows(client, "select 1") == [(1,)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_merge_meets_a_concurrent_write_in_1023(isolated, driver):
    with connect(isolated) as keeper:
        rows(keeper, "drop table if exists public.merged, public.incoming")
        rows(keeper, "create table public.merged (a int, b int)")
        rows(keeper, "create table public.incoming (a int, b int)")
        rows(keeper, "insert into public.merged values (1, 0)")
        rows(keeper, "insert into public.incoming values (1, 5), (2, 6)")
        client = connect(isolated, driver, autocommit=False)
        rows(client, "select * from public.merged")
        rows(keeper, "update public.merged set b = 9")
        merge = (
            "merge into public.merged using public.incoming on merged.a = incoming.a when matched then "
            "update set b = incoming.b when not matched then insert values (incoming.a, incoming.b)"
        )
        assert error(client, merge)[:2] == ("XX000", "1023")
        client.rollback()
        rows(client, merge)
        client.commit()
        assert rows(keeper, "select a, b from public.merged order by a") == [(1, 5), (2, 6)]
        client.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_merges_rows_are_not_counted(warehouse, driver):
    with connect(warehouse) as keeper:
        rows(keeper, "drop table if exists public.merged, public.incoming")
        rows(keeper, "create table public.merged (a int)")
        rows(keeper, "create table public.incoming (a int)")
        rows(keeper, "insert into public.incoming values (1)")
    client = connect(warehouse, driver)
    cursor = client.cursor()
    cursor.execute(
        "merge into public.merged using public.incoming on merged.a = incoming.a when matched then delete "
        "when not matched then insert values (incoming.a)"
    )
    assert cursor.rowcount == -1
    client.close()
