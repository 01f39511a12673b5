"""Checks while other runs commit: between two tasks of theirs, and between two statements of a check."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRunType

from sparkify.session import Session
from tests.pipeline import Pipeline, execute, load_dag
from tests.warehouse.checking import check_warehouse, check_window, not_passed
from tests.warehouse.test_pipeline_changes import TS, Source, event

# One driver will do: the statements are the same, and both drivers run them in other modules.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("pipeline", ["redshift"], indirect=True)]
HOUR_MS = 3_600_000
TWO_HOURS = {"start": "2018-11-12T07:00", "end": "2018-11-12T09:00"}
FIRST_HOUR = {"start": "2018-11-12T07:00", "end": "2018-11-12T08:00"}
ORPHANS = "select count(*) from songplays where start_time not in (select start_time from time)"
UNKNOWN = "select count(*) from songplays where song_id not in (select song_id from songs)"


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    """Two hours of plays, in the files."""
    made = Source(pipeline, tmp_path)
    made.song("a")
    made.events(*(event(itemInSession=item, ts=TS + item * HOUR_MS // 2) for item in range(4)))
    return made


def steps(pipeline: Pipeline, form: dict[str, str], run_id: str) -> Iterator[str]:
    """Run a run's tasks up to its last load, handing over after each."""
    dag = load_dag("sparkify_etl")
    context, _ = pipeline.context("sparkify_etl", {**dag.params.dump(), **form}, run_id)
    for task in dag.topological_sort():
        if task.task_id in ("check_quality", "drop_staging"):
            return
        execute(task, context)
        yield task.task_id


def load(pipeline: Pipeline, form: dict[str, str], run_id: str) -> None:
    assert "load_time" in list(steps(pipeline, form, run_id))


def correct(source: Source) -> None:
    """What the next run finds: other plays, of a new listener, and a new song of a new artist that they know."""
    source.song("new", song_id="SO2", artist_id="AR2", title="New", artist_name="New Band")
    source.events(
        event(itemInSession=0, ts=TS + 5, song="New", artist="New Band"),
        event(itemInSession=9, ts=TS + 6, userId="2", sessionId=8, song="New", artist="New Band"),
        event(itemInSession=3, ts=TS + HOUR_MS + 1),
    )


def test_no_check_flickers_after_any_task_of_another_run_of_the_window(source: Source) -> None:
    pipeline = source.pipeline
    load(pipeline, TWO_HOURS, "own")
    correct(source)
    unfit = 0
    for task in steps(pipeline, TWO_HOURS, "other"):
        unfit += pipeline.query(ORPHANS) != [(0,)]
        results = check_window(pipeline, TWO_HOURS, "own") + check_warehouse(pipeline)
        assert not_passed(results) == set(), task
    assert unfit == 1, "at no moment was there a play without its moment: nothing is shown"
    asked = [each for each in check_window(pipeline, TWO_HOURS, "other") if not each["observed"].startswith("not ask")]
    assert "songplays.songplay_id.reconciliation" in [each["check"] for each in asked]


def test_a_song_that_another_run_has_staged_and_not_loaded_is_no_orphan_meanwhile(source: Source) -> None:
    pipeline = source.pipeline
    own = steps(pipeline, TWO_HOURS, "own")
    while next(own) != "load_artists":
        pass
    correct(source)
    other = steps(pipeline, {"start": "2018-11-13", "end": "2018-11-14"}, "other")
    assert {next(other), next(other)} == {"stage_events", "stage_songs"}
    # Own plays refer to the new song now, if they are of it.
    source.pipeline.execute(
        "update staging.songs set title = 'The Song', artist_name = 'The Band' where song_id = 'SO2'"
    )
    source.pipeline.execute("update staging.songs set title = 'gone' where song_id = 'SO1'")
    assert "load_time" in list(own)
    assert pipeline.query(UNKNOWN) != [(0,)]
    assert not_passed(check_warehouse(pipeline)) == set()
    list(other)
    assert pipeline.query(UNKNOWN) == [(0,)]
    assert not_passed(check_warehouse(pipeline)) == set()


def test_what_another_run_has_loaded_since_is_its_own_to_answer_for_and_the_rest_is_ours(source: Source) -> None:
    pipeline = source.pipeline
    load(pipeline, TWO_HOURS, "own")
    correct(source)
    load(pipeline, FIRST_HOUR, "other")
    assert not_passed(check_window(pipeline, TWO_HOURS, "own")) == set()
    pipeline.execute("delete from songplays where start_time >= '2018-11-12 08:00'")
    [failed] = [each for each in check_window(pipeline, TWO_HOURS, "own") if not each["passed"]]
    assert failed["check"] == "songplays.songplay_id.reconciliation"
    assert failed["observed"] == "2"
    assert [sample.split()[0] for sample in failed["samples"]] == ["missing", "missing"]
    assert not_passed(check_window(pipeline, FIRST_HOUR, "other")) == set()


def test_a_run_whose_whole_window_another_has_loaded_since_says_so(source: Source) -> None:
    pipeline = source.pipeline
    load(pipeline, FIRST_HOUR, "own")
    load(pipeline, TWO_HOURS, "other")
    pipeline.execute("delete from songplays")
    results = check_window(pipeline, FIRST_HOUR, "own")
    unasked = {each["check"]: each["observed"] for each in results if each["observed"].startswith("not asked: another")}
    assert "songplays.songplay_id.reconciliation" in unasked
    assert not_passed(results) == set()
    assert not_passed(check_window(pipeline, TWO_HOURS, "other")) == {"songplays.songplay_id.reconciliation"}


