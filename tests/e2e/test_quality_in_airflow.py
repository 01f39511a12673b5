"""What Airflow shows of checks that did not pass."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from local.airflow_settings import SOURCE_BUCKET
from tests.stack import RunningStack
from tests.warehouse.test_pipeline_changes import event

pytestmark = pytest.mark.slow
KEY = "log_data/2019/02/2019-02-03-events.json"
TS = 1549184400000  # 2019-02-03T09:00:00Z
LINK = "Checks that did not pass"
USER = 999999


@pytest.fixture
def stack(airflow_stack: RunningStack) -> Iterator[RunningStack]:
    """The shared stack with a file of its own, whose user is gone afterwards; no play in it, so no insights change."""
    events = [
        event(page="Home", userId=str(USER), gender="X", ts=TS),
        event(page="Home", userId=str(USER), level="gold", ts=TS + 3_600_000),
    ]
    airflow_stack.put(KEY, "".join(json.dumps(each) + "\n" for each in events))
    yield airflow_stack
    airflow_stack.s3.delete_object(Bucket=SOURCE_BUCKET, Key=KEY)
    with psycopg.connect(airflow_stack.stack.warehouse.redshift.dsn, autocommit=True) as connection:
        connection.execute(f"delete from users where user_id = {USER}".encode())
        # A window that failed keeps everybody's insights from being computed until it is loaded again.
        connection.execute(b"delete from quality_results where window_start >= '2019-02-03'")


def links(stack: RunningStack, run_id: str) -> dict[str, str | None]:
    """The buttons on the page of the run's checks."""
    path = f"/api/v2/dags/sparkify_etl/dagRuns/{run_id}/taskInstances/check_quality/links"
    return dict(stack.api._get(path)["extra_links"])


def test_a_warning_leaves_the_run_green_and_is_in_the_log_in_xcom_and_behind_a_button(stack: RunningStack) -> None:
    run_id, state = stack.load("2019-02-03T09:00:00Z", "2019-02-03T10:00:00Z")
    assert state == "success"
    assert "warning staging.events.gender.accepted_values: expected = 0, found 1" in stack.log(run_id, "check_quality")
    link = links(stack, run_id)[LINK]
    assert link
    assert link.endswith("/tasks/check_quality/xcom")
    path = f"/api/v2/dags/sparkify_etl/dagRuns/{run_id}/taskInstances/check_quality/xcomEntries/quality"
    told = stack.api._get(path, {"deserialize": "true"})["value"]
    told = json.loads(told) if isinstance(told, str) else told
    assert (told["warned"], told["failed"]) == (1, 0)


def test_a_failure_is_not_tried_again_keeps_what_follows_from_running_and_is_behind_the_button(
    stack: RunningStack,
) -> None:
    run_id, state = stack.load("2019-02-03T10:00:00Z", "2019-02-03T11:00:00Z")
    assert state == "failed"
    tries = stack.tries(run_id)
    assert tries["check_quality"] == ("failed", 1)
    assert tries["drop_staging"][0] == "upstream_failed"
    assert "staging.events.level.accepted_values: expected = 0, found 1; rows 7 0" in stack.log(run_id, "check_quality")
    assert links(stack, run_id)[LINK]


def test_a_run_whose_checks_all_passed_has_no_button(stack: RunningStack) -> None:
    run_id, state = stack.load("2019-02-03T12:00:00Z", "2019-02-03T13:00:00Z")
    assert state == "success"
    assert links(stack, run_id)[LINK] is None
