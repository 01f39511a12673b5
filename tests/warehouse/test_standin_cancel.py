"""Statements that are ended from outside, in every state that a session can be in, and sessions whose peers die."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.warehouse import Warehouse
from tests.warehouse.standin import Front, SilentS3, connect, error, rows

pytestmark = pytest.mark.slow

_SLOW = "select count(*) from pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c"


@pytest.fixture
def silence() -> Iterator[SilentS3]:
    with SilentS3() as made:
        yield made


@pytest.fixture
def waiting(warehouse: Warehouse, silence: SilentS3, tmp_path: Path) -> Iterator[Front]:
    """A front whose S3 never answers."""
    s3 = {"endpoint_url": silence.url, "access_key": "x", "secret_key": "y", "region": "us-west-2"}
    with Front(warehouse, tmp_path, {"s3": s3}) as made:
        with contextlib.closing(made.connect()) as client:
            rows(client, "create table if not exists public.awaited (a int)")
        yield made


def _copy(warehouse: Warehouse) -> str:
    return f"copy public.awaited from 's3://bucket/key' iam_role '{warehouse.iam_role}' json 'auto'"


def _soon(event: Callable[[], object], act: Callable[[], object]) -> threading.Thread:
    """Act once `event` has come."""

    def work() -> None:
        while not event():
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def _waits_for_lock(observer: Any, process: int) -> bool:
    sql = "select count(*) from pg_catalog.pg_locks where not granted and pid = %s"
    return rows(observer, sql, (process,)) == [(1,)]


@pytest.mark.parametrize("autocommit", [True, False])
@pytest.mark.parametrize("way", ["request", "cancel", "timeout"])
def test_a_copy_that_waits_for_s3_ends_when_it_is_cancelled(warehouse, waiting, silence, way, autocommit):
    client, other = waiting.connect(autocommit=autocommit), waiting.connect()
    process = client.info.backend_pid
    if way == "timeout":
        rows(client, "set statement_timeout to 300")
    act: dict[str, Callable[[], object]] = {
        "request": client.cancel,
        "cancel": lambda: rows(other, f"cancel {process}"),
        "timeout": lambda: None,
    }
    canceller = _soon(silence.asked.is_set, act[way])
    assert error(client, _copy(warehouse))[0] == "57014"
    canceller.join()
    if not autocommit:
        assert error(client, "select 1")[0] == "25P02"
        client.rollback()
    assert rows(client, "select count(*) from public.awaited") == [(0,)]
    client.close()
    other.close()


def test_a_statement_that_waits_for_a_lock_ends_when_it_is_cancelled(warehouse):
    with connect(warehouse) as keeper, connect(warehouse) as client, connect(warehouse) as observer:
        rows(keeper, "drop table if exists public.locked")
        rows(keeper, "create table public.locked (a int)")
        rows(keeper, "begin")
        rows(keeper, "lock table public.locked")
        process = client.info.backend_pid
        for statement in ("select * from public.locked", "truncate public.locked"):
            canceller = _soon(lambda: _waits_for_lock(observer, process), client.cancel)
            assert error(client, statement)[0] == "57014"
            canceller.join()
        rows(keeper, "rollback")
        assert rows(client, "select count(*) from public.locked") == [(0,)]


def test_a_cancel_of_an_idle_session_changes_nothing(warehouse):
    with connect(warehouse) as client:
        client.cancel_safe(timeout=20)
        assert rows(client, "select 1") == [(1,)]
        rows(client, "begin")
        client.cancel_safe(timeout=20)
        assert rows(client, "select 1") == [(1,)]


def test_a_cancel_request_with_a_wrong_key_cancels_nothing(warehouse):
    with connect(warehouse) as client:
        process = client.info.backend_pid
        body = (80877102).to_bytes(4, "big") + process.to_bytes(4, "big") + b"abcd"
        running = _soon(
            lambda: True,
            lambda: socket.create_connection((warehouse.redshift.host, warehouse.redshift.port)).sendall(
                (len(body) + 4).to_bytes(4, "big") + body
            ),
        )
        running.join()
        rows(client, "set statement_timeout to 500")
        assert "statement timeout" in error(client, _SLOW)[1]


def _until_gone(observer: Any, process: int) -> None:
    sql = "select count(*) from pg_catalog.pg_stat_activity where pid = %s"
    while rows(observer, sql, (process,)) != [(0,)]:
        time.sleep(0.02)


@pytest.mark.parametrize("kill", ["client", "session"])
@pytest.mark.parametrize("doing", ["query", "lock", "copy"])
def test_what_a_killed_client_was_doing_is_rolled_back(warehouse, waiting, silence, kill, doing):
    keeper = waiting.connect()
    rows(keeper, "drop table if exists public.touched")
    rows(keeper, "create table public.touched (a int)")
    before = waiting.sessions
    victim = waiting.connect(autocommit=False)
    (session,) = waiting.sessions - before
    process = victim.info.backend_pid
    rows(victim, "insert into public.touched values (1)")
    if doing == "lock":
        rows(keeper, "begin")
        rows(keeper, "lock table public.awaited")
    statement = {"query": _SLOW, "lock": "select * from public.awaited", "copy": _copy(warehouse)}[doing]
    # By hand, so that nobody waits for the answer.
    victim.pgconn.send_query(statement.encode())
    victim.pgconn.flush()
    with waiting.connect() as observer:
        if doing == "copy":
            assert silence.asked.wait(20)
        elif doing == "lock":
            while not _waits_for_lock(observer, process):
                time.sleep(0.01)
        if kill == "client":
            socket.socket(fileno=os.dup(victim.fileno())).shutdown(socket.SHUT_RDWR)
        else:
            os.kill(session, signal.SIGKILL)
        _until_gone(observer, process)
        assert rows(observer, "select count(*) from public.touched") == [(0,)]
    keeper.close()


def test_a_session_whose_backend_is_ended_says_so(warehouse):
    with connect(warehouse) as client, connect(warehouse) as other:
        running = _soon(lambda: True, lambda: rows(other, f"select pg_terminate_backend({client.info.backend_pid})"))
        with pytest.raises(psycopg.errors.AdminShutdown):
            client.execute(_SLOW)
        running.join()
    with connect(warehouse) as client:
        assert rows(client, "select 1") == [(1,)]