def test_a_run_that_stopped_half_way_hides_its_own_hours_only_and_only_until_they_are_loaded_again(
    source: Source,
) -> None:
    pipeline = source.pipeline
    load(pipeline, TWO_HOURS, "own")
    other = steps(pipeline, FIRST_HOUR, "other")
    while next(other) != "load_songplays":
        pass
    pipeline.execute("delete from time")
    [failed] = [each for each in check_warehouse(pipeline) if not each["passed"]]
    assert (failed["check"], failed["observed"]) == ("songplays.start_time.reconciliation", "2")
    load(pipeline, FIRST_HOUR, "third")
    pipeline.execute("delete from time")
    [failed] = [each for each in check_warehouse(pipeline) if not each["passed"]]
    assert failed["observed"] == "4"


def test_plays_whose_moments_are_not_made_yet_are_asked_all_but_their_moments(source: Source) -> None:
    pipeline = source.pipeline
    half = steps(pipeline, TWO_HOURS, "half")
    while next(half) != "load_songplays":
        pass
    results = check_warehouse(pipeline)
    assert not_passed(results) == set()
    [unasked] = [each for each in results if each["observed"].startswith("not asked")]
    assert unasked["check"] == "songplays.start_time.reconciliation"
    assert unasked["observed"] == "not asked: runs have loaded all of songplays and not made time from it yet"
    pipeline.execute("update songplays set level = 'gold', user_id = 4711, song_id = 'NOWHERE', artist_id = null")
    pipeline.execute("insert into songplays select * from songplays")
    assert not_passed(check_warehouse(pipeline)) == {
        "songplays.songplay_id.unique_check",
        "songplays.level.accepted_values",
        "songplays.user_id.references",
        "songplays.song_id.references",
        "songplays.artist_id.artist_with_song",
    }


def test_moments_without_plays_are_found_though_all_plays_are_another_runs(source: Source) -> None:
    pipeline = source.pipeline
    half = steps(pipeline, FIRST_HOUR, "half")
    while next(half) != "load_songplays":
        pass
    pipeline.execute("insert into time select '2018-11-12 09:30', 9, 12, 46, 11, 2018, 1")
    [failed] = [each for each in check_warehouse(pipeline) if not each["passed"]]
    assert (failed["check"], failed["observed"]) == ("songplays.start_time.reconciliation", "1")
    assert [sample.split()[0] for sample in failed["samples"]] == ["missing"]


def test_a_commit_between_two_statements_of_a_check_is_not_seen(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = source.pipeline
    load(pipeline, TWO_HOURS, "own")
    fetch, number = Session.fetch, 0

    def fetch_and_commit(session: Session, sql: str, parameters: Any = ()) -> Any:
        nonlocal number
        rows = fetch(session, sql, parameters)
        # The second is the first that reads a table; the session's own settings come before.
        number += 1
        if number == 2:
            pipeline.execute("delete from time")
            pipeline.execute("update songplays set level = 'gold'")
        return rows

    monkeypatch.setattr(Session, "fetch", fetch_and_commit)
    assert not_passed(check_window(pipeline, TWO_HOURS, "own")) == set()
    assert number > 2
    assert "songplays.level.accepted_values" in not_passed(check_window(pipeline, TWO_HOURS, "own"))


def test_of_two_loads_within_a_second_it_is_known_which_came_first(source: Source) -> None:
    pipeline = source.pipeline
    for run in ("first", "second"):
        load(pipeline, FIRST_HOUR, run)
    # As if both had been in one second: what is left to tell them apart is when they began.
    pipeline.execute("update load_audit set loaded_at = '2026-01-01'")
    pipeline.execute("delete from songplays")
    assert not_passed(check_window(pipeline, FIRST_HOUR, "first")) == set()
    assert not_passed(check_window(pipeline, FIRST_HOUR, "second")) == {"songplays.songplay_id.reconciliation"}


def scheduled(pipeline: Pipeline, form: dict[str, str], run_id: str) -> dict[str, Any]:
    """What a scheduled run finds of its freshness."""
    task, context = pipeline.task("sparkify_etl", "check_quality", form, run_id)
    context["dag_run"].run_type = DagRunType.SCHEDULED
    pushed: dict[str, Any] = {}
    context["ti"].xcom_push = lambda key, value: pushed.update({key: value})
    task.execute(context)
    [found] = [each for each in pushed["quality"]["results"] if each["check"].endswith(".freshness")]
    return dict(found)


def test_a_scheduled_run_warns_of_stale_rows_once_all_it_looks_back_on_is_loaded(source: Source) -> None:
    pipeline = source.pipeline
    last = {"start": "2018-11-13T09:00", "end": "2018-11-13T10:00"}
    load(pipeline, last, "last")
    unasked = scheduled(pipeline, last, "last")
    assert unasked["passed"]
    assert unasked["observed"] == "not asked: not all of the 24 hours before the scheduled run's end is loaded yet"
    load(pipeline, {"start": "2018-11-12T07:00", "end": "2018-11-13T08:00"}, "day")
    load(pipeline, {"start": "2018-11-13T08:00", "end": "2018-11-13T09:00"}, "between")
    stale = scheduled(pipeline, last, "last")
    assert (stale["passed"], stale["severity"], stale["observed"]) == (False, "warn", "no row in the 24 hours")
    assert stale["expected"] == "<= 24 hours before the window's end"
    earlier = {"start": "2018-11-13T07:00", "end": "2018-11-13T08:00"}
    load(pipeline, earlier, "earlier")
    fresh = scheduled(pipeline, earlier, "earlier")
    assert (fresh["passed"], fresh["observed"]) == (True, "23.5")
    [manual] = [each for each in check_window(pipeline, last, "last") if each["check"].endswith(".freshness")]
    assert manual["observed"] == "not asked: a manual run's rows may be of any age"
