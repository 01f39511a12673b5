"""How the stand-in's tests log in, and the drivers that they log in with."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
import psycopg2
import redshift_connector

from local import secret_files
from local.warehouse import RedshiftAddress, Warehouse
from tests.ports import named_ports

DRIVERS = ("redshift_connector", "psycopg", "psycopg2")


def connect(warehouse: Warehouse | Front, driver: str = "psycopg", *, autocommit: bool = True, **options: Any) -> Any:
    """A DB-API connection to the stand-in."""
    address = warehouse.redshift
    login: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
    }
    login |= options
    connection: Any
    if driver == "redshift_connector":
        connection = redshift_connector.connect(**{"database": "dev", "ssl": False, **login})
    elif driver == "psycopg":
        connection = psycopg.connect(**{"dbname": "dev", "sslmode": "disable", **login})
    else:
        connection = psycopg2.connect(**{"dbname": "dev", "sslmode": "disable", **login})
    connection.autocommit = autocommit
    return connection


def rows(connection: Any, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query, as tuples whatever the driver."""
    cursor = connection.cursor()
    given = tuple(parameters)
    cursor.execute(sql, given) if given else cursor.execute(sql)
    return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def error(connection: Any, sql: str) -> tuple[str, str, str]:
    """SQLSTATE, message and detail of the error that a statement ends with."""
    try:
        connection.cursor().execute(sql)
    except redshift_connector.Error as caught:
        fields = caught.args[0]
        return fields["C"], fields["M"], fields.get("D", "")
    except (psycopg.Error, psycopg2.Error) as caught:
        said = caught.diag
        return str(said.sqlstate), str(said.message_primary), said.message_detail or ""
    raise AssertionError(f"no error from {sql}")


def lines(*documents: object) -> bytes:
    """Documents as JSON, one a line."""
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def serving(front: int, port: int) -> set[int]:
    """The processes of a front that have a client at its port."""
    found = set()
    for child in psutil.Process(front).children():
        with suppress(psutil.NoSuchProcess):
            found |= {child.pid for each in child.net_connections("tcp") if each.laddr.port == port}
    return found


class Front:
    """Another front on the warehouse's PostgreSQL, with a database and settings of its own. A context manager.

    :param directory: for its configuration. :param changes: what its configuration says otherwise.
    """

    def __init__(self, warehouse: Warehouse, directory: Path, changes: dict[str, Any]) -> None:
        configuration = json.loads((warehouse.directory / "redshift" / "config.json").read_text())
        (port,), tls = named_ports(1), configuration["tls"]
        configuration |= {"port": port, "database": "third", "users": {"third": "secret"}, **changes}
        configuration["tls"] = tls | changes.get("tls", {})
        file = directory / "config.json"
        secret_files.write(file, json.dumps(configuration))
        self.redshift: RedshiftAddress = replace(
            warehouse.redshift, port=port, database="third", user="third", password="secret"
        )
        self.certificate = warehouse.certificate
        self.log = directory / "front.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local.redshift", str(file)],
                stdin=subprocess.PIPE,
                stderr=log,
                cwd=Path(__file__).parents[2],
            )
        while "listening" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    @property
    def sessions(self) -> set[int]:
        """The processes that serve a client now; the front's others wait for one, or write the history."""
        return serving(self.process.pid, self.redshift.port)

    def connect(self, driver: str = "psycopg", **options: Any) -> Any:
        """A DB-API connection to its database."""
        name = "database" if driver == "redshift_connector" else "dbname"
        return connect(self, driver, **{name: "third", **options})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()


class SilentS3:
    """An S3 that takes every request and answers none. A context manager.

    :ivar asked: set as soon as somebody has connected.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        self.asked = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._taken.append(self._listener.accept()[0])
                self.asked.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._taken):
            one.close()
