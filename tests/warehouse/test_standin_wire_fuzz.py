"""Damaged messages and mangled statements: the front answers or closes, stays up, and leaves nothing behind.

Bounded by seconds: 3 for each test, or SPARKIFY_FUZZ_SECONDS. Seeded, by SPARKIFY_FUZZ_SEED if it is set.
"""

from __future__ import annotations

import errno
import logging
import os
import random
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.redshift.dialect.statements import plans
from local.redshift.errors import RedshiftError
from local.redshift.wire import messages
from local.warehouse import Warehouse
from tests.warehouse import raw
from tests.warehouse.conformance.case import all_areas
from tests.warehouse.raw import RawClient
from tests.warehouse.standin import Front, connect, rows

_SECONDS = float(os.environ.get("SPARKIFY_FUZZ_SECONDS", "3"))
_SEED = int(os.environ.get("SPARKIFY_FUZZ_SEED", "2018"))
_WORDS = (
    *(
        "select",
        "from",
        "where",
        "(",
        ")",
        ",",
        ";",
        "'",
        '"',
        "$$",
        "--",
        "/*",
        "*/",
        "*",
        ".",
        "::",
        "$1",
        "null",
        "case",
    ),
    *("end", "not", "in", "between", "over", "partition", "by", "order", "group", "having", "limit", "qualify", "with"),
    *(
        "union",
        "join",
        "on",
        "using",
        "values",
        "set",
        "interval",
        "date",
        "'2018-11-01'",
        "1",
        "-1",
        "1e400",
        "0x",
        "é",
    ),
    *(
        "distkey",
        "sortkey",
        "encode",
        "identity",
        "copy",
        "iam_role",
        "json",
        "'auto'",
        "super",
        "decimal(38,37)",
        "\\",
    ),
)


def _corpus() -> list[str]:
    return [statement for area in all_areas() for case in area.cases for statement in case.statements]


def _mangled(generator: random.Random, statements: list[str]) -> str:
    tokens = generator.choice(statements).split(" ")
    for _ in range(generator.randint(1, 5)):
        place = generator.randrange(len(tokens) + 1)
        match generator.randrange(5):
            case 0:
                tokens.insert(place, generator.choice(_WORDS))
            case 1:
                del tokens[place : place + generator.randint(1, 3)]
            case 2:
                tokens[place:place] = generator.choice(statements).split(" ")[: generator.randint(1, 8)]
            case 3:
                generator.shuffle(tokens) if generator.random() < 0.2 else tokens.reverse()
            case _:
                text = " ".join(tokens)
                cut = generator.randrange(len(text) + 1)
                tokens = (
                    text[:cut] + chr(generator.choice([0x27, 0x22, 0x24, 0x28, 0x5C, 0xE9, 0x20AC])) + text[cut:]
                ).split(" ")
    return " ".join(tokens).replace("\0", "")


def _until(seconds: float) -> Iterator[int]:
    ends, turn = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        yield turn
        turn += 1


@pytest.mark.slow
def test_a_mangled_statement_is_planned_or_refused():
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    generator, statements = random.Random(_SEED), _corpus()  # noqa: S311
    failures: dict[str, str] = {}
    for _ in _until(_SECONDS):
        text = _mangled(generator, statements)
        try:
            plans(text)
        except RedshiftError:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, it would end a session
            failures.setdefault(f"{type(error).__name__}: {error}"[:200], text)
    assert not failures, "\n\n".join(f"{error}\n    {text!r}" for error, text in failures.items())


