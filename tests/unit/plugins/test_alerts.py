"""Alerts, received by a real HTTP server."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from sparkify.alerts import deadline_missed, task_failed
from sparkify.failures import PermanentWarehouseError

HOUR = datetime(2018, 11, 12, 7, tzinfo=UTC)


class Receiver(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.got: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/T0KEN"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.status == HTTPStatus.FOUND:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not on the terminal."""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        connect(monkeypatch, server.url, {"headers": {"X-Team": "data"}})
        yield server
        server.shutdown()
        thread.join()


def connect(monkeypatch: pytest.MonkeyPatch, url: str, extra: dict[str, Any] | None = None) -> None:
    connection = {"conn_type": "http", "password": url, "extra": extra or {}}
    monkeypatch.setenv("AIRFLOW_CONN_SPARKIFY_ALERTS", json.dumps(connection))


def failure(error: BaseException) -> Any:
    run = SimpleNamespace(
        logical_date=HOUR, data_interval_start=HOUR, data_interval_end=HOUR.replace(hour=8), run_after=HOUR
    )
    task_instance = SimpleNamespace(
        dag_id="sparkify_etl",
        run_id="scheduled__1",
        task_id="load_users",
        try_number=6,
        log_url="http://airflow.example/log",
    )
    return {"ti": task_instance, "dag_run": run, "params": {"start": None, "end": None}, "exception": error}


LATE: dict[str, Any] = {
    # The fields of Airflow's API, as the scheduler gives them.
    "dag_run": {
        "dag_id": "sparkify_etl",
        "dag_run_id": "manual__2018-11-12T00:00:00+00:00",
        "logical_date": None,
        "queued_at": "2018-11-12T08:05:00Z",
        "start_date": "2018-11-12T08:05:01Z",
        "end_date": None,
        "duration": None,
        "data_interval_start": None,
        "data_interval_end": None,
        "run_after": "2018-11-12T08:05:00Z",
        "last_scheduling_decision": "2018-11-12T08:06:00Z",
        "run_type": "manual",
        "state": "running",
        "triggered_by": "rest_api",
        "triggering_user_name": "admin",
        "conf": {},
        "note": None,
        "dag_versions": [],
        "bundle_version": None,
        "dag_display_name": "sparkify_etl",
        "partition_key": None,
        "partition_date": None,
    },
    "deadline": {"id": "1", "deadline_time": "2018-11-12T10:00:00+00:00"},
}


def test_a_failed_task_is_told_with_dag_run_partition_task_reason_and_link(receiver: Receiver) -> None:
    task_failed(failure(PermanentWarehouseError("copy: no such key")))
    [(path, headers, body)] = receiver.got
    assert (path, headers["X-Team"], headers["Content-Type"]) == ("/hooks/T0KEN", "data", "application/json")
    assert body == {
        "text": "Task load_users failed in run scheduled__1 of sparkify_etl: "
        "PermanentWarehouseError: copy: no such key",
        "event": "task_failed",
        "dag_id": "sparkify_etl",
        "run_id": "scheduled__1",
        "partition": {"start": "2018-11-12T07:00:00+00:00", "end": "2018-11-12T08:00:00+00:00"},
        "task_id": "load_users",
        "try_number": 6,
        "reason": "PermanentWarehouseError: copy: no such key",
        "link": "http://airflow.example/log",
    }


def test_a_run_that_loads_no_window_is_told_without_a_partition(receiver: Receiver) -> None:
    task_failed({**failure(ValueError("x")), "params": {"action": "create"}})
    assert receiver.got[0][2]["partition"] is None


def test_a_missed_deadline_is_told_with_the_runs_own_partition(receiver: Receiver) -> None:
    asyncio.run(deadline_missed(LATE))
    [(_, _, body)] = receiver.got
    assert body["event"] == "deadline_missed"
    assert body["partition"] == {"start": "2018-11-12T07:00:00+00:00", "end": "2018-11-12T08:00:00+00:00"}
    assert body["reason"] == "not finished by 2018-11-12T10:00:00+00:00"


