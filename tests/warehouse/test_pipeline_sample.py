"""The real sample through the project's own DAG, compared row by row with what plain Python makes of the files."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests import expected
from tests.pipeline import Pipeline

pytestmark = pytest.mark.slow
MONTH = ("2018-11-01", "2018-12-01")


@pytest.fixture
def sample(pipeline: Pipeline, sample_dir: Path) -> Pipeline:
    pipeline.put_folder(sample_dir)
    return pipeline


def test_the_month_in_one_run_gives_exactly_the_rows_of_the_files(sample: Pipeline, sample_dir: Path) -> None:
    results = sample.load(*MONTH)
    assert sample.tables() == expected.tables(sample_dir)
    assert results["stage_events"]["rows_staged"] == len(expected.read_events(sample_dir)) == 8056
    assert results["check_quality"]["failed"] == results["check_quality"]["warned"] == 0
    assert sample.staging_tables() == []


def test_the_sample_has_the_figures_that_everybody_knows(sample: Pipeline) -> None:
    sample.load(*MONTH)
    counts = {name: len(rows) for name, rows in sample.tables().items()}
    assert counts == {"songplays": 6820, "users": 97, "time": 6813, "songs": 71, "artists": 69}
    assert sample.query("select count(*) from songplays where song_id is not null") == [(1,)]
    assert sample.query("select count(*) from users where level = 'paid'") == [(22,)]


def test_loading_the_month_again_changes_nothing(sample: Pipeline) -> None:
    sample.load(*MONTH)
    before = sample.tables()
    again = sample.load(*MONTH)
    assert sample.tables() == before
    assert again["stage_songs"]["outcome"] == "unchanged"
    assert [again[task]["rows_updated"] for task in ("load_users", "load_songs", "load_artists")] == [0, 0, 0]
    assert [again[task]["rows_inserted"] for task in ("load_users", "load_songs", "load_artists")] == [0, 0, 0]


def test_a_day_hour_by_hour_and_backwards_gives_what_one_run_gives(sample: Pipeline, sample_dir: Path) -> None:
    hours = [f"2018-11-12T{hour:02}:00" for hour in range(24)] + ["2018-11-13T00:00"]
    staged = 0
    for start, end in reversed(list(pairwise(hours))):
        staged += sample.load(start, end)["stage_events"]["rows_staged"]
    day = datetime(2018, 11, 12), datetime(2018, 11, 13)
    assert sample.tables() == expected.tables(sample_dir, *day)
    assert staged == len(expected.within(expected.read_events(sample_dir), *day))


def test_an_older_hour_loaded_late_does_not_roll_a_user_back(sample: Pipeline, sample_dir: Path) -> None:
    sample.load("2018-11-15", "2018-12-01")
    sample.load("2018-11-01", "2018-11-15")
    assert sample.tables() == expected.tables(sample_dir)


def test_an_hour_with_a_file_but_no_events_is_empty_and_green(sample: Pipeline) -> None:
    results = sample.load("2018-11-01T00:00", "2018-11-01T01:00")
    assert results["stage_events"]["outcome"] == "no_rows"
    assert results["stage_events"]["files"] == 1
    assert results["load_songplays"]["outcome"] == "no_rows"
    assert sample.table("songplays") == set()


def test_an_hour_without_a_file_is_empty_and_green_and_says_so(sample: Pipeline) -> None:
    results = sample.load("2019-03-01T00:00", "2019-03-01T01:00")
    assert results["stage_events"]["outcome"] == "no_file"
    status = sample.query("select outcome from load_status where table_name = 'staging.events'")
    assert ("no_file",) in status


def test_the_audit_tells_what_each_load_did(sample: Pipeline) -> None:
    sample.load("2018-11-12", "2018-11-13")
    rows = sample.query(
        "select table_name, outcome, files, rows_staged, rows_inserted from load_status order by table_name"
    )
    by_table = {row[0]: row[1:] for row in rows}
    assert set(by_table) == {
        "staging.events", "staging.songs", "users", "songs", "artists", "songplays", "time",
    }  # fmt: skip
    assert by_table["staging.songs"] == ("loaded", 71, 71, 0)
    assert by_table["songs"] == ("loaded", 0, 0, 71)
    assert by_table["songplays"][3] == len(sample.table("songplays"))
