"""COPY while S3 says nothing: the session stays answerable."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.warehouse import IAM_ROLE, Warehouse
from tests.warehouse.standin import Front, rows

pytestmark = pytest.mark.slow
COPY = f"copy t from 's3://b/k' iam_role '{IAM_ROLE}' json 'auto'"
# Enough for a busy machine.
SECONDS = 20


class Silence:
    """An S3 that takes every request and answers none."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked = threading.Event()
        self._taken: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._taken.append(connection)
            self.asked.set()

    def end(self) -> None:
        self._listener.close()
        for connection in self._taken:
            connection.close()


@pytest.fixture
def stalled(warehouse: Warehouse, tmp_path: Path) -> Iterator[tuple[psycopg.Connection[Any], Silence]]:
    """A session with an empty table on a front of its own, whose S3 is silent."""
    silence = Silence()
    s3 = json.loads((warehouse.directory / "redshift" / "config.json").read_text())["s3"]
    with Front(warehouse, tmp_path, {"s3": s3 | {"endpoint_url": silence.url}}) as front:
        client = front.connect()
        rows(client, "drop table if exists t")
        rows(client, "create table t (a int)")
        yield client, silence
        client.close()
    silence.end()


@pytest.mark.parametrize("option", ["", "noload"])
def test_a_cancel_ends_a_copy_that_waits_for_s3_and_leaves_the_session_as_it_was(stalled, option):
    client, silence = stalled
    threading.Thread(target=lambda: silence.asked.wait(SECONDS) and client.cancel_safe()).start()
    # S3's own time limit would end it with another error.
    with pytest.raises(psycopg.errors.QueryCanceled):
        client.execute(f"{COPY} {option}")
    assert silence.asked.is_set()
    assert rows(client, "select count(*) from t") == [(0,)]


def test_statement_timeout_ends_a_copy_that_waits_for_s3(stalled):
    client, _ = stalled
    rows(client, "set statement_timeout to 500")
    with pytest.raises(psycopg.errors.QueryCanceled):
        client.execute(COPY)
    assert rows(client, "select count(*) from t") == [(0,)]


def test_a_client_that_goes_while_s3_is_silent_leaves_no_lock(stalled, warehouse):
    client, silence = stalled
    threading.Thread(target=lambda: silence.asked.wait(SECONDS) and client.pgconn.finish()).start()
    with pytest.raises(psycopg.Error):
        client.execute(COPY)
    with psycopg.connect(warehouse.postgres.dsn("third"), autocommit=True) as other:
        other.execute(f"set lock_timeout to '{SECONDS}s'")
        other.execute("truncate t")
