"""Which of Airflow's runs the page knows of, asked of Airflow's own table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from sparkify.page import airflow_runs
from sparkify.page.airflow_runs import OpenRun, open_runs

HOUR = timedelta(hours=1)
FIRST = datetime(2018, 11, 1, tzinfo=UTC)


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A metadata database with the table of runs, which adds one of an hour."""
    engine = create_engine("sqlite://")
    runs: Any = DagRun.__table__
    runs.create(engine)

    @contextmanager
    def session(*, scoped: bool) -> Iterator[Session]:
        with Session(engine) as made:
            yield made

    def add(hour: int, state: str, form: dict[str, str] | None = None, dag_id: str = "sparkify_etl") -> None:
        start = FIRST + hour * HOUR
        values: dict[str, Any] = {
            "dag_id": dag_id,
            "run_id": f"run {hour}",
            "run_type": "backfill",
            "state": state,
            "logical_date": start,
            "data_interval_start": start,
            "data_interval_end": start + HOUR,
            "run_after": start + HOUR,
            "updated_at": start,
            "conf": form or {},
            "log_template_id": None,
        }
        with engine.begin() as adding:
            adding.execute(insert(runs).values(values))

    monkeypatch.setattr("airflow.utils.session.create_session", session)
    yield add
    engine.dispose()


def known() -> dict[str, bool]:
    """Of each run that Airflow tells of whether it waits or goes on."""
    return {run.run_id: run.active for run in open_runs()}


def test_the_runs_that_wait_go_on_or_have_failed_are_known_with_their_hours(add: Callable[..., None]) -> None:
    for hour, state in enumerate(("queued", "running", "failed", "success")):
        add(hour, state)
    add(9, "failed", dag_id="another")
    assert known() == {"run 0": True, "run 1": True, "run 2": False}
    found: dict[str, OpenRun] = {run.run_id: run for run in open_runs()}
    assert found["run 2"].window.bounds == (datetime(2018, 11, 1, 2), datetime(2018, 11, 1, 3))


def test_of_many_failed_runs_the_newest_are_known_and_of_those_that_wait_or_go_on_all(
    add: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(airflow_runs, "_MOST_FAILED", 2)
    # A backfill begins with the oldest.
    add(0, "running")
    for hour in range(1, 5):
        add(hour, "queued")
    for hour in range(5, 9):
        add(hour, "failed")
    assert known() == {f"run {hour}": hour < 5 for hour in (0, 1, 2, 3, 4, 7, 8)}


def test_a_run_whose_form_has_a_mistyped_year_is_passed_over(add: Callable[..., None]) -> None:
    add(0, "failed", {"start": "2018-11-01T00:00:00Z", "end": "9999-12-31T23:59:59Z"})
    add(1, "failed", {"start": "0001-01-01T00:00:00+01:00", "end": "2018-11-01T00:00:00Z"})
    add(2, "failed")
    assert known() == {"run 2": False}