def test_a_backfills_runs_which_wait_for_each_other_are_late_for_nobody(receiver: Receiver) -> None:
    run = {**LATE["dag_run"], "run_type": "backfill"}
    asyncio.run(deadline_missed({**LATE, "dag_run": run}))
    assert receiver.got == []


@pytest.mark.parametrize("state", ["failed", "success"])
def test_a_run_that_has_ended_is_late_no_more(receiver: Receiver, state: str) -> None:
    run = {**LATE["dag_run"], "state": state, "end_date": "2018-11-12T09:00:00Z"}
    asyncio.run(deadline_missed({**LATE, "dag_run": run}))
    assert receiver.got == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_that_waits_or_runs_when_its_deadline_is_over_is_late(receiver: Receiver, state: str) -> None:
    asyncio.run(deadline_missed({**LATE, "dag_run": {**LATE["dag_run"], "state": state}}))
    assert [body["event"] for _, _, body in receiver.got] == ["deadline_missed"]


def test_the_fields_of_a_late_run_are_airflows_own() -> None:
    from airflow.api_fastapi.core_api.datamodels.dag_run import DAGRunResponse

    assert set(LATE["dag_run"]) == set(DAGRunResponse.model_fields)


def test_nobody_is_told_where_no_connection_says_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SPARKIFY_ALERTS", raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
        task_failed(failure(ValueError("x")))


def test_a_receiver_that_refuses_or_is_not_there_is_logged_without_its_url_and_fails_nothing(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 500
    task_failed(failure(ValueError("x")))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connect(monkeypatch, f"http://127.0.0.1:{unused.getsockname()[1]}/hooks/T0KEN")
        task_failed(failure(ValueError("x")))
    connect(monkeypatch, "hooks.example/T0KEN")
    task_failed(failure(ValueError("x")))
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 3
    assert "HTTP Error 500" in errors[0]
    assert not any("T0KEN" in error for error in errors)


@pytest.mark.parametrize(
    ("url", "headers", "said"),
    [
        ("http://127.0.0.1:1/hooks/T0KEN with a blank", {}, "InvalidURL"),
        ("http://127.0.0.1:T0KEN/", {}, "InvalidURL"),
        ("http://127.0.0.1:1/", {"Authorization": "Bearer T0KEN\n"}, "ValueError"),
        ("http://127.0.0.1:1/", ["T0KEN"], "TypeError"),
    ],
)
def test_a_connection_that_is_not_as_it_should_be_is_logged_without_what_is_secret_in_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str, headers: Any, said: str
) -> None:
    connect(monkeypatch, url, {"headers": headers})
    task_failed(failure(ValueError("x")))
    assert said in caplog.text
    assert "T0KEN" not in caplog.text


def test_an_answer_that_is_no_http_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def answer() -> None:
        with listener.accept()[0] as caller:
            caller.recv(65536)
            caller.sendall(b"T0KEN\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        connect(monkeypatch, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        task_failed(failure(ValueError("x")))
        thread.join()
    assert "BadStatusLine" in caplog.text
    assert "T0KEN" not in caplog.text


def test_a_redirect_is_an_error_and_followed_by_nobody(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    receiver.status = HTTPStatus.FOUND
    task_failed(failure(ValueError("x")))
    assert "HTTP Error 302" in caplog.text
    assert len(receiver.got) == 1


def test_a_long_reason_is_cut_only_after_its_secrets_are_masked(receiver: Receiver) -> None:
    from airflow.sdk.log import mask_secret

    mask_secret("hunter2secret")
    task_failed(failure(ValueError("x" * 1982 + "hunter2secret")))
    [(_, _, body)] = receiver.got
    assert body["reason"] == "ValueError: " + "x" * 1982 + "***"


def test_secrets_that_airflow_knows_are_masked_in_what_is_sent(receiver: Receiver) -> None:
    from airflow.sdk.log import mask_secret

    mask_secret("hunter2secret")
    task_failed(failure(ValueError("login with hunter2secret refused")))
    [(_, _, body)] = receiver.got
    assert "hunter2secret" not in json.dumps(body)
    assert "login with *** refused" in body["reason"]
