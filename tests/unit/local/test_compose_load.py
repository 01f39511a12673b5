"""The compose stack's load judges what it finds, and leaves Airflow as it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from local import compose_env, compose_load
from local.airflow_api import AirflowApi
from local.errors import StackError
from local.etl import ETL_DAG, INSIGHTS_DAG, TABLES_DAG
from local.window import over_days

MONTH = over_days(date(2018, 11, 1), date(2018, 11, 30))
CONF = {"start": MONTH.start.isoformat(), "end": MONTH.end.isoformat()}


class Airflow(AirflowApi):
    """An Airflow in memory whose runs end as they are told to, in the order of `ends`."""

    def __init__(self, *ends: str) -> None:
        self.ends: Iterator[str] = iter(ends)
        self.paused = {TABLES_DAG: False, ETL_DAG: True, INSIGHTS_DAG: False}
        self.held: dict[str, list[dict[str, Any]]] = {TABLES_DAG: [], ETL_DAG: [], INSIGHTS_DAG: []}

    def end(self, dag_id: str, state: str, conf: dict[str, Any] | None = None) -> str:
        number = sum(map(len, self.held.values()))
        run = {"dag_run_id": f"{dag_id}-{number}", "state": state, "conf": conf or {}, "run_after": f"{number:03}"}
        self.held[dag_id].append(run)
        return str(run["dag_run_id"])

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        assert not self.paused[dag_id], f"the run of {dag_id} would never end"
        return self.end(dag_id, next(self.ends), conf)

    def runs(self, dag_id: str, first: object = None, last: object = None) -> list[dict[str, Any]]:  # noqa: ARG002 - as the API has it
        return self.held[dag_id]

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(next(run["state"] for run in self.held[dag_id] if run["dag_run_id"] == run_id))

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return [{"task_id": "only", "state": self.run_state(dag_id, run_id), "try_number": 1}]

    def dag_tasks(self, dag_id: str) -> list[dict[str, Any]]:  # noqa: ARG002 - as above
        return [{"task_id": "only"}]

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int) -> list[dict[str, Any]]:  # noqa: ARG002 - as above
        return [{"level": "error", "event": f"{dag_id} would not"}]

    def is_paused(self, dag_id: str) -> bool:
        return self.paused[dag_id]

    def pause(self, dag_id: str) -> None:
        self.paused[dag_id] = True

    def unpause(self, dag_id: str) -> None:
        self.paused[dag_id] = False


@pytest.fixture(autouse=True)
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compose_load, "UNPAUSED", tmp_path / "unpaused")
    return tmp_path / "unpaused"


def test_a_load_that_fails_leaves_the_schedule_paused_and_says_what_failed(note: Path) -> None:
    airflow = Airflow("success", "failed")
    with pytest.raises(StackError, match=r"could not be loaded: only .*sparkify_etl would not"):
        compose_load.load(airflow, MONTH)
    assert airflow.paused[ETL_DAG]
    assert not note.exists()


class Stopped(Airflow):
    """An Airflow whose load is told to end as soon as it has started a run of the schedule."""

    def ready(self, dag_ids: tuple[str, ...]) -> bool:  # noqa: ARG002 - as the API has it
        return True

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        run_id = super().trigger(dag_id, conf)
        if dag_id == ETL_DAG:
            os.kill(os.getpid(), signal.SIGTERM)
            raise AssertionError("it went on")
        return run_id


@pytest.fixture
def sigterm() -> Iterator[None]:
    """What SIGTERM does, kept; without a handler of the load's own nothing."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("sigterm")
def test_a_load_that_is_told_to_end_leaves_the_schedule_paused(monkeypatch: pytest.MonkeyPatch, note: Path) -> None:
    airflow = Stopped("success", "success")
    monkeypatch.setattr(compose_load, "AirflowApi", lambda *_: airflow)
    monkeypatch.setenv("SPARKIFY_AIRFLOW_URL", "http://api-server:8080")
    monkeypatch.setenv("SPARKIFY_ADMIN_PASSWORD", "unused")
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", "redshift://awsuser@redshift:5439/dev")
    with pytest.raises(SystemExit) as end:
        compose_load.main()
    assert end.value.code == 128 + signal.SIGTERM
    assert airflow.paused[ETL_DAG]
    assert not note.exists()


def test_a_load_whose_program_was_killed_is_followed_by_a_pause(note: Path) -> None:
    airflow = Airflow()
    airflow.end(ETL_DAG, "success", CONF)
    airflow.end(INSIGHTS_DAG, "success")
    airflow.paused[ETL_DAG] = False
    note.touch()
    assert compose_load.load(airflow, MONTH).endswith("has loaded the sample already")
    assert airflow.paused[ETL_DAG]


def test_a_schedule_that_somebody_wants_goes_on() -> None:
    airflow = Airflow("success", "success")
    airflow.paused[ETL_DAG] = False
    airflow.end(INSIGHTS_DAG, "success")
    assert compose_load.load(airflow, MONTH).endswith("has loaded the sample")
    assert not airflow.paused[ETL_DAG]


def test_insights_that_failed_are_computed_again_though_the_sample_is_loaded() -> None:
    airflow = Airflow("success")
    airflow.end(ETL_DAG, "success", CONF)
    airflow.end(INSIGHTS_DAG, "success")
    airflow.end(INSIGHTS_DAG, "failed")
    assert compose_load.load(airflow, MONTH).endswith("has loaded the sample already")
    assert [run["state"] for run in airflow.runs(INSIGHTS_DAG)] == ["success", "failed", "success"]
    assert len(airflow.runs(ETL_DAG)) == 1


def test_insights_that_fail_again_are_told_and_not_taken_for_a_loaded_sample() -> None:
    airflow = Airflow("failed")
    airflow.end(ETL_DAG, "success", CONF)
    airflow.end(INSIGHTS_DAG, "failed")
    with pytest.raises(StackError, match=r"is loaded, but its insights failed: only .*sparkify_insights would not"):
        compose_load.load(airflow, MONTH)


def test_only_the_stand_in_is_loaded() -> None:
    compose_load.require_stand_in("redshift://awsuser@redshift:5439/dev")
    held = dict(line.split("=", 1) for line in compose_env.complete("", local=True).splitlines() if line)
    compose_load.require_stand_in(held["AIRFLOW_CONN_REDSHIFT"].strip("'"))
    for other in ("redshift://loader@cluster.example/dev", '{"host": "cluster.example"}', "", "{secret"):
        with pytest.raises(StackError, match="is not the stand-in's: nothing is loaded") as error:
            compose_load.require_stand_in(other)
        assert "secret" not in str(error.value)
