"""OpenLineage's events of real runs, as a receiver of them gets them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import expected
from tests.conftest import stack_of_tests
from tests.stack import RunningStack, until

pytestmark = pytest.mark.slow
START, END = datetime(2018, 11, 5), datetime(2018, 11, 6)
FORM = ("2018-11-05T00:00:00Z", "2018-11-06T00:00:00Z")
TASKS = {
    "stage_events",
    "stage_songs",
    "load_users",
    "load_songs",
    "load_artists",
    "load_songplays",
    "load_time",
    "check_quality",
}


class Receiver:
    """The events that were sent to it, in their order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[str] = []

    def events(self, run_id: str, task_id: str) -> dict[str, dict[str, Any]]:
        """The last event of each type that a run's task has sent."""
        return {
            event["eventType"]: event
            for event in map(json.loads, list(self.bodies))
            if event["job"]["name"] == f"sparkify_etl.{task_id}"
            and event["run"]["facets"]["airflow"]["dagRun"]["run_id"] == run_id
        }


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            receiver.bodies.append(body)
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def told(month: Path) -> Iterator[tuple[RunningStack, Receiver]]:
    """A running stack whose lineage goes to a receiver."""
    with receiving() as receiver:
        transport = {"type": "http", "url": receiver.url, "endpoint": "api/v1/lineage"}
        # In a thread, as docs/lineage.md has it.
        settings = {
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
            "AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "True",
        }
        with stack_of_tests(month, further=settings) as stack:
            yield stack, receiver


@pytest.fixture(scope="module")
def run(told: tuple[RunningStack, Receiver]) -> dict[str, dict[str, Any]]:
    """Each task's START and COMPLETE of one loaded day."""
    stack, receiver = told
    run_id, state = stack.load(*FORM)
    assert state == "success"
    return {task_id: _whole(receiver, run_id, task_id) for task_id in TASKS}


def _whole(receiver: Receiver, run_id: str, task_id: str) -> dict[str, Any]:
    """A task's events, once both are there: the last is sent when Airflow knows already that the task has ended."""
    return until(
        lambda: events if len(events := receiver.events(run_id, task_id)) == 2 else {},
        seconds=60,
    )


