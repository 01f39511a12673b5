"""COPY while S3 says nothing: the session stays answerable."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.warehouse import IAM_ROLE, Warehouse
from tests.warehouse.standin import Front, SilentS3, rows

pytestmark = pytest.mark.slow
COPY = f"copy t from 's3://b/k' iam_role '{IAM_ROLE}' json 'auto'"
# Enough for a busy machine.
SECONDS = 20


@pytest.fixture
def stalled(warehouse: Warehouse, tmp_path: Path) -> Iterator[tuple[psycopg.Connection[Any], SilentS3]]:
    """A session with an empty table on a front of its own, whose S3 is silent."""
    s3 = json.loads((warehouse.directory / "redshift" / "config.json").read_text())["s3"]
    with SilentS3() as silence, Front(warehouse, tmp_path, {"s3": s3 | {"endpoint_url": silence.url}}) as front:
        client = front.connect()
        rows(client, "drop table if exists t")
        rows(client, "create table t (a int)")
        yield client, silence
        client.close()


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
