"""Log-ins to the stand-in: TLS offered, required or not there; passwords as a digest or in clear; limits."""

from __future__ import annotations

import json
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import psycopg2
import pytest
import redshift_connector

from local import certificates, secret_files
from local.warehouse import Warehouse
from tests.warehouse.standin import DRIVERS, Front, connect, error, rows

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_GSS_REQUEST = struct.pack("!ii", 8, 80877104)


def _options(driver: str, mode: str, warehouse: Warehouse) -> dict[str, Any]:
    if driver == "redshift_connector":
        return {"ssl": True, "sslmode": mode}
    trusted = {"sslrootcert": str(warehouse.certificate.authority)} if mode.startswith("verify") else {}
    return {"sslmode": mode, **trusted}


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_speaks_tls_in_every_mode(warehouse, driver, mode, monkeypatch):
    if driver == "redshift_connector" and mode == "require":
        pytest.skip("redshift_connector knows verify-ca and verify-full only")
    monkeypatch.setenv("SSL_CERT_FILE", str(warehouse.certificate.authority))
    with closing(connect(warehouse, driver, **_options(driver, mode, warehouse))) as client:
        assert rows(client, "select 1") == [(1,)]
        # More than one record of TLS each way, and more than the sockets' buffers hold.
        text = "é" * 30_000
        assert rows(client, "select %s::varchar(65535)", (text,)) == [(text,)]
        sql = "select a.attname, b.attname from pg_catalog.pg_attribute a, pg_catalog.pg_attribute b limit 100000"
        assert len(rows(client, sql)) == 100_000


def test_redshift_connector_connects_with_its_defaults_when_it_trusts_the_certificate(warehouse, monkeypatch):
    address = warehouse.redshift
    login: dict[str, Any] = {"host": address.host, "port": address.port, "database": "dev"}
    login |= {"user": address.user, "password": address.password}
    monkeypatch.setenv("SSL_CERT_FILE", str(warehouse.certificate.authority))
    with closing(redshift_connector.connect(**login)) as client:
        assert rows(client, "select 1") == [(1,)]
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(redshift_connector.InterfaceError, match="certificate verify failed"):
        redshift_connector.connect(**login)


def test_psycopg_does_not_trust_a_certificate_that_another_authority_signed(warehouse, tmp_path):
    other = certificates.keep(tmp_path)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(warehouse, sslmode="verify-full", sslrootcert=str(other.authority))


def test_an_encrypted_client_is_cancelled_and_described_like_any_other(warehouse):
    with connect(warehouse, sslmode="require") as client:
        assert client.pgconn.ssl_in_use
        rows(client, "set statement_timeout to 100")
        slow = "select count(*) from pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, pg_catalog.pg_attribute c"
        assert error(client, slow)[0] == "57014"
        with client.pipeline():
            found = [client.execute("select %s::int", (number,)) for number in range(50)]
        assert [cursor.fetchone() for cursor in found] == [(number,) for number in range(50)]


def test_the_certificate_is_made_once_and_its_key_is_the_owners_alone(warehouse, tmp_path):
    assert stat.S_IMODE(warehouse.certificate.key.stat().st_mode) == 0o600
    made = certificates.keep(tmp_path)
    before = made.chain.read_bytes()
    assert certificates.keep(tmp_path) == made
    assert made.chain.read_bytes() == before
    # A start that was interrupted leaves no authority: all is made anew.
    made.authority.unlink()
    certificates.keep(tmp_path)
    assert made.chain.read_bytes() != before


@pytest.mark.parametrize("first", [b"", _GSS_REQUEST])
def test_encryption_by_gssapi_is_declined_and_the_connection_goes_on(warehouse, first):
    with socket.create_connection((warehouse.redshift.host, warehouse.redshift.port), timeout=20) as raw:
        if first:
            raw.sendall(first)
            assert raw.recv(1) == b"N"
        raw.sendall(_SSL_REQUEST)
        assert raw.recv(1) == b"S"


def test_what_follows_a_tls_request_unencrypted_is_not_taken_for_encrypted(warehouse):
    startup = struct.pack("!ii", 8 + 14, 196608) + b"user\0awsuser\0\0"
    with socket.create_connection((warehouse.redshift.host, warehouse.redshift.port), timeout=20) as raw:
        raw.sendall(_SSL_REQUEST + startup)
        answer = b""
        while more := _received(raw):
            answer += more
    assert answer.startswith(b"S")
    assert b"R\0\0\0" not in answer


def _received(raw: socket.socket) -> bytes:
    try:
        return raw.recv(1000)
    except ConnectionResetError:
        return b""


