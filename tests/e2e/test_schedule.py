"""Which runs the schedule makes, in a real scheduler, with a configured start and without."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.airflow_api import AirflowApi
from local.airflow_settings import LOGIN
from local.etl import Etl
from local.window import Window
from tests.conftest import stack_of_tests
from tests.stack import RunningStack, until

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


def this_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def logical_dates(stack: RunningStack) -> list[datetime]:
    runs = stack.api.runs("sparkify_etl")
    return sorted(datetime.fromisoformat(run["logical_date"]) for run in runs if run["run_type"] == "scheduled")


def wait_for_all(stack: RunningStack, count: int) -> None:
    until(lambda: len([run for run in stack.api.runs("sparkify_etl") if run["state"] == "success"]) >= count)


@pytest.fixture(scope="module")
def unscheduled(month: Path) -> Iterator[RunningStack]:
    """No start is configured; the clock makes runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SPARKIFY_SCHEDULE_START", raising=False)
        with stack_of_tests(month, scheduled=True) as running:
            yield running


@pytest.fixture(scope="module")
def started(month: Path) -> Iterator[tuple[RunningStack, datetime]]:
    """The schedule's start is configured, four hours ago."""
    start = this_hour() - 4 * HOUR
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARKIFY_SCHEDULE_START", start.isoformat())
        with stack_of_tests(month, scheduled=True) as running:
            yield running, start


def test_without_a_start_neither_unpausing_nor_a_manual_run_catches_anything_up(unscheduled: RunningStack) -> None:
    before = this_hour()
    unscheduled.api.unpause("sparkify_etl")
    unscheduled.load("2018-11-12T00:00:00Z", "2018-11-12T01:00:00Z")
    wait_for_all(unscheduled, 2)
    # The last whole hour; one more if the test crosses the hour's end.
    assert logical_dates(unscheduled)[0] == before - HOUR
    assert len(logical_dates(unscheduled)) <= 2


def test_with_a_start_unpausing_makes_every_hour_since_and_none_before(
    started: tuple[RunningStack, datetime],
) -> None:
    stack, start = started
    stack.api.unpause("sparkify_etl")
    wait_for_all(stack, 4)
    assert logical_dates(stack)[:4] == [start + hours * HOUR for hours in range(4)]
    for run in stack.api.runs("sparkify_etl"):
        assert set(stack.tries(run["dag_run_id"]).values()) == {("success", 1)}
    freshness = "select distinct observed from quality_results where check_name = 'songplays.start_time.freshness'"
    assert stack.query(f"{freshness} and run_id like 'scheduled%'") == [
        ("not asked: not all of the 24 hours before the scheduled run's end is loaded yet",)
    ]


def test_with_a_start_a_window_before_it_is_loaded_by_the_form(started: tuple[RunningStack, datetime]) -> None:
    stack, _ = started
    stack.api.unpause("sparkify_etl")
    run_id, state = stack.load("2018-11-12T00:00:00Z", "2018-11-13T00:00:00Z")
    assert state == "success"
    assert len(stack.tries(run_id)) == 9
    [(staged,)] = stack.query(
        f"select rows_staged from load_status where run_id = '{run_id}' and table_name = 'staging.events'"
    )
    assert staged > 0


class Backdated(AirflowApi):
    """Gives the runs that it triggers an old logical date, as a user may in the form."""

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        body = {"logical_date": "2018-11-12T00:00:00Z", "conf": conf}
        return str(self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])


def test_a_run_that_ends_green_without_a_task_is_counted_as_failed(started: tuple[RunningStack, datetime]) -> None:
    stack, _ = started
    airflow = stack.stack.airflow
    api = Backdated(airflow.url, LOGIN, airflow.password)
    until(lambda: api.ready(()))
    window = Window(datetime(2018, 11, 12, tzinfo=UTC), datetime(2018, 11, 12, 2, tzinfo=UTC))
    outcome = Etl(api, stack.stack.check).load(window, lambda *_: None)
    # What Airflow says of it, and what we make of that.
    assert api.run_state("sparkify_etl", outcome.run_ids[0]) == "success"
    assert (outcome.success, outcome.failed) == (0, 1)
    assert "nothing was loaded" in outcome.messages[0]
