"""The answers in a real scheduler: which runs loads lead to, and which of them compute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.airflow_settings import LOGIN
from sparkify.insights import QUESTIONS
from tests import expected, expected_insights
from tests.conftest import stack_of_tests
from tests.operator_api import OperatorApi
from tests.stack import ENDED, RunningStack, until

pytestmark = pytest.mark.slow
ETL, INSIGHTS = "sparkify_etl", "sparkify_insights"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def stack(month: Path) -> Iterator[RunningStack]:
    """One that makes runs by the clock: only such a scheduler makes runs for asset events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SPARKIFY_SCHEDULE_START", raising=False)
        with stack_of_tests(month, scheduled=True) as running:
            running.api.unpause(ETL)
            yield running


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> OperatorApi:
    airflow = stack.stack.airflow
    return OperatorApi(airflow.url, LOGIN, airflow.password)


def decisions(api: OperatorApi) -> dict[str, str]:
    """What each run that has ended decided; fails if one did not do what it decided, or failed."""
    found = {}
    for run in api.runs(INSIGHTS):
        if run["state"] not in ENDED:
            continue
        assert run["state"] == "success", run
        states = {task["task_id"]: task["state"] for task in api.tasks(INSIGHTS, run["dag_run_id"])}
        decision = api.xcom(INSIGHTS, run["dag_run_id"], "decide_refresh", "decision")
        goes_on = decision in ("by_hand", "waited_long", "refresh")
        assert set(states.values()) == {"success" if goes_on else "skipped"}, (decision, states)
        found[run["dag_run_id"]] = decision
    return found


def answers(stack: RunningStack) -> dict[str, set[tuple[Any, ...]]]:
    return {
        question: set(stack.query(f"select {', '.join(columns)} from insights.{question}"))
        for question, columns in QUESTIONS.items()
    }


def wait_until_settled(api: OperatorApi) -> None:
    """Return when nothing is loaded, and nothing is to be computed from what was."""
    until(lambda: not api.count_in(ETL, "queued", "running"), seconds=600)
    # In this order: an event goes when its run comes.
    until(lambda: not api.has_queued_events(INSIGHTS) and not api.count_in(INSIGHTS, "queued", "running"))


def test_a_day_hour_by_hour_is_computed_from_once_and_its_answers_are_those_of_the_day(
    stack: RunningStack, api: OperatorApi
) -> None:
    first = datetime(2018, 11, 14, tzinfo=UTC)
    hours = 24
    api.make_backfill(ETL, first, first + (hours - 1) * HOUR, parallel=8)
    until(lambda: api.count_runs(ETL, first, first + hours * HOUR, list(ENDED)) == hours, seconds=600)
    wait_until_settled(api)
    # What was loaded while the first run waited leads to one more, which finds nothing to do.
    assert sorted(decisions(api).values()) == ["refresh", "unchanged"]
    events = expected.within(expected.read_events(stack.data), datetime(2018, 11, 14), datetime(2018, 11, 15))
    wanted = expected_insights.answers_of(events, expected.read_songs(stack.data))
    assert len(wanted["hours_of_day"]) == len(answers(stack)["hours_of_day"])
    assert answers(stack) == wanted


def test_a_run_that_waits_for_loads_gives_way_to_one_by_hand_which_waits_for_nothing(
    stack: RunningStack, api: OperatorApi
) -> None:
    wait_until_settled(api)
    before = set(decisions(api))
    # A load that cannot start: whoever waits for it waits.
    api.pause(ETL)
    held = api.trigger(ETL, {"start": "2018-11-15T10:00:00Z", "end": "2018-11-15T11:00:00Z"})
    api.make_asset_event("songplays")
    [waiting] = until(lambda: api.tasks_in(INSIGHTS, "up_for_reschedule"))
    assert waiting["task_id"] == "decide_refresh"
    by_hand = api.trigger(INSIGHTS, {})
    until(lambda: api.run_state(INSIGHTS, by_hand) == "success")
    assert api.run_state(ETL, held) == "queued"
    new = {run: decision for run, decision in decisions(api).items() if run not in before}
    assert new == {waiting["dag_run_id"]: "superseded", by_hand: "by_hand"}
    api.unpause(ETL)
    assert stack.wait_for(ETL, held) == "success"
    wait_until_settled(api)
    assert stack.query("select facts from insights.refreshed") == stack.query("select count(*) from songplays")


def test_an_event_of_what_is_computed_from_already_computes_nothing(stack: RunningStack, api: OperatorApi) -> None:
    wait_until_settled(api)
    refreshed = stack.query("select run_id, computed_at from insights.refreshed")
    before = set(decisions(api))
    api.make_asset_event("artists")
    wait_until_settled(api)
    assert [decision for run, decision in decisions(api).items() if run not in before] == ["unchanged"]
    assert stack.query("select run_id, computed_at from insights.refreshed") == refreshed
