"""A thousand small queries through the stand-in's front, beside the same ones put to its PostgreSQL directly.

    python -m tests.benchmarks.front_queries [--queries N] [--rounds N]

By redshift_connector and by psycopg, in one run, on one warehouse, with autocommit on. The queries are what an
application sends: a lookup by key, an insert, an update and a count, with parameters. Also timed: the same by psycopg2,
which writes the values into the texts, so that the front reads a thousand different statements; connecting; and a
hundred clients at once. Rounds take turns, and the best of each counts: the figures move with what else the machine
does.

Exits with 1 when redshift_connector or psycopg takes more than twice as long through the front.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import psycopg2
import redshift_connector

from local import accounts
from local.redshift.wire import backend
from local.warehouse import Warehouse
from tests.warehouse.standin import connect

LIMIT = 2.0
CLIENTS = 100
CONNECTIONS = 20
QUERIES = (
    ("select id, name, at from public.small where id = %s", lambda number: (number,)),
    ("insert into public.small (id, name) values (%s, %s)", lambda number: (number, f"name {number}")),
    ("update public.small set name = %s where id = %s", lambda number: (f"new {number}", number)),
    ("select count(*) from public.small where id = %s", lambda number: (number,)),
)


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="sparkify-front-"))
    directory.chmod(0o711)
    try:
        with Warehouse(directory) as warehouse:
            held = _measure(warehouse, chosen.queries, chosen.rounds)
    finally:
        accounts.remove_data(directory / "postgres")
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if held else 1


def _measure(warehouse: Warehouse, queries: int, rounds: int) -> bool:
    with closing(connect(warehouse)) as connection:
        connection.execute("create table public.small (id int not null, name varchar(20), at timestamp) sortkey (id)")
    held = True
    numbers = itertools.count(step=queries)  # no round puts a query of another's again
    for driver in ("redshift_connector", "psycopg", "psycopg2"):
        with _through(warehouse, driver) as slow, _direct(warehouse, driver) as fast:
            times = _best(
                rounds,
                lambda: _queries(slow, next(numbers), queries),
                lambda: _queries(fast, next(numbers), queries),
                warehouse,
            )
        limit = LIMIT if driver != "psycopg2" else None
        held = _say(f"{queries} queries, {driver}", *times, limit) and held
    front, alone = warehouse.redshift.dsn, warehouse.postgres.dsn("dev")
    _say(f"{CONNECTIONS} connections", *_best(rounds, lambda: _connections(front), lambda: _connections(alone)))
    each = queries // 20
    times = _best(2, lambda: _at_once(front, each), lambda: _at_once(alone, each))
    _say(f"{CLIENTS} clients at once, {each} queries each", *times)
    return held


def _best(
    rounds: int, slow: Callable[[], None], fast: Callable[[], None], warehouse: Warehouse | None = None
) -> tuple[float, float]:
    """Return the best seconds of each of two ways that take turns."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for way, kept in zip((slow, fast), seconds, strict=True):
            if warehouse is not None:
                _reset(warehouse)
            started = time.perf_counter()
            way()
            kept.append(time.perf_counter() - started)
    return min(seconds[0]), min(seconds[1])


def _reset(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.postgres.dsn("dev"), autocommit=True) as connection:
        connection.execute("truncate public.small")
        connection.execute("insert into public.small select i, 'name ' || i, now() from generate_series(0, 199) as i")
        connection.execute("vacuum analyze public.small")


def _queries(connection: Any, first: int, count: int) -> None:
    cursor = connection.cursor()
    for number in range(first, first + count):
        text, values = QUERIES[number % len(QUERIES)]
        cursor.execute(text, values(number))
        if text.startswith("select"):
            cursor.fetchall()


@contextmanager
def _through(warehouse: Warehouse, driver: str) -> Iterator[Any]:
    with closing(connect(warehouse, driver)) as connection:
        yield connection


@contextmanager
def _direct(warehouse: Warehouse, driver: str) -> Iterator[Any]:
    postgres = warehouse.postgres
    if driver == "redshift_connector":
        with closing(_redshift_connector(warehouse)) as connection:
            yield connection
        return
    module: Any = {"psycopg": psycopg, "psycopg2": psycopg2}[driver]
    with closing(module.connect(postgres.dsn("dev"))) as connection:
        connection.autocommit = True
        yield connection


def _redshift_connector(warehouse: Warehouse) -> redshift_connector.Connection:
    """Return a connection of the driver's on a session of PostgreSQL's own.

    The driver's log-in is none that PostgreSQL takes, so it logs in to the front and changes horses then.
    """
    postgres = warehouse.postgres
    connection = connect(warehouse, "redshift_connector")
    opened = backend.connect((postgres.host, postgres.port), postgres.user, postgres.password, "dev", {})
    opened.connection.settimeout(None)
    connection._usock.close()
    connection._usock = opened.connection
    connection._sock = opened.connection.makefile(mode="rwb")
    connection._flush, connection._read = connection._sock.flush, connection._sock.read
    connection._write = connection._sock.write
    return connection


def _connections(address: str) -> None:
    for _ in range(CONNECTIONS):
        psycopg.connect(address, sslmode="disable").close()


def _at_once(address: str, queries: int) -> None:
    """Connect a hundred clients, and let each put its queries when all are there."""
    ready = threading.Barrier(CLIENTS)
    failures: list[Exception] = []

    def work() -> None:
        try:
            with closing(psycopg.connect(address, sslmode="disable", autocommit=True)) as connection:
                ready.wait(60)
                for number in range(queries):
                    connection.execute("select %s::int + 1", (number,)).fetchall()
        except (psycopg.Error, threading.BrokenBarrierError) as error:
            ready.abort()
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _say(what: str, slow: float, fast: float, limit: float | None = None) -> bool:
    held = limit is None or slow <= limit * fast
    mark = "" if limit is None else f"  (at most {limit:.1f}{'' if held else ': MISSED'})"
    sys.stdout.write(f"{what:<45} front {slow:7.3f} s  PostgreSQL {fast:7.3f} s  ratio {slow / fast:5.2f}{mark}\n")
    sys.stdout.flush()
    return held


if __name__ == "__main__":
    sys.exit(main())
