"""docs/connections.md: every form there, as the installed providers and drivers read it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
import redshift_connector
from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend
from airflow.providers.amazon.aws.secrets.systems_manager import SystemsManagerParameterStoreBackend
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import BaseHook
from moto.server import ThreadedMotoServer

from local.settings import ROOT
from sparkify.copy_statement import CopyStatement

_SECTION = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_JSON = re.compile(r"```json\n(.+?)\n```", re.DOTALL)
_URI = re.compile(r"```text\n(.+?)\n```", re.DOTALL)
_TEXT = (ROOT / "docs" / "connections.md").read_text()
# Heading, text, heading, text, …
_PARTS = _SECTION.split(_TEXT)[1:]
SECTIONS = dict(zip(_PARTS[::2], _PARTS[1::2], strict=True))
PASSWORD = "p/a:s@s%w?rd+ ü"
PROVISIONED = "sparkify.abc123xyz789.us-west-2.redshift.amazonaws.com"
SERVERLESS = "sparkify.123456789012.us-west-2.redshift-serverless.amazonaws.com"
KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
# boto3-stubs wants each service's name as a literal.
CLIENT: Any = boto3.client


def documented(heading: str, which: int = 0) -> dict[str, Any]:
    """A JSON form of a section, with a password put in."""
    form = json.loads(_JSON.findall(SECTIONS[heading])[which])
    if form.get("password") == "<password>":
        form["password"] = PASSWORD
    return form


def use(monkeypatch: pytest.MonkeyPatch, conn_id: str, form: dict[str, Any] | str) -> Any:
    """Let Airflow find a connection in the environment, and return it as a task gets it."""
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", form if isinstance(form, str) else json.dumps(form))
    return BaseHook.get_connection(conn_id)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the driver would log in with: caught where it opens its socket."""
    caught: dict[str, Any] = {}
    monkeypatch.setattr(redshift_connector, "Connection", lambda **given: caught.update(given))
    monkeypatch.setattr(PostgresHook, "_create_connection", lambda _, given: caught.update(given))
    return caught


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """moto's server, with a cluster."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    CLIENT("redshift", endpoint_url=url, region_name="us-west-2", **KEYS).create_cluster(
        ClusterIdentifier="sparkify", NodeType="ra3.large", MasterUsername="awsuser", MasterUserPassword="Owner-123"
    )
    yield url
    server.stop()


class _Serverless(BaseHTTPRequestHandler):
    """GetCredentials of Redshift serverless, which moto lacks."""

    asked: list[tuple[str, dict[str, Any]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.headers["X-Amz-Target"], body))
        answer = {"dbUser": "IAMR:worker", "dbPassword": f"temporary-{len(self.asked)}", "expiration": 4102444800}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serverless() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    asked: list[tuple[str, dict[str, Any]]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Serverless,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def worker(monkeypatch: pytest.MonkeyPatch, endpoint_url: str) -> None:
    """Give the worker access to an AWS of ours: by aws_default, and by its own identity."""
    form = {**documented("`aws_default`", 2), "login": KEYS["aws_access_key_id"]}
    use(monkeypatch, "aws_default", with_extra(form, endpoint_url=endpoint_url))
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)


def with_extra(form: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {**form, "extra": {**form["extra"], **extra}}


def test_a_password_reaches_the_driver_as_it_is(monkeypatch: pytest.MonkeyPatch, login: dict[str, Any]) -> None:
    use(monkeypatch, "redshift", documented("redshift: password")).get_hook().get_conn()
    seen = {name: login[name] for name in ("host", "port", "database", "user", "password", "ssl", "sslmode")}
    assert seen == {
        "host": PROVISIONED,
        "port": 5439,
        "database": "dev",
        "user": "sparkify_loader",
        "password": PASSWORD,
        "ssl": True,
        "sslmode": "verify-full",
    }
    assert login["application_name"] == "sparkify"


@pytest.mark.parametrize("heading", ["redshift: password", "`redshift_s3_role`"])
def test_the_uri_says_what_the_json_says(monkeypatch: pytest.MonkeyPatch, heading: str) -> None:
    uri = _URI.findall(SECTIONS[heading])[0].replace("<password>", "p%2Fa%3As%40s%25w%3Frd%2B%20%C3%BC")
    from_uri = use(monkeypatch, "one", uri)
    from_json = use(monkeypatch, "other", documented(heading))
    for field in ("conn_type", "host", "port", "schema", "login", "password", "extra_dejson"):
        # An absent host is an empty one in a URI.
        assert (getattr(from_uri, field) or None) == (getattr(from_json, field) or None), field


@pytest.mark.parametrize("heading", [heading for heading in SECTIONS if heading.startswith("redshift: ")])
def test_the_type_chooses_the_hook(monkeypatch: pytest.MonkeyPatch, heading: str) -> None:
    hook = use(monkeypatch, "redshift", documented(heading)).get_hook()
    assert type(hook) is (PostgresHook if "postgres" in heading else RedshiftSQLHook)


def test_psycopg_gets_the_extras_that_redshift_needs(monkeypatch: pytest.MonkeyPatch, login: dict[str, Any]) -> None:
    use(monkeypatch, "redshift", documented("redshift: postgres, password")).get_hook().get_conn()
    assert login == {
        "host": PROVISIONED,
        "port": 5439,
        "dbname": "dev",
        "user": "sparkify_loader",
        "password": PASSWORD,
        "sslmode": "require",
        "client_encoding": "utf8",
        "prepare_threshold": None,
    }


@pytest.mark.slow
def test_iam_on_a_provisioned_cluster_logs_in_with_credentials_of_the_loader(
    monkeypatch: pytest.MonkeyPatch, login: dict[str, Any], aws: str
) -> None:
    worker(monkeypatch, aws)
    # On AWS the driver finds the service by the region.
    form = with_extra(documented("redshift: provisioned, IAM"), endpoint_url=aws)
    use(monkeypatch, "redshift", form).get_hook().get_conn()
    assert (login["host"], login["port"], login["database"]) == (PROVISIONED, 5439, "dev")
    assert login["user"] == "IAM:sparkify_loader"
    assert len(login["password"]) >= 32
    assert (login["ssl"], login["sslmode"]) == (True, "verify-full")


@pytest.mark.slow
@pytest.mark.parametrize("lacking", ["db_user", "cluster_identifier"])
def test_iam_without_what_the_driver_needs_fails_before_it_connects(
    monkeypatch: pytest.MonkeyPatch, login: dict[str, Any], aws: str, lacking: str
) -> None:
    worker(monkeypatch, aws)
    form = with_extra(documented("redshift: provisioned, IAM"), endpoint_url=aws)
    del form["extra"][lacking]
    hook = use(monkeypatch, "redshift", form).get_hook()
    # Not through get_conn, which waits and tries again.
    given = {**hook._get_conn_params(), **hook.conn.extra_dejson}
    with pytest.raises(redshift_connector.InterfaceError, match=f"{lacking} must be"):
        redshift_connector.connect(**given)
    assert login == {}


@pytest.mark.slow
def test_iam_by_the_postgres_type_asks_once_with_the_connection_named(
    monkeypatch: pytest.MonkeyPatch, login: dict[str, Any], aws: str
) -> None:
    worker(monkeypatch, aws)
    for name in KEYS:
        monkeypatch.delenv(name.upper())
    use(monkeypatch, "redshift", documented("redshift: postgres, provisioned, IAM")).get_hook().get_conn()
    assert len(login.pop("password")) >= 32
    assert login == {
        "host": PROVISIONED,
        "port": 5439,
        "dbname": "dev",
        "user": "IAM:sparkify_loader",
        "sslmode": "require",
        "client_encoding": "utf8",
        "prepare_threshold": None,
    }


@pytest.mark.slow
def test_iam_on_a_serverless_workgroup_logs_in_as_the_workers_identity(
    monkeypatch: pytest.MonkeyPatch, login: dict[str, Any], serverless: tuple[str, list[Any]]
) -> None:
    url, asked = serverless
    worker(monkeypatch, url)
    form = with_extra(documented("redshift: serverless, IAM"), endpoint_url=url)
    use(monkeypatch, "redshift", form).get_hook().get_conn()
    assert (login["host"], login["port"], login["user"]) == (SERVERLESS, 5439, "IAMR:worker")
    # The driver's own, not those that the hook got.
    assert login["password"] == "temporary-2"
    hook, driver = asked
    assert hook == (
        "RedshiftServerless.GetCredentials",
        {"dbName": "dev", "workgroupName": "sparkify", "durationSeconds": 3600},
    )
    assert driver == ("RedshiftServerless.GetCredentials", {"dbName": "dev", "workgroupName": "sparkify"})


@pytest.mark.slow
def test_iam_on_a_serverless_workgroup_by_the_postgres_type_asks_once(
    monkeypatch: pytest.MonkeyPatch, login: dict[str, Any], serverless: tuple[str, list[Any]]
) -> None:
    url, asked = serverless
    worker(monkeypatch, url)
    use(monkeypatch, "redshift", documented("redshift: postgres, serverless, IAM")).get_hook().get_conn()
    assert (login["host"], login["user"], login["password"]) == (SERVERLESS, "IAMR:worker", "temporary-1")
    assert len(asked) == 1


@pytest.mark.parametrize("extra", ["serverless_token_duration_seconds", "keepalives"])
def test_an_extra_that_the_driver_does_not_know_is_an_error(
    monkeypatch: pytest.MonkeyPatch, login: dict[str, Any], extra: str
) -> None:
    form = with_extra(documented("redshift: password"), **{extra: 900})
    with pytest.raises(TypeError, match=extra):
        use(monkeypatch, "redshift", form).get_hook().get_conn()


def test_the_role_of_copy_is_read_from_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    role = use(monkeypatch, "redshift_s3_role", documented("`redshift_s3_role`")).extra_dejson["role_arn"]
    copy = CopyStatement("staging.songs", ("title",), "s3://bucket/m", role, "us-west-2").render()
    assert "iam_role 'arn:aws:iam::123456789012:role/sparkify-us-west-2-copy'\n" in copy


def test_the_worker_without_keys_uses_its_own_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "its-own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    use(monkeypatch, "aws_default", documented("`aws_default`", 0))
    hook = S3Hook(aws_conn_id="aws_default")
    assert hook.get_credentials().access_key == "its-own"
    assert hook.region_name == "us-west-2"


def test_the_worker_with_keys_uses_those_and_an_endpoint_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "aws_default", documented("`aws_default`", 1))
    assert S3Hook(aws_conn_id="aws_default").get_credentials().access_key == "<access key>"
    use(monkeypatch, "aws_default", documented("`aws_default`", 2))
    client: Any = S3Hook(aws_conn_id="aws_default").get_conn()
    assert client.meta.endpoint_url == "http://127.0.0.1:8333"


@pytest.mark.slow
@pytest.mark.parametrize("store", ["Secrets Manager", "Systems Manager"])
def test_a_secrets_backend_gives_the_connection_that_lies_there_and_asks_for_no_other(
    monkeypatch: pytest.MonkeyPatch, aws: str, store: str
) -> None:
    settings = json.loads(_JSON.findall(SECTIONS["Secrets backends"])[0])
    form = documented("redshift: password")
    worker(monkeypatch, aws)
    backend: Any
    if store == "Secrets Manager":
        client = CLIENT("secretsmanager", endpoint_url=aws, region_name="us-west-2", **KEYS)
        for name in ("redshift", "unlisted"):
            client.create_secret(Name=f"airflow/connections/{name}", SecretString=json.dumps(form))
        backend = SecretsManagerBackend(**settings, endpoint_url=aws)
    else:
        client = CLIENT("ssm", endpoint_url=aws, region_name="us-west-2", **KEYS)
        for name in ("redshift", "unlisted"):
            client.put_parameter(Name=f"/airflow/connections/{name}", Type="SecureString", Value=json.dumps(form))
        settings["connections_prefix"] = "/airflow/connections"
        backend = SystemsManagerParameterStoreBackend(**settings, endpoint_url=aws)
    found = use(monkeypatch, "redshift", backend.get_conn_value("redshift"))
    assert (found.conn_type, found.host, found.password) == ("redshift", PROVISIONED, PASSWORD)
    assert found.extra_dejson == form["extra"]
    assert backend.get_conn_value("unlisted") is None
    assert backend.get_variable("sparkify_source") is None
