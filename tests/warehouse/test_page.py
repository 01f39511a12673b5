"""What the page reads, on a warehouse with both drivers: the same as the files, and words where there is nothing."""

import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local import hours as command
from local.window import between
from sparkify.page import reading
from sparkify.page.airflow_runs import OpenRun
from sparkify.page.problems import PageProblem
from sparkify.window import Window
from tests import expected, expected_insights
from tests.pipeline import Pipeline
from tests.ports import named_ports
from tests.warehouse.insights import refresh

pytestmark = pytest.mark.slow
MONTH = ("2018-11-01", "2018-12-01")


@pytest.fixture(autouse=True)
def no_runs(monkeypatch: pytest.MonkeyPatch) -> list[OpenRun]:
    """Airflow's runs that have not succeeded; Airflow itself is not here."""
    runs: list[OpenRun] = []
    monkeypatch.setattr(reading, "open_runs", lambda: runs)
    return runs


def test_the_page_shows_what_the_files_of_the_month_hold(pipeline: Pipeline, month: Path) -> None:
    pipeline.put_folder(month)
    pipeline.load(*MONTH)
    refresh(pipeline)
    events, tables = expected.read_events(month), expected.tables(month)
    assert {each["table"]: each["rows"] for each in reading.tables()["tables"]} == {
        name: len(rows) for name, rows in tables.items()
    }
    [songplays] = [each for each in reading.tables()["tables"] if each["table"] == "songplays"]
    assert songplays["reaches_to"] == f"{max(play[1] for play in tables['songplays']):%Y-%m-%dT%H:%M:%SZ}"

    shown = reading.month(2018, 11)
    played = {f"{play[1]:%Y-%m-%dT%H:00:00Z}" for play in tables["songplays"]}
    # One run over the month: of each of its hours the page tells whether something was played in it.
    assert {hour["hour"] for hour in shown["hours"] if hour["status"] == "loaded"} == played
    silent = 30 * 24 - len(played)
    assert shown["counts"] == {"loaded": len(played), "empty": silent, "missing": 0, "failed": 0, "running": 0}

    found = reading.insights()
    assert found["refreshed"]["facts"] == len(tables["songplays"])
    for question, rows in expected_insights.answers(month).items():
        plain = sorted([reading._plain(value) for value in row] for row in rows)
        answer = found["answers"][question]["rows"]
        assert sorted(answer, key=lambda row: row[:2]) == answer, f"{question} is not in order"
        assert [[pytest.approx(cell) if isinstance(cell, float) else cell for cell in row] for row in plain] == answer

    [run] = reading.load_runs()["runs"]
    assert run["tables"]["staging.events"]["staged"] == len(events)
    assert set(run["tables"]) == {"staging.events", "staging.songs", *tables}
    assert all(each["passed"] for each in reading.quality(30)["checks"])


def test_a_download_holds_the_whole_answer(pipeline: Pipeline, month: Path) -> None:
    pipeline.put_folder(month)
    pipeline.load("2018-11-01", "2018-11-08")
    refresh(pipeline)
    answer = reading.whole_answer("plays_by_level")
    assert answer.columns == ("day", "level", "plays", "listeners")
    assert answer.rows == sorted(answer.rows)
    assert len(answer.rows) == len(pipeline.query("select 1 from insights.plays_by_level")) > 5


def audit(chance: random.Random, run: int) -> Iterator[str]:
    """The rows of one run over some hours, its loads done in part or in whole, once or twice."""
    start = datetime(2018, 11, 12) + timedelta(minutes=30 * chance.randrange(0, 60))
    end = start + timedelta(minutes=30 * chance.choice([1, 2, 2, 2, 4, 20]))
    staged = chance.choice(["loaded", "loaded", "no_file", "no_rows"])
    for attempt in range(1, chance.choice([2, 2, 3])):
        at = datetime(2026, 1, 1) + timedelta(seconds=chance.randrange(0, 500))
        tables = ["staging.events", "users", "songplays", "time"][: chance.choice([1, 2, 4, 4, 4])]
        for place, table in enumerate(tables):
            outcome = staged if table == "staging.events" else "loaded"
            yield (
                f"('sparkify_etl', 'run {run}', {attempt}, '{table}', '{start}', '{end}', '{outcome}', 1, 1, 0, 1, 0,"
                f" 0, 1.0, '{at + timedelta(seconds=place)}')"
            )


