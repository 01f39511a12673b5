"""The front's processes: whatever ends it, nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from local.warehouse import Warehouse
from tests.warehouse.standin import Front, connect, error, rows

pytestmark = pytest.mark.slow


@pytest.fixture
def front(warehouse: Warehouse, tmp_path: Path) -> Iterator[Front]:
    with Front(warehouse, tmp_path, {}) as made:
        yield made


@pytest.mark.parametrize("end", ["sigterm", "sigkill", "stdin"])
def test_sessions_end_with_the_front_and_their_locks_with_them(front, end):
    client = front.connect()
    rows(client, "drop table if exists public.held")
    rows(client, "create table public.held (a int)")
    rows(client, "begin")
    rows(client, "lock table public.held")
    children = psutil.Process(front.process.pid).children()
    assert children
    if end == "stdin":
        front.process.stdin.close()
    else:
        front.process.send_signal(signal.SIGTERM if end == "sigterm" else signal.SIGKILL)
    front.process.wait(20)
    _gone, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    with pytest.raises(psycopg.OperationalError):
        client.execute("select 1")


def test_a_session_that_is_killed_takes_no_other_with_it(front):
    client, other = front.connect(), front.connect()
    before = front.sessions
    victim = front.connect()
    (session,) = front.sessions - before
    os.kill(session, signal.SIGKILL)
    with pytest.raises(psycopg.OperationalError):
        victim.execute("select 1")
    assert rows(client, "select 1") == rows(other, "select 1") == [(1,)]


def _nobody_served(front: Front) -> None:
    while front.sessions:
        time.sleep(0.02)


def test_a_process_serves_the_next_client_and_keeps_nothing_of_the_last(front):
    first = front.connect(prepare_threshold=0)
    served_by = front.sessions
    rows(first, "set search_path to pg_catalog")
    rows(first, "create temp table kept (a int)")
    rows(first, "prepare kept as select 1")
    rows(first, "begin")
    first.close()
    _nobody_served(front)
    second = front.connect()
    assert front.sessions == served_by
    assert rows(second, "show search_path") != [("pg_catalog",)]
    assert error(second, "select * from kept")[0] == "42P01"
    assert error(second, "execute kept")[0] == "26000"
    assert second.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_process_whose_client_went_without_a_word_serves_nobody_again(front):
    rude = front.connect()
    (session,) = front.sessions
    socket.socket(fileno=os.dup(rude.fileno())).shutdown(socket.SHUT_RDWR)
    psutil.Process(session).wait(20)
    with front.connect() as polite:
        assert rows(polite, "select 1") == [(1,)]


def test_of_many_processes_few_wait_for_the_next_clients(front):
    clients = [front.connect() for _ in range(20)]
    assert len(front.sessions) == 20
    for client in clients:
        client.close()
    while len(psutil.Process(front.process.pid).children()) > 9:  # eight, and the one that writes the history
        time.sleep(0.02)
    with front.connect() as client:
        assert rows(client, "select 1") == [(1,)]


def test_a_configuration_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "config.json"
    file.write_text("{}")
    file.chmod(0o644)
    done = subprocess.run(
        [sys.executable, "-m", "local.redshift", str(file)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "chmod 600" in done.stderr


def test_the_stand_ins_logs_hold_no_password(warehouse):
    connect(warehouse).close()
    log = (warehouse.directory / "redshift" / "redshift.log").read_text()
    assert log
    assert warehouse.redshift.password not in log
