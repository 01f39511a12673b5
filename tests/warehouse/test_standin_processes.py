"""The front's processes: whatever ends it, nothing of it stays behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from local import secret_files
from local.ports import free_ports
from local.warehouse import RedshiftAddress, Warehouse
from tests.warehouse.standin import connect, rows

pytestmark = pytest.mark.slow


class Front:
    """A second front on the warehouse's PostgreSQL, with a database of its own."""

    def __init__(self, warehouse: Warehouse, directory: Path) -> None:
        configuration = json.loads((warehouse.directory / "redshift" / "config.json").read_text())
        (port,) = free_ports(1)
        configuration |= {"port": port, "database": "second", "users": {"other": "secret"}}
        file = directory / "config.json"
        secret_files.write(file, json.dumps(configuration))
        self.address: RedshiftAddress = replace(
            warehouse.redshift, port=port, database="second", user="other", password="secret"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.redshift", str(file)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )

    def connect(self) -> psycopg.Connection:
        deadline = time.monotonic() + 30
        while True:
            try:
                return psycopg.connect(self.address.dsn, sslmode="disable", autocommit=True)
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)


@pytest.fixture
def front(warehouse: Warehouse, tmp_path: Path) -> Iterator[Front]:
    made = Front(warehouse, tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


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
    before = {child.pid for child in psutil.Process(front.process.pid).children()}
    victim = front.connect()
    (child,) = (c for c in psutil.Process(front.process.pid).children() if c.pid not in before)
    child.kill()
    with pytest.raises(psycopg.OperationalError):
        victim.execute("select 1")
    assert rows(client, "select 1") == rows(other, "select 1") == [(1,)]


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
