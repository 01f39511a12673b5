"""The page's questions to a warehouse that goes silent, with the hooks and drivers that it really has."""

import json
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sparkify.page import warehouse
from sparkify.page.problems import PageProblem

_LOGGED_IN = b"R" + struct.pack("!ii", 8, 0) + b"K" + struct.pack("!iii", 12, 1, 2) + b"Z" + struct.pack("!i", 5) + b"I"
# A bound against hanging: without an end to the connection the question would wait for ever.
_PATIENCE = 30


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that lets everybody in and then says no word more, with its network up."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                length = struct.unpack("!i", client.recv(4, socket.MSG_WAITALL))[0]
                client.recv(length - 4, socket.MSG_WAITALL)
                client.sendall(_LOGGED_IN)
                while client.recv(1000):
                    pass

        served = pool.submit(serve)
        yield listening.getsockname()[1]
        served.result(_PATIENCE)


@pytest.mark.parametrize(
    ("conn_type", "extra"), [("redshift", {"ssl": False, "timeout": 600}), ("postgres", {"sslmode": "disable"})]
)
def test_a_question_to_a_warehouse_that_has_gone_silent_ends_with_words_and_frees_its_thread(
    silent: int, conn_type: str, extra: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {"conn_type": conn_type, "host": "127.0.0.1", "port": silent, "login": "u", "password": "p"}
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps(connection | {"schema": "d", "extra": extra}))
    monkeypatch.setattr(warehouse, "_LONGEST", 0.2)

    def ask() -> None:
        with warehouse.questions("tables") as session:
            session.fetch("select 1")

    pool = ThreadPoolExecutor(1)
    try:
        with pytest.raises(PageProblem, match="does not answer"):
            pool.submit(ask).result(_PATIENCE)
    finally:
        pool.shutdown(wait=False)
