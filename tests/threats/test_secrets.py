"""Secrets stay where they belong: in connections, and in files that only their owner reads."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from local import report
from local.etl import Outcome
from local.window import between
from sparkify.failures import PermanentWarehouseError, WarehouseError
from tests.pipeline import Pipeline
from tests.stack import RunningStack
from tests.warehouse.test_pipeline_changes import DAY, Source, event

pytestmark = pytest.mark.slow
# Templates that would tell a secret, were they rendered, and something to know a rendered one by.
TEMPLATES = (
    "{{ conn.redshift.password }}",
    "{{ conn.aws_default.password }}",
    "{{ var.value.sparkify_manifest_prefix }}",
    "{{ 6 * 1111111 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
)
RENDERED = "6666666"


@pytest.fixture(scope="module")
def secrets(airflow_stack: RunningStack) -> dict[str, str]:
    """Every secret of the stack, all of them long and random."""
    warehouse, airflow = airflow_stack.stack.warehouse, airflow_stack.stack.airflow
    keys = json.loads((airflow.directory / "keys.json").read_text())
    found = {
        "the warehouse's password": warehouse.redshift.password,
        "the S3 secret key": warehouse.s3.secret_key,
        "PostgreSQL's password": warehouse.postgres.password,
        **{f"Airflow's {name}": value for name, value in keys.items()},
    }
    assert all(len(value) >= 32 for value in found.values())
    return found


@pytest.fixture(scope="module")
def lived(airflow_stack: RunningStack, secrets: dict[str, str]) -> RunningStack:
    """A stack that has loaded, failed, and been asked for its secrets by a form."""
    run_id, state = airflow_stack.load("2018-11-20T00:00:00Z", "2018-11-21T00:00:00Z")
    assert state == "success"
    airflow_stack.put("log_data/2019/01/2019-01-01-events.json", '{"ts": "never", "page": "NextSong"}\n')
    run_id, state = airflow_stack.load("2019-01-01T00:00:00Z", "2019-01-02T00:00:00Z")
    assert state == "failed"
    assert "2019-01-01-events.json line 1" in airflow_stack.log(run_id, "stage_events")
    conf = {"start": "2018-11-20T00:00:00Z", "end": "2018-11-20T01:00:00Z", "dag_id": TEMPLATES[0]}
    run_id = airflow_stack.api.trigger("sparkify_etl", {**conf, "notes": list(TEMPLATES), TEMPLATES[3]: TEMPLATES[3]})
    assert airflow_stack.wait_for("sparkify_etl", run_id) == "success"
    return airflow_stack


def holding(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, value in secrets.items() if value in text]


def files_of(directory: Path) -> Iterator[tuple[Path, str]]:
    """The files of a home, but for what servers store."""
    for path in directory.rglob("*"):
        if path.is_file() and not {"data", "postgres"} & set(path.relative_to(directory).parts):
            yield path, path.read_text(errors="replace")


def metadata(stack: RunningStack) -> Iterator[tuple[str, str]]:
    """Every row of Airflow's own database, as text, with its table's name."""
    with psycopg.connect(stack.stack.warehouse.postgres.dsn("airflow")) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("select t::text from {} as t").format(sql.Identifier(table)))
            for (row,) in rows:
                yield table, row


def test_no_secret_is_in_a_log(lived: RunningStack, secrets: dict[str, str]) -> None:
    logs = {path: text for path, text in files_of(lived.stack.home.path) if path.suffix == ".log"}
    assert any("attempt=" in str(path) for path in logs)
    assert {path: names for path, text in logs.items() if (names := holding(text, secrets))} == {}


def test_files_that_hold_a_secret_are_their_owners_alone(lived: RunningStack, secrets: dict[str, str]) -> None:
    holders = [path for path, text in files_of(lived.stack.home.path) if holding(text, secrets)]
    assert len(holders) >= 3
    assert [path for path in holders if path.stat().st_mode & 0o077] == []


def test_no_secret_is_in_airflows_database(lived: RunningStack, secrets: dict[str, str]) -> None:
    rows = list(metadata(lived))
    assert {"xcom", "rendered_task_instance_fields", "log", "dag_run", "serialized_dag"} <= {table for table, _ in rows}
    assert [(table, names) for table, row in rows if (names := holding(row, secrets))] == []


def test_no_secret_is_on_a_command_line(lived: RunningStack, secrets: dict[str, str]) -> None:
    lines = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines[path.parent.name] = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended
    assert str(os.getpid()) in lines
    assert {pid: names for pid, line in lines.items() if (names := holding(line, secrets))} == {}


def test_no_secret_is_in_the_report(lived: RunningStack, secrets: dict[str, str], tmp_path: Path) -> None:
    runs = lived.api.runs("sparkify_etl")
    outcome = Outcome([run["dag_run_id"] for run in runs], success=1, failed=1)
    for run in runs:
        failed = [task for task in lived.api.tasks("sparkify_etl", run["dag_run_id"]) if task["state"] == "failed"]
        outcome.messages += [lived.log(run["dag_run_id"], task["task_id"]) for task in failed]
    made = report.read(lived.stack.warehouse.redshift, between(*DAY), outcome, None)
    made.write(tmp_path / "report.json")
    assert outcome.messages
    assert holding((tmp_path / "report.json").read_text() + "".join(outcome.messages), secrets) == []


def test_templates_in_a_runs_conf_are_not_rendered(lived: RunningStack) -> None:
    held = [row for table, row in metadata(lived) if table in ("xcom", "rendered_task_instance_fields", "dag_run")]
    assert any(TEMPLATES[3] in row for row in held)
    assert not any(RENDERED in row for row in held)
    logs = [text for path, text in files_of(lived.stack.home.path) if path.suffix == ".log"]
    assert not any(RENDERED in text for text in logs)


def test_templates_in_the_forms_window_are_refused_before_a_run_is_made(airflow_stack: RunningStack) -> None:
    for template in TEMPLATES:
        answer = trigger(airflow_stack, {"logical_date": None, "conf": {"start": template, "end": template}})
        assert answer.status_code in (400, 422), answer.text


def test_a_template_is_no_runs_id(airflow_stack: RunningStack) -> None:
    for template in TEMPLATES:
        answer = trigger(airflow_stack, {"logical_date": None, "conf": {}, "dag_run_id": template})
        assert answer.status_code in (400, 422), answer.text


def trigger(stack: RunningStack, body: dict[str, Any]) -> httpx.Response:
    client: httpx.Client = stack.api._client
    return client.post("/api/v2/dags/sparkify_etl/dagRuns", json=body)


def test_templates_in_a_window_are_text_to_the_task_too(source: Source) -> None:
    for template in TEMPLATES:
        with pytest.raises(Exception, match="is not a time") as refused:
            source.pipeline.run("sparkify_etl", {"start": template, "end": DAY[1]}, only="stage_events")
        assert repr(template) in str(refused.value)


@pytest.fixture
def everything(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Any:
    """All that is printed and logged from here on, at any level, as one text."""
    caplog.set_level(logging.DEBUG)
    capfd.readouterr()

    def read() -> str:
        printed = capfd.readouterr()
        return printed.out + printed.err + caplog.text

    return read


def test_a_load_logs_no_secret_even_where_everything_is_logged(source: Source, everything: Any) -> None:
    source.song("a")
    source.events(event())
    source.pipeline.load(*DAY)
    text = everything()
    assert "redshift_connector" in text
    assert "botocore" in text
    warehouse = source.pipeline.warehouse
    assert holding(text, {"password": warehouse.redshift.password, "secret key": warehouse.s3.secret_key}) == []


@pytest.mark.parametrize("connection_type", ["redshift", "postgres"])
@pytest.mark.parametrize("fault", ["password", "port"])
def test_a_login_that_fails_does_not_tell_the_password(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, everything: Any, connection_type: str, fault: str
) -> None:
    secret = "Recognisable-Password-1"
    connection = {**json.loads(os.environ["AIRFLOW_CONN_REDSHIFT"]), "conn_type": connection_type, "password": secret}
    if connection_type == "postgres":
        connection |= {"extra": {}}
    if fault == "port":
        connection |= {"port": 1}
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps(connection))
    # The hook waits and tries again where nobody listens, up to half a minute.
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    with pytest.raises((PermanentWarehouseError, WarehouseError)) as failed:
        pipeline.manage_tables("create")
    assert secret not in everything() + str(failed.value) + repr(failed.value.__cause__)
