"""The ten answers, row by row, against plain Python's on the same files."""

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from local.simulator import simulate
from tests import expected, expected_insights
from tests.pipeline import Pipeline
from tests.warehouse.insights import answers, refresh, refresh_task
from tests.warehouse.test_pipeline_changes import DAY, TS, Source, event

pytestmark = pytest.mark.slow
MONTH = ("2018-11-01", "2018-12-01")
HOUR = timedelta(hours=1)


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    return Source(pipeline, tmp_path)


def test_every_answer_about_the_sample_month_is_that_of_its_files(pipeline: Pipeline, sample_dir: Path) -> None:
    pipeline.put_folder(sample_dir)
    pipeline.load(*MONTH)
    refresh(pipeline)
    found = answers(pipeline)
    assert found == expected_insights.answers(sample_dir)
    # And both are what everybody knows of the sample.
    assert found["top_songs"] == {(1, "SOZCTXZ12AB0182364", "Setanta matins", "Elena", 1, 1)}
    assert (1, "San Francisco-Oakland-Hayward, CA", 691, 2) in found["top_locations"]
    assert (
        sum(plays for _, plays, _ in found["hours_of_day"]) == sum(plays for _, plays, _ in found["weekdays"]) == 6820
    )
    [(facts, first, last)] = pipeline.query("select facts, first_play, last_play from insights.refreshed")
    assert (facts, first.date(), last.date()) == (6820, date(2018, 11, 1), date(2018, 11, 30))


def test_every_answer_about_a_month_with_many_known_songs_is_that_of_its_files(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    data = tmp_path / "simulated"
    simulate(data, songs=120, events=9000, days=30, seed=5)
    pipeline.put_folder(data)
    pipeline.load(*MONTH)
    refresh(pipeline)
    wanted = expected_insights.answers(data)
    # Enough for every tie of the ranks to matter.
    assert len(wanted["top_songs"]) == len(wanted["top_artists"]) == 20
    assert sum(row[3] for row in wanted["conversion"]) > 0
    assert sum(row[4] for row in wanted["conversion"]) > 0
    assert answers(pipeline) == wanted


@pytest.mark.parametrize("pipeline", ["redshift"], indirect=True)
def test_hours_loaded_in_any_order_have_the_answers_of_one_load(pipeline: Pipeline, sample_dir: Path) -> None:
    pipeline.put_folder(sample_dir)
    first = datetime(2018, 11, 13, 12)
    hours = [first + number * HOUR for number in range(12)]
    random.shuffle(hours)
    for number, hour in enumerate(hours):
        pipeline.load(hour.isoformat(), (hour + HOUR).isoformat())
        if number == len(hours) // 2:
            refresh(pipeline)
    refresh(pipeline)
    events = expected.within(expected.read_events(sample_dir), first, first + 12 * HOUR)
    assert answers(pipeline) == expected_insights.answers_of(events, expected.read_songs(sample_dir))


def test_a_listener_who_changes_level_several_times_a_day_counts_as_often(source: Source) -> None:
    levels = ["free", "paid", "free", "paid", "paid", "free"]
    next_day = 24 * 3600 * 1000
    source.song("a")
    source.events(*(event(itemInSession=item, ts=TS + item, level=level) for item, level in enumerate(levels)))
    source.events(
        event(itemInSession=9, ts=TS + next_day, level="paid"),
        # At the same moment the session decides who was first, not the order in the file.
        event(userId="2", sessionId=9, ts=TS + next_day, level="free"),
        event(userId="2", sessionId=8, ts=TS + next_day, level="paid"),
        key="log_data/2018/11/2018-11-13-events.json",
    )
    source.pipeline.load("2018-11-12", "2018-11-14")
    refresh(source.pipeline)
    found = answers(source.pipeline)
    assert found["conversion"] == {(date(2018, 11, 12), 1, 1, 2, 2), (date(2018, 11, 13), 1, 2, 1, 1)}
    assert found == expected_insights.answers(source.folder)


def test_plays_without_level_place_or_session_are_where_they_belong_and_nowhere_else(source: Source) -> None:
    source.song("a")
    source.events(
        event(level=None, location=None, sessionId=1),
        event(itemInSession=1, ts=TS + 1000, location="  ", sessionId=None),
        event(itemInSession=2, ts=TS + 90_000, location="Oslo ", sessionId=1),
        event(itemInSession=3, ts=TS + 90_000, location="Oslo", sessionId=1, userId="2"),
    )
    source.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1]}, only="stage_events", run_id="gaps")
    source.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1]}, only="load_songplays", run_id="gaps")
    # Not all tasks: a play without a session fails a check.
    refresh_task(source.pipeline, "manual__gaps")
    found, day = answers(source.pipeline), date(2018, 11, 12)
    assert found["plays_by_level"] == {(day, "unknown", 1, 1), (day, "free", 3, 2)}
    assert found["top_locations"] == {(1, "Oslo", 2, 2)}
    assert {row[1:3] + row[5:] for row in found["longest_sessions"]} == {(1, 1, 1.5, 2), (1, 2, 0.0, 1)}
    assert found["active_listeners"] == {(day, 2, 4)}


def test_an_empty_warehouse_has_answers_too(pipeline: Pipeline) -> None:
    refresh(pipeline)
    found = answers(pipeline)
    assert found.pop("hours_of_day") == {(hour, 0, 0) for hour in range(24)}
    assert found.pop("weekdays") == {(weekday, 0, 0) for weekday in range(7)}
    assert set(map(len, found.values())) == {0}
    assert pipeline.query("select facts, first_play, last_play, loads from insights.refreshed") == [(0, None, None, 0)]