def _assertions(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The checks of an event by name; fails if one stands with another table than its own."""
    found = {}
    for dataset in event["inputs"]:
        for assertion in dataset["inputFacets"]["dataQualityAssertions"]["assertions"]:
            assert assertion["name"].startswith(dataset["name"].partition(".")[2].removeprefix("public."))
            found[assertion["name"]] = assertion
    return found


def _names(datasets: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(dataset["namespace"], dataset["name"]) for dataset in datasets}


def test_start_and_end_of_every_task_name_what_it_reads_and_writes(
    told: tuple[RunningStack, Receiver], run: dict[str, dict[str, Any]]
) -> None:
    address = told[0].stack.warehouse.redshift
    source = ("s3://sparkify-source", "log_data")
    catalogue = ("s3://sparkify-source", "song_data")

    def tables(*names: str) -> set[tuple[str, str]]:
        return {(f"redshift://{address.host}:{address.port}", f"{address.database}.{name}") for name in names}

    events, songs = tables("staging.events"), tables("staging.songs")
    flows = {
        "stage_events": ({source}, events),
        "stage_songs": ({catalogue}, songs),
        "load_users": (events, tables("public.users")),
        "load_songs": (songs, tables("public.songs")),
        "load_artists": (songs, tables("public.artists")),
        "load_songplays": (events | songs, tables("public.songplays")),
        "load_time": (tables("public.songplays"), tables("public.time")),
        "check_quality": (
            tables("staging.events", "public.songplays", "public.time", "public.users"),
            tables("public.quality_results"),
        ),
    }
    for task_id, (inputs, outputs) in flows.items():
        for kind in ("START", "COMPLETE"):
            event = run[task_id][kind]
            assert (_names(event["inputs"]), _names(event["outputs"])) == (inputs, outputs), (task_id, kind)


def test_the_rows_that_were_written_are_counted(
    told: tuple[RunningStack, Receiver], run: dict[str, dict[str, Any]]
) -> None:
    data = told[0].data
    tables = expected.tables(data, START, END)
    wanted = {
        "stage_events": len(expected.within(expected.read_events(data), START, END)),
        "stage_songs": len(expected.read_songs(data)),
        **{f"load_{name}": len(rows) for name, rows in tables.items()},
        "check_quality": len(told[0].query("select check_name from quality_results")),
    }
    counted = {
        task_id: run[task_id]["COMPLETE"]["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"]
        for task_id in wanted
    }
    assert counted == wanted


def test_a_stage_tells_which_objects_it_has_read(run: dict[str, dict[str, Any]]) -> None:
    [logs] = run["stage_events"]["COMPLETE"]["inputs"]
    facets = logs["inputFacets"]
    assert facets["inputStatistics"]["fileCount"] == 1
    read = facets["subset"]["inputCondition"]["locations"]
    assert read == ["s3://sparkify-source/log_data/2018/11/2018-11-05-events.json"]


def test_tables_come_with_their_columns_and_what_each_is_made_from(run: dict[str, dict[str, Any]]) -> None:
    event = run["load_songplays"]["COMPLETE"]
    [songplays] = event["outputs"]
    fields = {field["name"]: field["type"] for field in songplays["facets"]["schema"]["fields"]}
    assert fields["songplay_id"] == "character(32)"
    assert fields["start_time"] == "timestamp without time zone"
    assert list(fields)[:3] == ["songplay_id", "start_time", "user_id"]
    assert len(fields) == 9
    [staged] = [found for found in event["inputs"] if found["name"].endswith("staging.events")]
    assert {"page", "ts", "user_id"} <= {field["name"] for field in staged["facets"]["schema"]["fields"]}
    traced = songplays["facets"]["columnLineage"]["fields"]
    assert [(made["name"].partition(".")[2], made["field"]) for made in traced["song_id"]["inputFields"]] == [
        ("staging.songs", "song_id")
    ]
    for task_id in TASKS:
        event = run[task_id]["COMPLETE"]
        for dataset in event["outputs"] + event["inputs"]:
            if dataset["namespace"].startswith("redshift://"):
                assert dataset["facets"]["schema"]["fields"], (task_id, dataset["name"])


def test_every_check_is_told_with_its_table_and_what_it_found(
    told: tuple[RunningStack, Receiver], run: dict[str, dict[str, Any]]
) -> None:
    assertions = _assertions(run["check_quality"]["COMPLETE"])
    assert set(assertions) == {name for (name,) in told[0].query("select check_name from quality_results")}
    assert {assertion["success"] for assertion in assertions.values()} == {True}
    unique = assertions["songplays.songplay_id.unique_check"]
    assert (unique["assertion"], unique["column"], unique["severity"]) == ("unique_check", "songplay_id", "error")


def test_a_failed_check_is_told_with_the_tasks_failure(told: tuple[RunningStack, Receiver]) -> None:
    stack, receiver = told
    key = "log_data/2018/11/2018-11-06-events.json"
    good = stack.get(key)
    first, *others = good.decode().splitlines()
    stack.put(key, "\n".join([json.dumps({**json.loads(first), "level": "gold"}), *others]))
    run_id, state = stack.load("2018-11-06T00:00:00Z", "2018-11-07T00:00:00Z")
    stack.put(key, good)
    assert state == "failed"
    events = _whole(receiver, run_id, "check_quality")
    assert set(events) == {"START", "FAIL"}
    wrong = {name for name, found in _assertions(events["FAIL"]).items() if not found["success"]}
    assert "staging.events.level.accepted_values" in wrong


def test_events_hold_no_password_no_key_and_no_role(
    told: tuple[RunningStack, Receiver], run: dict[str, dict[str, Any]]
) -> None:
    assert run
    stack, receiver = told
    warehouse = stack.stack.warehouse
    secrets = [warehouse.redshift.password, warehouse.s3.secret_key, warehouse.postgres.password, warehouse.iam_role]
    for body in list(receiver.bodies):
        assert not [secret for secret in secrets if secret in body]
