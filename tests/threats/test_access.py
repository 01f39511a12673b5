"""Who is not logged in gets nothing, and who has few rights gets no more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from typing import Any

import httpx
import jwt
import pytest

from local.processes import clean_environment
from tests.conftest import LESSER_ROLES
from tests.stack import RunningStack

pytestmark = pytest.mark.slow
# Every route of the application that the api-server serves, the plugins' and the mounted ones included.
_PROBE = """
import json
from airflow.api_fastapi.app import create_app
from airflow.api_fastapi.execution_api.routes import execution_api_router
from starlette.routing import Mount

def walk(routes, prefix=""):
    for route in routes:
        if isinstance(route, Mount):
            yield from walk(route.routes or [], prefix + route.path)
            if not route.routes:
                yield "GET", prefix + route.path + "/{file}"
        elif getattr(route, "path", None) is not None:
            for method in sorted(getattr(route, "methods", None) or ["GET"]):
                yield method, prefix + route.path
        elif getattr(route, "routes", None):
            yield from walk(route.routes, prefix)
        else:
            yield "UNKNOWN", repr(route)

# The API that tasks speak to makes its routes at the first request, one set for each of its versions.
found = {*walk(create_app().routes), *walk(execution_api_router.routes, "/execution")}
print(json.dumps(sorted(found)))
"""
# The login, the documentation of the API's shape, the frame of the web page, and whether Airflow is alive.
PUBLIC = re.compile(
    r"(GET|HEAD) (/auth|/execution)?/(docs(/oauth2-redirect)?|redoc|openapi\.json)"
    r"|GET /execution/(changelog|health(/ping)?)"
    r"|GET /api/v2/(version|monitor/health|auth/(login|logout))"
    r"|(GET|POST) /auth/(token(/login|/cli)?|login)"
    r"|GET (/auth)?/(static/\{file\}|\{rest_of_path:path\})"
    r"|GET /(health|api/\{_:path\}|api/v1/\{_:path\})"
)


@pytest.fixture(scope="module")
def routes(airflow_stack: RunningStack) -> list[tuple[str, str]]:
    """Method and path of every route."""
    environment = airflow_stack.stack.home.running()
    assert environment
    done = subprocess.run(
        [sys.executable, "-c", _PROBE],
        env=clean_environment(environment["airflow"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(method, path) for method, path in json.loads(done.stdout.splitlines()[-1])]


@cache
def _client() -> httpx.Client:
    """One for all: to make one takes longer than to ask with it."""
    return httpx.Client(trust_env=False, timeout=60)


def ask(stack: RunningStack, method: str, path: str, *, token: str = "", **arguments: Any) -> httpx.Response:
    headers = {"Connection": "close", **({"Authorization": f"Bearer {token}"} if token else {})}
    address = stack.stack.airflow.url + re.sub(r"\{[^}]*\}", "1", path)
    return _client().request(method, address, headers=headers, **arguments)


def login(stack: RunningStack, user: str) -> str:
    passwords = json.loads((stack.stack.airflow.directory / "passwords.json").read_text())
    answer = ask(stack, "POST", "/auth/token", json={"username": user, "password": passwords[user]})
    return str(answer.json()["access_token"])


def open_to(stack: RunningStack, routes: list[tuple[str, str]], token: str) -> dict[str, str]:
    """The routes that answer somebody with this token, and what they say."""
    answers = {
        f"{method} {path}": ask(stack, method, path, token=token, **({} if method in ("GET", "HEAD") else {"json": {}}))
        for method, path in routes
    }
    return {route: answer.text for route, answer in answers.items() if answer.status_code not in (401, 403)}


def test_who_is_not_logged_in_gets_a_login_and_no_data(
    airflow_stack: RunningStack, routes: list[tuple[str, str]]
) -> None:
    paths = {path for _, path in routes}
    assert {"/sparkify/page", "/api/v2/connections/{connection_id}", "/execution/connections/{connection_id}"} <= paths
    assert not any(method == "UNKNOWN" for method, _ in routes)
    answered = open_to(airflow_stack, routes, "")
    assert sorted(route for route in answered if not PUBLIC.fullmatch(route)) == []
    assert [route for route, text in answered.items() if "sparkify" in text] == []


def test_a_token_that_is_none_is_no_login(airflow_stack: RunningStack, routes: list[tuple[str, str]]) -> None:
    ours = [route for route in routes if route[1].startswith("/sparkify")]
    assert len(ours) >= 5
    # The administrator's own, signed with another key.
    claims = jwt.decode(login(airflow_stack, "admin"), options={"verify_signature": False})
    for token in (
        "nonsense",
        jwt.encode(claims, "k" * 64, algorithm="HS512"),
        jwt.encode(claims, "", algorithm="none"),
    ):
        assert open_to(airflow_stack, [*ours, ("GET", "/api/v2/connections"), ("GET", "/api/v2/dags")], token) == {}


FORBIDDEN = {
    "viewer": [
        ("POST", "/api/v2/dags/sparkify_etl/dagRuns"),
        ("POST", "/api/v2/dags/sparkify_tables/dagRuns"),
        ("POST", "/api/v2/dags/sparkify_etl/clearTaskInstances"),
        ("PATCH", "/api/v2/dags/sparkify_etl"),
        ("POST", "/api/v2/backfills"),
    ],
    "user": [
        ("GET", "/api/v2/connections"),
        ("GET", "/api/v2/connections/redshift"),
        ("POST", "/api/v2/connections/test"),
        ("GET", "/api/v2/variables"),
        ("GET", "/api/v2/variables/sparkify_source"),
        ("POST", "/api/v2/variables"),
        ("GET", "/api/v2/config"),
    ],
    "op": [("GET", "/api/v2/config")],
}


@pytest.mark.parametrize("role", LESSER_ROLES)
def test_a_user_without_rights_cannot_trigger_or_see_connections(airflow_stack: RunningStack, role: str) -> None:
    token = login(airflow_stack, role)
    lacking = [route for name in LESSER_ROLES[LESSER_ROLES.index(role) :] for route in FORBIDDEN[name]]
    seen = [(*route, ask(airflow_stack, *route, token=token, json={}).status_code) for route in lacking]
    assert [route for route in seen if route[2] != 403] == []
    # It is the right that is lacking, and not the route: whoever has it gets further.
    assert ask(airflow_stack, "GET", "/api/v2/dags/sparkify_etl", token=token).status_code == 200
    assert ask(airflow_stack, "GET", "/sparkify/page", token=token).status_code == 200
    if role != "viewer":
        body = {"logical_date": None, "conf": {"start": "never"}}
        answer = ask(airflow_stack, "POST", "/api/v2/dags/sparkify_etl/dagRuns", token=token, json=body)
        assert answer.status_code == 400


def test_connections_from_the_environment_are_not_listed_even_to_the_administrator(
    airflow_stack: RunningStack,
) -> None:
    token = login(airflow_stack, "admin")
    listed = ask(airflow_stack, "GET", "/api/v2/connections", token=token)
    assert listed.status_code == 200
    assert listed.json()["total_entries"] == 0
