"""The page's own logic, without a warehouse."""

import asyncio
import csv
import hashlib
import io
import re
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowNotFoundException
from botocore.exceptions import ClientError
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from local.settings import ROOT
from sparkify.failures import PermanentWarehouseError, WarehouseError
from sparkify.insights import QUESTIONS
from sparkify.page import reading
from sparkify.page.answers import Answers
from sparkify.page.csv_lines import csv_lines
from sparkify.page.problems import PageProblem, explain
from sparkify.page.statements import Statement

STATIC = ROOT / "plugins" / "sparkify" / "page" / "static"


def read_back(lines: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(lines.decode(), newline="")))


def test_a_download_has_a_header_and_lines_that_end_as_rfc_4180_says() -> None:
    made = b"".join(csv_lines(("title", "plays"), [('a "b", c', 3), ("line\nbreak", None)]))
    assert made == b'title,plays\r\n"a ""b"", c",3\r\n"line\nbreak",\r\n'


def test_a_download_writes_moments_in_utc_and_text_in_utf_8() -> None:
    made = b"".join(csv_lines(("at", "day", "name"), [(datetime(2018, 11, 1, 2, 3, 4), date(2018, 11, 1), "Björk")]))
    assert read_back(made)[1] == ["2018-11-01T02:03:04Z", "2018-11-01", "Björk"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe_and_a_number_does_not(text: str) -> None:
    made = b"".join(csv_lines(("title", "change"), [(text, -1)]))
    assert read_back(made)[1] == [f"'{text}", "-1"]


def test_many_rows_come_in_several_pieces() -> None:
    pieces = list(csv_lines(("n",), ([n] for n in range(1200))))
    assert len(pieces) == 4
    assert [int(n) for [n] in read_back(b"".join(pieces))[1:]] == list(range(1200))


def test_ten_that_ask_the_same_at_once_make_one_question() -> None:
    asked, go = [], threading.Event()

    def work() -> int:
        asked.append(1)
        go.wait(10)
        return 42

    async def ten() -> list[int]:
        answers = Answers()
        waiting = [asyncio.create_task(answers.get("tables", work)) for _ in range(10)]
        await asyncio.sleep(0)
        go.set()
        return [*await asyncio.gather(*waiting), await answers.get("tables", work)]

    assert asyncio.run(ten()) == [42] * 11
    assert len(asked) == 1


def test_an_answer_is_asked_for_again_once_it_was_kept_long_enough() -> None:
    asked: list[int] = []

    async def twice() -> None:
        answers = Answers(keep_seconds=0)
        await answers.get("tables", lambda: asked.append(1))
        while len(asked) == 1:
            await asyncio.sleep(0.01)
            await answers.get("tables", lambda: asked.append(1))

    asyncio.run(twice())
    assert len(asked) == 2


def test_whoever_asks_while_too_much_is_being_asked_is_told_so() -> None:
    async def three() -> None:
        answers = Answers(most=2)
        await answers.get(1, int)
        await answers.get(2, int)
        await answers.get(3, int)

    with pytest.raises(PageProblem, match="Too much"):
        asyncio.run(three())


def test_whoever_waits_for_a_warehouse_that_hangs_is_told_so() -> None:
    go = threading.Event()

    async def one() -> None:
        try:
            await Answers(wait_seconds=0.01).get("tables", lambda: go.wait(10))
        finally:
            go.set()

    with pytest.raises(PageProblem, match="not answered in time"):
        asyncio.run(one())


def caused(error: Exception, state: str | None) -> Exception:
    """The error as the session raises it, made from a driver's with this SQLSTATE."""
    driver = Exception({"C": state, "M": 'password "hunter2" at 10.1.2.3'}) if state else OSError("10.1.2.3 refused")
    error.__cause__ = driver
    return error


def of_psycopg(said: str) -> Exception:
    """The error as the session raises it when psycopg's connection was refused, which has no SQLSTATE."""
    error = PermanentWarehouseError("10.1.2.3")
    error.__cause__ = psycopg.OperationalError(f"connection failed: 10.1.2.3: FATAL: {said}")
    return error


def of_aws(code: str, status: int) -> Exception:
    """The error as the session raises it when AWS gave no password for the connection."""
    error = WarehouseError("10.1.2.3")
    answer: Any = {"Error": {"Code": code, "Message": "hunter2"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error.__cause__ = ClientError(answer, "GetClusterCredentials")
    return error


@pytest.mark.parametrize(
    ("error", "code", "remedy"),
    [
        (caused(PermanentWarehouseError("select 1: 10.1.2.3"), "42P01"), "no_tables", "sparkify_tables"),
        (caused(PermanentWarehouseError("select 1: 10.1.2.3"), "3F000"), "no_tables", "sparkify_tables"),
        (caused(PermanentWarehouseError("10.1.2.3"), "3D000"), "no_database", "database"),
        (caused(PermanentWarehouseError("select 1: 10.1.2.3"), "42703"), "old_tables", "migrate"),
        (caused(PermanentWarehouseError("select 1: 10.1.2.3"), "42501"), "no_right", "Grant"),
        (caused(PermanentWarehouseError("10.1.2.3"), "28000"), "login", "Connections"),
        (caused(WarehouseError("select 1"), "57014"), "slow", "again"),
        (caused(WarehouseError("select 1"), "XX000"), "refused", "log"),
        (caused(WarehouseError("10.1.2.3"), None), "down", "running"),
        (of_psycopg('database "hunter2" does not exist'), "no_database", "database"),
        (of_psycopg('password authentication failed for user "hunter2"'), "login", "Connections"),
        (of_aws("AccessDenied", 403), "aws_refused", "GetClusterCredentials"),
        (of_aws("ClusterNotFound", 404), "aws_refused", "cluster"),
        (of_aws("Throttling", 400), "aws_down", "again"),
        (AirflowNotFoundException("redshift at 10.1.2.3"), "no_connection", "Connections"),
        (FileNotFoundError("/opt/airflow"), "no_sql", "sql/"),
    ],
)
def test_a_problem_is_told_with_its_remedy_and_without_what_the_driver_said(
    error: Exception, code: str, remedy: str
) -> None:
    told = explain(error).as_json()
    assert told["code"] == code
    assert remedy in told["remedy"]
    for secret in ("10.1.2.3", "select 1", "hunter2", "/opt"):
        assert secret not in "".join(told.values())


def test_a_bug_is_not_told_as_a_problem() -> None:
    with pytest.raises(ZeroDivisionError):
        explain(ZeroDivisionError())


def test_what_is_filled_into_a_statement_is_a_parameter() -> None:
    made = Statement.parse("select 1 where a < cast('{{ end }}' as timestamp) and b > '{{ start }}'")
    assert made.text == "select 1 where a < cast(%s as timestamp) and b > %s"
    assert made.names == ("end", "start")


def test_every_statement_of_the_page_runs_by_parameters_only() -> None:
    files = list((ROOT / "sql" / "page").glob("*.sql"))
    assert len(files) > 5
    for file in files:
        text = Statement.parse(file.read_text(encoding="utf-8")).text
        assert not re.search("[{}]|%(?!s)", text), file.name


def test_the_page_knows_each_question() -> None:
    script = (STATIC / "insights.js").read_text(encoding="utf-8")
    for question, columns in QUESTIONS.items():
        [shown] = re.findall(rf"^  {question}: \{{\n.*\n    columns: \[(.*)\],\n", script, re.MULTILINE)
        assert len(re.findall(r"(?:amount|text|share|time)\(|\{ label", shown)) == len(columns), question


def test_the_charting_library_is_the_published_one() -> None:
    for line in (STATIC / "vendor" / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest
    assert "MIT" in (STATIC / "vendor" / "chart.js-LICENSE.md").read_text(encoding="utf-8")


def own_files() -> list[Path]:
    return [
        path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".html"} and "vendor" not in path.parts
    ]


def test_the_page_loads_nothing_from_elsewhere_and_makes_no_markup_of_text() -> None:
    assert own_files()
    for path in own_files():
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"https?://|innerHTML|insertAdjacentHTML|document\.write|\seval\(|style=|onclick=", text
        ), path


@pytest.fixture(scope="module")
def app() -> FastAPI:
    from sparkify.page.app import create_app

    return create_app()


def test_every_route_demands_the_login_and_the_right(app: FastAPI) -> None:
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) == len(app.routes) >= 10
    for route in routes:
        demanded = [dependency.call.__qualname__ for dependency in route.dependant.dependencies if dependency.call]
        assert demanded.count("requires_access_dag.<locals>.inner") == 2, route.path


def address(path: str) -> str:
    """An address of a route."""
    values = {"{year}": "2018", "{month}": "11", "{question}": "top_songs", "{name:path}": "page.css"}
    for name, value in values.items():
        path = path.replace(name, value)
    assert "{" not in path
    return path


def test_whoever_is_not_logged_in_gets_401_from_every_route_and_learns_nothing(app: FastAPI) -> None:
    client = TestClient(app)
    for route in app.routes:
        answer = client.get(address(route.path))  # type: ignore[attr-defined]
        assert answer.status_code == 401, route
        assert answer.json() == {"detail": "Not authenticated"}
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.fixture
def insider(app: FastAPI) -> TestClient:
    """A client that has the right, whatever Airflow would say."""
    for route in app.routes:
        assert isinstance(route, APIRoute)
        for dependency in route.dependant.dependencies:
            assert dependency.call
            app.dependency_overrides[dependency.call] = lambda: None
    return TestClient(app)


def test_an_error_that_nobody_has_caught_is_kept_by_no_browser_and_may_load_nothing(
    insider: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "load_runs", lambda: 1 / 0)
    answer = TestClient(insider.app, raise_server_exceptions=False).get("/api/loads")
    assert answer.status_code == 500
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/calendar/1",
        "/api/calendar/2018/13",
        "/api/calendar/2018/0",
        "/api/calendar/nineteen",
        "/api/quality?days=31",
        "/api/quality?days=30;drop",
        "/insights/users.csv",
        "/insights/top_songs;drop.csv",
        "/insights/top_songs%0A.csv",
    ],
)
def test_a_parameter_that_the_page_does_not_know_is_refused(insider: TestClient, path: str) -> None:
    assert insider.get(path).status_code == 422


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2f..%2fapp.py", "vendor/../../app.py", "page.html", "/etc/passwd", ""]
)
def test_only_the_pages_own_files_are_served(insider: TestClient, name: str) -> None:
    assert insider.get(f"/static/{name}").status_code == 404


def test_a_file_that_the_browser_has_is_not_sent_again(insider: TestClient) -> None:
    first = insider.get("/static/vendor/chart.umd.min.js")
    assert first.status_code == 200
    again = insider.get("/static/vendor/chart.umd.min.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
