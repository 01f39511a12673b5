"""What the warehouse and Airflow know of an hour, put together."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sparkify.page.airflow_runs import OpenRun
from sparkify.page.hours import Cell, judge, paint, worst
from sparkify.window import Window

START = datetime(2018, 11, 12)
END = datetime(2018, 11, 12, 6)
STAGED = datetime(2026, 1, 1, 12)
ALL_PLAYED = {START + timedelta(hours=hour) for hour in range(6)}


def load(run_id: str, start: int, end: int, *, later: int = 0, status: str = "loaded", minutes: int = 0) -> list[Any]:
    """A row of runs.sql: a run over the hours from `start` to before `end`, staged `later` minutes after the first."""
    begin = START + timedelta(hours=start, minutes=minutes)
    finish = START + timedelta(hours=end, minutes=minutes)
    return ["sparkify_etl", run_id, begin, finish, "loaded", STAGED + timedelta(minutes=later), status]


def run(run_id: str, start: int, end: int, *, active: bool = False, later: int = 0) -> OpenRun:
    """One of Airflow's runs that has not succeeded, begun `later` minutes after the first load was staged."""
    hours = [(START + timedelta(hours=hour)).replace(tzinfo=UTC) for hour in (start, end)]
    return OpenRun(run_id, active, (STAGED + timedelta(minutes=later)).replace(tzinfo=UTC), Window(*hours))


def statuses(loads: list[list[Any]], runs: list[OpenRun] | None = None) -> str:
    cells = judge(START, paint(START, END, loads, ALL_PLAYED), runs or [], "sparkify_etl")
    return "".join(cell.status[0] for cell in cells)


def test_hours_that_no_run_covers_wholly_are_missing() -> None:
    assert statuses([load("a", 1, 3), load("b", 3, 5, minutes=30)]) == "mllmlm"


def test_a_run_that_reaches_beyond_the_span_counts_within_it() -> None:
    assert statuses([load("a", -40, 2), load("b", 5, 900)]) == "llmmml"
    assert statuses([load("a", -40, -2), load("b", 7, 900)]) == "mmmmmm"


def test_of_several_runs_over_an_hour_the_one_staged_last_counts() -> None:
    assert statuses([load("b", 0, 6, later=5), load("a", 2, 4, later=9, status="unfinished")]) == "llffll"
    assert statuses([load("b", 0, 6, later=9), load("a", 2, 4, later=5, status="unfinished")]) == "llllll"


def test_of_the_hours_that_one_run_loaded_those_without_a_play_are_empty() -> None:
    nothing = load("b", 4, 5)
    nothing[4] = "no_file"
    unfinished = load("c", 5, 6, status="unfinished")
    cells = paint(START, END, [load("a", 0, 4), nothing, unfinished], {START, START + timedelta(hours=2)})
    assert [(cell.status, cell.reason) for cell in cells] == [
        ("loaded", "loaded"),
        ("empty", "no_plays"),
        ("loaded", "loaded"),
        ("empty", "no_plays"),
        ("empty", "no_file"),
        ("unfinished", "loaded"),
    ]


def test_a_run_that_waits_or_goes_on_counts_before_all() -> None:
    assert statuses([load("a", 0, 6, later=90)], [run("b", 1, 3, active=True), run("c", 2, 4, later=99)]) == "lrrfll"


def test_a_run_that_failed_after_the_load_makes_its_hours_failed_and_one_before_it_does_not() -> None:
    assert statuses([load("a", 0, 6, later=10)], [run("b", 1, 3, later=11), run("c", 4, 5, later=9)]) == "lfflll"


def test_a_run_that_failed_after_it_had_loaded_makes_its_own_hours_failed() -> None:
    cells = judge(START, paint(START, END, [load("a", 0, 2, later=10)], ALL_PLAYED), [run("a", 0, 2)], "sparkify_etl")
    assert cells[0].status == "failed"
    assert cells[0].run_id == "a"


def test_what_is_unfinished_and_nobody_works_on_has_failed() -> None:
    unfinished = [load("a", 0, 2, status="unfinished")]
    assert statuses(unfinished) == "ffmmmm"
    assert statuses(unfinished, [run("a", 0, 2, active=True)]) == "rrmmmm"


def test_a_day_is_shown_as_what_needs_an_eye_most() -> None:
    day = [Cell("loaded"), Cell("empty"), Cell("running"), Cell("missing"), Cell("failed")]
    assert [worst(day[:count]) for count in range(1, 6)] == ["loaded", "loaded", "running", "missing", "failed"]
    assert worst([Cell("empty")]) == "empty"
