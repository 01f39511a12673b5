"""Runs that meet: the same window at once, a catalogue at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sparkify.staging_gone import StagingOutOfDateError
from tests import expected
from tests.pipeline import Pipeline
from tests.stack import until
from tests.warehouse.test_pipeline_changes import DAY, TS, Source, event

pytestmark = pytest.mark.slow
FORM = {"start": DAY[0], "end": DAY[1]}
RUNS = ("manual__one", "manual__two", "manual__three")
STAGES = ("stage_events", "stage_songs")
LOADS = ("load_users", "load_songs", "load_artists", "load_songplays", "load_time")


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    made = Source(pipeline, tmp_path)
    for number in range(3):
        made.song(f"s{number}", song_id=f"SO{number}", title=f"Song {number}")
    made.events(*(event(itemInSession=item, ts=TS + item, song=f"Song {item % 4}") for item in range(20)))
    return made


def at_once(pipeline: Pipeline, task_id: str, lock: str) -> list[dict[str, Any]]:
    """Run one task of three runs at once: all wait for the lock, with whatever they have read by then."""
    with (
        ThreadPoolExecutor(len(RUNS)) as pool,
        psycopg.connect(pipeline.warehouse.redshift.dsn) as holder,
        psycopg.connect(pipeline.warehouse.postgres.dsn("dev"), autocommit=True) as server,
    ):
        holder.execute(f"lock table {lock}".encode())
        done = [pool.submit(pipeline.run, "sparkify_etl", FORM, only=task_id, run_id=run) for run in RUNS]
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = 'dev'"
        until(lambda: server.execute(waiting).fetchone() == (len(RUNS),))
        holder.rollback()
        return [future.result()[0][task_id] for future in done]


def test_three_runs_of_one_window_at_once_give_the_rows_of_one(source: Source) -> None:
    pipeline = source.pipeline
    for run in RUNS:
        pipeline.run_tasks("sparkify_etl", FORM, STAGES, run_id=run)
    for task, lock in (
        ("load_users", "staging.lock_users"),
        ("load_songs", "staging.lock_songs"),
        ("load_artists", "staging.lock_artists"),
        ("load_songplays", "staging.lock_songplays"),
        ("load_time", "staging.lock_time"),
    ):
        at_once(pipeline, task, lock)
    assert pipeline.tables() == expected.tables(source.folder)


def test_what_another_run_has_staged_later_and_loaded_is_not_changed_back_by_a_retry(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.run_tasks("sparkify_etl", FORM, STAGES, run_id="manual__one")
    corrected = [event(itemInSession=item, ts=TS + item, level="paid", location="corrected") for item in range(20)]
    source.events(*corrected)
    pipeline.load(*DAY, run_id="manual__two")
    loaded = pipeline.tables()
    assert loaded == expected.tables(source.folder)
    # Of the same event the level that was staged last holds.
    pipeline.run("sparkify_etl", FORM, only="load_users", run_id="manual__one", try_number=2)
    out_of_date = r"sparkify_etl manual__two has staged \[2018-11-12T00.* clear the task 'stage_events'"
    with pytest.raises(StagingOutOfDateError, match=out_of_date):
        pipeline.run("sparkify_etl", FORM, only="load_songplays", run_id="manual__one", try_number=2)
    assert pipeline.tables() == loaded
    source.events(*corrected, event(itemInSession=20, ts=TS + 20))
    pipeline.run_tasks("sparkify_etl", FORM, (*STAGES, *LOADS), run_id="manual__one", try_number=3)
    assert pipeline.tables() == expected.tables(source.folder)


def test_a_retry_loads_the_hours_that_another_run_with_the_same_rows_has_not_loaded(source: Source) -> None:
    pipeline = source.pipeline
    plays = [event(itemInSession=item, ts=TS + item * 1_800_000) for item in range(6)]
    source.events(*plays, event(page="Home", userId="2", ts=TS + 9_000_000))
    pipeline.load(*DAY)
    # A correction of what user 2 was, outside the hour that another run is about to stage.
    source.events(*plays, event(page="Home", userId="2", ts=TS + 9_000_000, level="paid"))
    pipeline.run_tasks("sparkify_etl", FORM, STAGES, run_id="manual__one")
    hour = {"start": "2018-11-12T07:00", "end": "2018-11-12T08:00"}
    pipeline.run("sparkify_etl", hour, run_id="manual__two")
    pipeline.run_tasks("sparkify_etl", FORM, LOADS, run_id="manual__one", try_number=2)
    assert pipeline.tables() == expected.tables(source.folder)


def test_an_hour_that_a_later_run_has_found_empty_is_not_filled_again_by_a_retry(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.run_tasks("sparkify_etl", FORM, STAGES, run_id="manual__one")
    source.events(event(page="Home"))
    pipeline.load(*DAY, run_id="manual__two")
    with pytest.raises(StagingOutOfDateError):
        pipeline.run("sparkify_etl", FORM, only="load_songplays", run_id="manual__one", try_number=2)
    assert pipeline.table("songplays") == expected.tables(source.folder)["songplays"]


def test_of_runs_that_stage_at_the_same_time_the_last_to_load_holds(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.run_tasks("sparkify_etl", FORM, STAGES, run_id="manual__one")
    source.events(event(location="corrected"))
    pipeline.load(*DAY, run_id="manual__two")
    # As if the first had still been reading its last file when the second began.
    pipeline.execute("update load_audit set seconds = 3600 where run_id = 'manual__one'")
    pipeline.run("sparkify_etl", FORM, only="load_songplays", run_id="manual__one")
    assert len(pipeline.table("songplays")) == 20


def test_what_another_run_has_only_staged_later_keeps_no_run_from_loading(source: Source) -> None:
    pipeline = source.pipeline
    for run in RUNS[:2]:
        pipeline.run_tasks("sparkify_etl", FORM, STAGES, run_id=run)
    pipeline.run("sparkify_etl", {"start": "2018-11-13", "end": "2018-11-14"}, run_id="manual__another_day")
    pipeline.run_tasks("sparkify_etl", FORM, LOADS, run_id=RUNS[0])
    assert pipeline.tables() == expected.tables(source.folder)


def test_three_runs_that_mirror_a_new_catalogue_at_once_copy_it_once(source: Source) -> None:
    results = at_once(source.pipeline, "stage_songs", "staging.lock_songs_mirror")
    assert sorted(result["files"] for result in results) == [0, 0, 3]
    assert source.pipeline.query("select count(*) from staging.songs") == [(3,)]
    assert source.pipeline.query("select count(*) from staging.songs_ledger") == [(3,)]
