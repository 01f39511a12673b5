"""Which hours are loaded, empty, missing or failed, as ./sparkify hours tells it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from local import hours
from local.errors import StackError
from local.window import Window, between
from tests.pipeline import Pipeline
from tests.warehouse.test_pipeline_changes import TS, Source, event

pytestmark = pytest.mark.slow
RANGE = between("2018-11-12T05:00", "2018-11-12T10:00")


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    made = Source(pipeline, tmp_path)
    made.song("a")
    made.events(event(ts=TS), event(ts=TS + 3_600_000, itemInSession=1))
    return made


def load(source: Source, hour: int, hours_long: int = 1) -> None:
    source.pipeline.load(f"2018-11-12T{hour:02}:00", f"2018-11-12T{hour + hours_long:02}:00")


def statuses(source: Source, runs: list[hours.Run] | None = None, window: Window = RANGE) -> list[str]:
    return [hour.status for hour in hours.judge(hours.read(source.pipeline.warehouse.redshift.dsn, window), runs or [])]


def a_run(state: str, hour: int, since: str = "2026-01-01") -> hours.Run:
    start = datetime(2018, 11, 12, hour, tzinfo=UTC)
    return hours.Run(f"{state}_{hour}", state, since, start, start.replace(hour=hour + 1))


def test_each_hour_of_a_range_is_loaded_empty_or_missing(source: Source) -> None:
    load(source, 6)
    load(source, 7)
    load(source, 8)
    assert statuses(source) == ["missing", "empty", "loaded", "loaded", "missing"]


def test_a_run_over_several_hours_covers_each_and_half_an_hour_covers_none(source: Source) -> None:
    load(source, 6, 3)
    source.pipeline.load("2018-11-12T09:00", "2018-11-12T09:30")
    assert statuses(source) == ["missing", "empty", "loaded", "loaded", "missing"]


def test_an_hour_without_a_file_is_empty_and_says_so(source: Source) -> None:
    source.pipeline.load("2019-01-01T00:00", "2019-01-01T01:00")
    [hour] = hours.read(source.pipeline.warehouse.redshift.dsn, between("2019-01-01T00:00", "2019-01-01T01:00"))
    assert (hour.status, hour.reason) == ("empty", "no_file")


def test_an_hour_in_which_nothing_was_played_is_empty_whatever_else_was_done_in_it(source: Source) -> None:
    source.events(event(ts=TS, page="Home", song=None, artist=None, length=None))
    load(source, 7)
    [hour] = hours.read(source.pipeline.warehouse.redshift.dsn, between("2018-11-12T07:00", "2018-11-12T08:00"))
    assert (hour.status, hour.reason) == ("empty", "no_plays")
    assert source.pipeline.query("select rows_staged from load_audit where table_name = 'staging.events'") == [(1,)]


def test_an_hour_whose_run_staged_and_did_not_load_is_failed(source: Source) -> None:
    load(source, 6)
    source.pipeline.execute("drop table users cascade")
    with pytest.raises(AirflowFailException):
        load(source, 7)
    assert statuses(source)[1:3] == ["empty", "failed"]


def test_what_airflow_says_of_the_latest_run_over_an_hour_counts(source: Source) -> None:
    load(source, 6)
    load(source, 7)
    runs = [
        a_run("failed", 5),
        a_run("failed", 6, "2026-01-01"),
        a_run("success", 6, "2026-01-02"),
        a_run("failed", 7, "2026-01-02"),
        a_run("success", 7, "2026-01-01"),
        a_run("running", 8),
        a_run("queued", 9, "2025-01-01"),
        a_run("failed", 9),
    ]
    assert statuses(source, runs) == ["failed", "empty", "failed", "running", "running"]


def test_airflows_runs_are_placed_by_their_form_or_their_interval() -> None:
    def answer(run_id: str, **more: Any) -> dict[str, Any]:
        return {"dag_run_id": run_id, "state": "success", "run_after": "2018-11-12T09:10:00Z", "conf": {}, **more}

    runs = [
        answer("form", conf={"start": "2018-11-12T05:00", "end": "2018-11-12T07:00"}),
        answer("interval", data_interval_start="2018-11-12T06:00:00Z", data_interval_end="2018-11-12T07:00:00Z"),
        answer("last hour"),
        answer("nonsense", conf={"start": "2018-11-12T05:00"}),
        answer("elsewhere", conf={"start": "2018-11-11T05:00", "end": "2018-11-12T05:00"}),
    ]
    placed = {run.run_id: (run.start.hour, run.end.hour) for run in hours.spans(runs, RANGE)}
    assert placed == {"form": (5, 7), "interval": (6, 7), "last hour": (8, 9)}


def test_the_exit_code_tells_whether_an_hour_is_missing(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"redshift": source.pipeline.warehouse.redshift.dsn}
    assert hours.run(found, RANGE, as_json=False) == 1
    load(source, 5, 5)
    capsys.readouterr()
    assert hours.run(found, RANGE, as_json=True) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [hour["start"] for hour in listed] == [f"2018-11-12T{hour:02}:00:00Z" for hour in range(5, 10)]
    with pytest.raises(StackError, match="not a full hour"):
        hours.run(found, between("2018-11-12T05:30", "2018-11-12T06:00"), as_json=True)
