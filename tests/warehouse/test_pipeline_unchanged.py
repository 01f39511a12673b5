"""Whether a load that ran again has changed its table; asset events hang on it."""

import json
from datetime import datetime
from typing import Any

import pytest

from sparkify.assets import table_asset
from tests.pipeline import ROOT, Pipeline

pytestmark = pytest.mark.slow
HOUR = ("2018-11-12T07:00:00Z", "2018-11-12T08:00:00Z")
KEY = "log_data/2018/11/2018-11-12-events.json"
TS = 1542006000000  # 2018-11-12T07:00:00Z


def _event(second: int, **changes: Any) -> dict[str, Any]:
    made = {
        "artist": "The Band", "auth": "Logged In", "firstName": "Ann", "gender": "F", "itemInSession": second,
        "lastName": "Lee", "length": 200.5, "level": "free", "location": "Oslo", "method": "PUT",
        "page": "NextSong", "registration": 1540919166796.0, "sessionId": 7, "song": "The Song", "status": 200,
        "ts": TS + second * 1000, "userAgent": None, "userId": "1",
    }  # fmt: skip
    return {**made, **changes}


@pytest.fixture
def source(pipeline: Pipeline) -> Pipeline:
    pipeline.put("log_json_path.json", (ROOT / "sql/copy/log_json_path.json").read_text())
    return pipeline


def _load(source: Pipeline, *events: dict[str, Any]) -> dict[str, Any]:
    source.put(KEY, "".join(json.dumps(event) + "\n" for event in events))
    return source.load(*HOUR)


def test_a_window_loaded_again_is_the_same_only_if_every_row_is(source: Pipeline) -> None:
    loaded = _load(source, _event(1), _event(2), _event(3))
    assert loaded["load_songplays"]["outcome"] == "loaded"
    again = _load(source, _event(3), _event(1), _event(2))
    assert again["load_songplays"]["outcome"] == "unchanged"
    assert again["load_time"]["outcome"] == "unchanged"
    assert (again["load_songplays"]["rows_deleted"], again["load_songplays"]["rows_inserted"]) == (3, 3)

    # As many rows, and one differs: by a value, by a null that is one no more, by its key.
    for changed in (_event(2, location="Bergen"), _event(2, userAgent="agent"), _event(4)):
        other = _load(source, _event(1), changed, _event(3))
        assert other["load_songplays"]["outcome"] == "loaded", changed
        assert (other["load_songplays"]["rows_deleted"], other["load_songplays"]["rows_inserted"]) == (3, 3)
    assert other["load_time"]["outcome"] == "loaded"
    fewer = _load(source, _event(1))
    assert fewer["load_songplays"]["outcome"] == "loaded"
    assert [row[1] for row in source.table("songplays")] == [datetime(2018, 11, 12, 7, 0, 1)]


def test_rows_that_are_there_a_different_number_of_times_are_not_the_same(source: Pipeline) -> None:
    _load(source, _event(1), _event(2))
    rows = source.query("select count(*) from songplays")
    # Twice the one and none of the other: as many rows, and none that was not there before.
    source.execute("delete from songplays where start_time = '2018-11-12 07:00:02'")
    source.execute(
        "insert into songplays (songplay_id, start_time, user_id, level, song_id, artist_id, session_id, location,"
        " user_agent) select songplay_id, start_time, user_id, level, song_id, artist_id, session_id, location,"
        " user_agent from songplays"
    )
    assert source.query("select count(*) from songplays") == rows
    assert _load(source, _event(1), _event(2))["load_songplays"]["outcome"] == "loaded"


def test_a_task_keeps_its_outlets_only_if_it_changed_rows(source: Pipeline) -> None:
    source.put(KEY, json.dumps(_event(1)))
    form = {"start": HOUR[0], "end": HOUR[1]}
    source.run("sparkify_etl", form, run_id="first", only="stage_events")
    for run_id, told in (("first", [table_asset("songplays")]), ("second", [])):
        source.run("sparkify_etl", form, run_id=run_id, only="stage_events")
        task, context = source.task("sparkify_etl", "load_songplays", form, run_id)
        task.execute(context)
        assert task.outlets == told