@pytest.fixture
def front(warehouse: Warehouse, tmp_path: Path) -> Iterator[Callable[..., Front]]:
    with ExitStack() as fronts:
        yield lambda **changes: fronts.enter_context(Front(warehouse, tmp_path, changes))


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_front_that_requires_tls_refuses_clients_without_and_takes_those_with(front, driver, monkeypatch):
    strict = front(tls={"required": True})
    with pytest.raises((psycopg.Error, psycopg2.Error, redshift_connector.Error), match="SSL off"):
        strict.connect(driver)
    monkeypatch.setenv("SSL_CERT_FILE", str(strict.certificate.authority))
    options = {"ssl": True} if driver == "redshift_connector" else {"sslmode": "require"}
    with closing(strict.connect(driver, **options)) as client:
        assert rows(client, "select 1") == [(1,)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_front_may_ask_for_passwords_in_clear(front, driver):
    clear = front(authentication="password")
    with closing(clear.connect(driver)) as client:
        assert rows(client, "select 1") == [(1,)]
    with pytest.raises(Exception, match="password authentication failed"):
        clear.connect(driver, password="wrong")


def test_a_session_too_many_is_refused_and_may_come_when_another_has_gone(front):
    small = front(max_connections=2)
    first, second = small.connect(), small.connect()
    with pytest.raises(psycopg.OperationalError, match='connection limit "2" exceeded'):
        small.connect()
    # A cancel request is no session: it gets through.
    rows(first, "begin")
    first.cancel_safe(timeout=20)
    process = second.info.backend_pid
    second.close()
    assert process
    third = _connected(small)
    assert rows(third, "select 1") == rows(first, "select 1") == [(1,)]
    third.close()
    first.close()


def _connected(front: Front) -> Any:
    """Connect as soon as the front has noticed that a session ended."""
    while True:
        try:
            return front.connect()
        except psycopg.OperationalError as error:
            assert "connection limit" in str(error)


def test_a_client_that_dawdles_over_its_log_in_loses_its_connection(front):
    quick = front(login_seconds=1)
    with socket.create_connection((quick.redshift.host, quick.redshift.port), timeout=20) as raw:
        raw.sendall(b"\0\0")
        assert _received(raw) == b""
    with closing(quick.connect()) as client:
        # The time is for the log-in, not for the session.
        assert rows(client, "select 1") == [(1,)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_user_made_by_sql_logs_in_with_the_password_given_there_until_it_is_dropped(warehouse, driver):
    with connect(warehouse) as owner:
        rows(owner, "drop user if exists analyst")
        rows(owner, "create user analyst password 'Quite4Secret'")
        with closing(connect(warehouse, driver, user="analyst", password="Quite4Secret")) as client:
            assert rows(client, "select current_user") == [("analyst",)]
        with pytest.raises(Exception, match="password authentication failed"):
            connect(warehouse, driver, user="analyst", password="Quite4Wrong")
        rows(owner, "drop user analyst")
        with pytest.raises(Exception, match="password authentication failed"):
            connect(warehouse, driver, user="analyst", password="Quite4Secret")


def test_refused_log_ins_carry_redshifts_codes(warehouse):
    with pytest.raises(redshift_connector.InterfaceError) as refused:
        connect(warehouse, "redshift_connector", password="wrong")
    assert refused.value.args[0]["C"] == "28000"
    with pytest.raises(redshift_connector.ProgrammingError) as unknown:
        connect(warehouse, "redshift_connector", database="other")
    assert unknown.value.args[0]["C"] == "3D000"


@pytest.mark.parametrize(
    ("options", "shown"),
    [("-c statement_timeout=5000", "5s"), ("--statement_timeout=7s", "7s"), ("-cstatement_timeout=3min", "3min")],
)
def test_options_at_the_start_set_what_set_may_set(warehouse, options, shown):
    with connect(warehouse, options=options) as client:
        assert rows(client, "show statement_timeout") == [(shown,)]


@pytest.mark.parametrize(
    "options", ["-c default_transaction_isolation=serializable", "-c standard_conforming_strings=off", "-d 5", "x"]
)
def test_options_that_would_change_what_statements_mean_are_refused(warehouse, options):
    with pytest.raises(psycopg.OperationalError, match=r"unrecognized configuration parameter|cannot read the options"):
        connect(warehouse, options=options)


@pytest.mark.parametrize("given", [{"authentication": "trust"}, {"max_connections": 0}, {"tls": {"key": "x"}}])
def test_a_configuration_that_makes_no_sense_is_refused(warehouse, tmp_path, given):
    configuration = json.loads((warehouse.directory / "redshift" / "config.json").read_text()) | given
    file = tmp_path / "config.json"
    secret_files.write(file, json.dumps(configuration))
    done = subprocess.run(
        [sys.executable, "-m", "local.redshift", str(file)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
