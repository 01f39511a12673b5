"""How the stand-in's tests log in, and the drivers that they log in with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import psycopg
import psycopg2
import redshift_connector

from local.warehouse import Warehouse

DRIVERS = ("redshift_connector", "psycopg", "psycopg2")


def connect(warehouse: Warehouse, driver: str = "psycopg", *, autocommit: bool = True, **options: Any) -> Any:
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