@pytest.fixture
def front(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with Front(warehouse, tmp_path_factory.mktemp("fuzz"), {"login_seconds": 5}) as made:
        yield made
        _nothing_is_left(made, warehouse)


def _nothing_is_left(front: Front, warehouse: Warehouse) -> None:
    """A new client is served, and all that the others had, at the front and behind it, goes away."""
    assert front.process.poll() is None
    assert "Traceback" not in front.log.read_text()
    with connect(warehouse) as observer:
        sql = (
            "select count(*) from pg_catalog.pg_stat_activity where datname = 'third' "
            "and application_name <> 'redshift stand-in history'"
        )
        while front.sessions or rows(observer, sql) != [(0,)]:
            time.sleep(0.05)
    with front.connect() as client:
        assert rows(client, "select 1") == [(1,)]


@pytest.mark.slow
def test_mangled_statements_end_no_session(front):
    generator, statements = random.Random(_SEED), _corpus()  # noqa: S311
    statements = [text for text in statements if "cross join" not in text]
    client = RawClient.of_front(front.redshift)
    client.send(messages.query("set statement_timeout to 1000"))
    client.until_ready(1)
    text = ""
    try:
        for turn in _until(_SECONDS):
            text = _mangled(generator, statements)
            if turn % 2:
                client.send(messages.query(text))
            else:
                client.send(raw.parse("", text) + raw.describe("S", "") + raw.bind("", "") + raw.execute("") + raw.SYNC)
            client.until_ready(1)
    except (OSError, TimeoutError) as error:
        pytest.fail(f"{error!r} after {text!r}")
    client.connection.close()


def _conversation(generator: random.Random) -> bytes:
    pieces = [
        messages.query("select 1; select 2"),
        raw.parse("a", "select cast($1 as int)") + raw.describe("S", "a") + raw.SYNC,
        raw.parse("", "truncate nowhere") + raw.bind("", "") + raw.execute("") + raw.SYNC,
        raw.bind("", "a", [b"1"]) + raw.execute("", 1) + raw.FLUSH + raw.SYNC,
        raw.close("S", "a") + raw.SYNC,
        messages.message(b"d", b"1\n") + messages.message(b"c") + messages.message(b"f", b"why\0"),
        messages.message(b"F", b"\0\0\0\0"),
        raw.TERMINATE,
    ]
    return b"".join(generator.choices(pieces, k=generator.randint(1, 6)))


def _damaged(generator: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(damaged) + 1)
        match generator.randrange(4):
            case 0:
                damaged[place : place + 1] = bytes([generator.randrange(256)])
            case 1:
                del damaged[place : place + generator.randint(1, 4)]
            case 2:
                damaged[place:place] = generator.randbytes(generator.randint(1, 8))
            case _:
                damaged[place : place + 4] = generator.choice([0, -1, 3, 2**31 - 1, -(2**31), 1 << 20]).to_bytes(
                    4, "big", signed=True
                )
    return bytes(damaged)


@pytest.mark.slow
def test_damaged_messages_end_their_own_session_at_most(front):
    generator = random.Random(_SEED)  # noqa: S311
    with front.connect() as bystander:
        for turn in _until(_SECONDS):
            client = RawClient.of_front(front.redshift)
            _sent_and_heard_out(client.connection, _damaged(generator, _conversation(generator)))
            if turn % 20 == 0:
                assert rows(bystander, "select 1") == [(1,)]


@pytest.mark.slow
def test_damaged_log_ins_end_their_own_connection_only(front):
    generator = random.Random(_SEED)  # noqa: S311
    address = front.redshift
    startup = messages.startup({"user": address.user, "database": address.database, "options": "-c datestyle=ISO"})
    requests = [(8).to_bytes(4, "big") + code.to_bytes(4, "big") for code in (80877103, 80877104)]
    cancel = (16).to_bytes(4, "big") + (80877102).to_bytes(4, "big") + bytes(8)
    for _ in _until(_SECONDS):
        sent = b"".join(generator.choices([*requests, startup, cancel, messages.message(b"p", b"md5\0")], k=3))
        raw_socket = socket.create_connection((address.host, address.port), timeout=30)
        _sent_and_heard_out(raw_socket, _damaged(generator, sent))


def _sent_and_heard_out(connection: socket.socket, data: bytes) -> None:
    """Send, say that there is no more, and read to the end: a front that neither answers nor closes fails the test."""
    connection.settimeout(30)
    with connection, suppress(ConnectionError, BrokenPipeError):
        connection.sendall(data)
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            assert error.errno == errno.ENOTCONN  # it has closed already
        while connection.recv(1 << 16):
            pass