@pytest.mark.parametrize("pipeline", ["redshift"], indirect=True)
@pytest.mark.parametrize("seed", range(3))
def test_the_calendar_says_of_each_hour_what_the_command_says(pipeline: Pipeline, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - cases, no secrets
    rows = [row for run in range(25) for row in audit(chance, run)]
    pipeline.execute(
        "insert into load_audit (dag_id, run_id, try_number, table_name, window_start, window_end, outcome, files,"
        " rows_staged, rows_misfiled, rows_inserted, rows_updated, rows_deleted, seconds, loaded_at)"
        f" values {', '.join(rows)}"
    )
    plays = [(hour, datetime(2018, 11, 12) + timedelta(hours=hour, minutes=59)) for hour in range(0, 48, 2)]
    pipeline.execute(
        "insert into songplays (songplay_id, start_time) values "
        + ", ".join(f"('{hour:032}', '{moment}')" for hour, moment in plays)
    )
    window = between("2018-11-12T00:00", "2018-11-14T00:00")
    told = command.judge(command.read(pipeline.warehouse.redshift.dsn, window), [])
    wanted = {hour.start: (hour.status, hour.reason, hour.run_id) for hour in told}
    shown = {
        hour["hour"]: (hour["status"], hour["reason"], hour["run_id"]) for hour in reading.month(2018, 11)["hours"]
    }
    # The page leaves out what lies before the first hour and after the last that anybody asked for.
    assert len(shown) > 20
    assert shown == {hour: wanted[hour] for hour in shown if hour in wanted}
    [november] = [each for each in reading.year(2018)["months"] if each["month"] == "2018-11"]
    assert november["counts"] == reading.month(2018, 11)["counts"]


def record(pipeline: Pipeline, run_id: str, *tables: str, at: int = 0, end: str = "2018-11-12T01:00") -> None:
    """Record loads of these tables by a run, of the hour after midnight, `at` minutes after the first."""
    moment = datetime(2026, 1, 1) + timedelta(minutes=at)
    for table in tables:
        pipeline.execute(
            "insert into load_audit (dag_id, run_id, try_number, table_name, window_start, window_end, outcome, files,"
            " rows_staged, rows_misfiled, rows_inserted, rows_updated, rows_deleted, seconds, loaded_at) values"
            f" ('sparkify_etl', '{run_id}', 1, '{table}', '2018-11-12', '{end}', 'loaded', 1, 1, 0, 1, 0, 0, 1.0,"
            f" '{moment}')"
        )


def hour_told() -> tuple[str, str | None]:
    """What the page says of the hour after midnight, and by which run."""
    [hour] = reading.month(2018, 11)["hours"]
    return hour["status"], hour["run_id"]


def test_a_run_that_begins_while_the_page_is_asked_for_has_not_failed(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    run = OpenRun("begun", active=True, since=begins, window=Window.parse("2018-11-12", "2018-11-12T01:00"))
    answers: list[list[OpenRun]] = [[], [run]]

    def asked() -> list[OpenRun]:
        known = answers.pop(0)
        if not known:
            record(pipeline, "begun", "staging.events")
        return known

    monkeypatch.setattr(reading, "open_runs", asked)
    assert hour_told() == ("running", "begun")


def test_a_run_that_begins_and_ends_while_the_page_is_asked_for_has_not_failed(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [["staging.events"], ["users", "time"]]

    def asked() -> list[OpenRun]:
        record(pipeline, "short", *steps.pop(0))
        return []

    monkeypatch.setattr(reading, "open_runs", asked)
    assert hour_told() == ("empty", "short")


def test_a_run_that_begins_while_the_page_asks_about_another_leaves_the_hour_as_that_one_left_it(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = ["broken", "begun"]

    def asked() -> list[OpenRun]:
        record(pipeline, runs[0], "staging.events", at=2 - len(runs))
        del runs[0]
        return []

    monkeypatch.setattr(reading, "open_runs", asked)
    assert hour_told() == ("failed", "broken")


def test_a_mistyped_year_that_was_loaded_once_does_not_keep_the_calendar_from_being_shown(
    pipeline: Pipeline, no_runs: list[OpenRun]
) -> None:
    record(pipeline, "far", "staging.events", "users", "time", end="9999-12-31 23:59:59")
    assert reading.year(None)["years"] == list(range(2018, 2201))
    assert reading.year(2018)["last_hour"] == "2201-01-01T00:00:00Z"
    december = reading.month(2200, 12)
    assert december["counts"]["empty"] == len(december["hours"]) == 31 * 24


def test_a_load_that_came_out_as_before_is_the_last_load_and_no_change(pipeline: Pipeline, month: Path) -> None:
    pipeline.put_folder(month)
    day = ("2018-11-12", "2018-11-13")
    pipeline.load(*day)
    pipeline.execute("update load_audit set loaded_at = dateadd(hour, -1, loaded_at)")
    before = {each["table"]: each for each in reading.tables()["tables"]}
    pipeline.load(*day)
    after = {each["table"]: each for each in reading.tables()["tables"]}
    assert set(after) == {"songplays", "users", "songs", "artists", "time"}
    for table, shown in after.items():
        assert before[table]["changed_at"] == before[table]["loaded_at"], table
        assert shown["loaded_at"] > before[table]["loaded_at"], table
        assert shown["changed_at"] == before[table]["changed_at"], table


def test_a_check_that_did_not_pass_is_shown_with_what_was_expected_and_found(pipeline: Pipeline) -> None:
    for day, passed in (("2018-11-12", True), ("2018-11-13", False)):
        pipeline.execute(
            "insert into quality_results (dag_id, run_id, try_number, check_name, table_name, severity, passed,"
            " expected, observed, checked_at, samples)"
            f" values ('sparkify_etl', 'a run', 1, 'users.level.null_check', 'users', 'fail', {passed}, '= 0',"
            f" '{0 if passed else 2}', '{day} 10:00:00',"
            f" {'null' if passed else repr(json.dumps(['7', '9']))})"
        )
    shown = reading.quality(7)
    assert (shown["since"], shown["until"]) == ("2018-11-07", "2018-11-13")
    [check] = shown["checks"]
    assert (check["passed"], check["expected"], check["found"]) == (False, "= 0", "2")
    assert check["days"] == [["2018-11-12", 1, 0, 0], ["2018-11-13", 0, 0, 1]]
    [problem] = shown["problems"]
    assert (problem["samples"], problem["run_id"]) == (["7", "9"], "a run")


def test_empty_tables_are_no_error(pipeline: Pipeline) -> None:
    assert {each["rows"] for each in reading.tables()["tables"]} == {0}
    assert reading.year(None)["years"] == []
    assert reading.month(2018, 11)["hours"] == []
    assert reading.quality(30)["checks"] == []
    assert reading.load_runs() == {"runs": []}
    assert reading.insights()["refreshed"] is None


def connection() -> dict[str, Any]:
    """The warehouse's connection, as Airflow has it."""
    return dict(json.loads(os.environ["AIRFLOW_CONN_REDSHIFT"]))


def ask_all() -> set[str]:
    """Ask for every part, and return the codes of the problems."""
    codes = set()
    questions: list[Any] = [reading.tables, lambda: reading.year(2018), lambda: reading.quality(30), reading.load_runs]
    for question in [*questions, reading.insights, lambda: reading.whole_answer("weekdays")]:
        with pytest.raises(PageProblem) as problem:
            question()
        codes.add(problem.value.code)
    return codes


def test_a_warehouse_without_tables_is_told_with_the_remedy(pipeline: Pipeline) -> None:
    for table in ("songplays", "load_audit", "quality_results", "insights.refreshed", "insights.weekdays"):
        pipeline.execute(f"drop table {table} cascade")
    assert ask_all() == {"no_tables"}


def test_a_warehouse_that_is_down_is_told_so_at_once(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    [port] = named_ports(1)
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps(connection() | {"port": port}))
    assert ask_all() == {"down"}


def test_a_wrong_password_is_told_as_such(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps(connection() | {"password": "wrong"}))
    assert ask_all() == {"login"}


def test_a_connection_that_airflow_does_not_know_is_told_as_such(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_REDSHIFT")
    assert ask_all() == {"no_connection"}
