"""Files and catalogues that change between runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from sparkify.s3 import S3LocationError
from tests import expected
from tests.pipeline import Pipeline

pytestmark = pytest.mark.slow
DAY = ("2018-11-12", "2018-11-13")
LOG = "log_data/2018/11/2018-11-12-events.json"
TS = 1542006000000  # 2018-11-12T07:00:00Z


def event(**changes: Any) -> dict[str, Any]:
    made = {
        "artist": "The Band", "auth": "Logged In", "firstName": "Ann", "gender": "F", "itemInSession": 0,
        "lastName": "Lee", "length": 200.5, "level": "free", "location": "Oslo", "method": "PUT",
        "page": "NextSong", "registration": 1540919166796.0, "sessionId": 7, "song": "The Song", "status": 200,
        "ts": TS, "userAgent": "agent", "userId": "1",
    }  # fmt: skip
    return {**made, **changes}


def song(**changes: Any) -> dict[str, Any]:
    made = {
        "num_songs": 1, "artist_id": "AR1", "artist_latitude": None, "artist_longitude": None,
        "artist_location": "", "artist_name": "The Band", "song_id": "SO1", "title": "The Song",
        "duration": 200.5, "year": 0,
    }  # fmt: skip
    return {**made, **changes}


class Source:
    """A folder and a bucket that hold the same."""

    def __init__(self, pipeline: Pipeline, folder: Path) -> None:
        self.pipeline, self.folder = pipeline, folder
        self.write("log_json_path.json", (Path(__file__).parents[2] / "sql/copy/log_json_path.json").read_text())

    def write(self, key: str, text: str) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.pipeline.put(key, text)

    def events(self, *events: dict[str, Any], key: str = LOG) -> None:
        self.write(key, "".join(json.dumps(item) + "\n" for item in events))

    def song(self, key: str, **changes: Any) -> None:
        self.write(f"song_data/{key}.json", json.dumps(song(**changes)))

    def remove(self, key: str) -> None:
        (self.folder / key).unlink()
        self.pipeline.s3.delete_object(Bucket=self.pipeline.bucket, Key=key)


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    return Source(pipeline, tmp_path)


def test_a_corrected_file_adds_changes_and_removes_plays(source: Source) -> None:
    source.song("A/A/TRAAA")
    source.events(event(), event(itemInSession=1, ts=TS + 1), event(itemInSession=2, ts=TS + 2))
    source.pipeline.load(*DAY)
    source.events(event(location="Bergen"), event(itemInSession=2, ts=TS + 2), event(itemInSession=3, ts=TS + 3))
    source.pipeline.load(*DAY)
    assert source.pipeline.table("songplays") == expected.tables(source.folder)["songplays"]
    assert source.pipeline.table("time") == expected.tables(source.folder)["time"]


def test_an_event_that_is_in_the_files_twice_is_one_play(source: Source) -> None:
    source.song("A/A/TRAAA")
    source.events(event(), event(), event(itemInSession=1))
    source.pipeline.load(*DAY)
    assert len(source.pipeline.table("songplays")) == 2


def test_of_several_songs_of_a_title_and_artist_the_nearest_duration_wins_then_the_lowest_id(source: Source) -> None:
    source.song("a", song_id="SO9", duration=100.0)
    source.song("b", song_id="SO3", duration=250.0)
    source.song("c", song_id="SO2", duration=250.0)
    source.song("d", song_id="SO1", duration=250.0, artist_name="Another Band", artist_id="AR2")
    source.events(event(length=240.0), event(itemInSession=1, length=110.0), event(itemInSession=2, song="the song"))
    source.pipeline.load(*DAY)
    assert source.pipeline.tables() == expected.tables(source.folder)
    found = source.pipeline.query("select song_id from songplays order by song_id")
    assert found == [("SO2",), ("SO9",), (None,)]


def test_plays_that_had_found_no_song_are_resolved_by_rerunning_after_the_song_arrives(source: Source) -> None:
    source.song("a", title="Else")
    source.events(event())
    source.pipeline.load(*DAY)
    source.song("b", song_id="SO2")
    results = source.pipeline.load(*DAY)
    assert source.pipeline.query("select song_id from songplays") == [("SO2",)]
    assert results["stage_songs"]["files"] == 1


def test_a_changed_song_file_is_merged_and_a_removed_one_leaves_the_mirror(source: Source) -> None:
    source.song("a")
    source.song("b", song_id="SO2", title="Two")
    source.events(event())
    source.pipeline.load(*DAY)
    source.song("a", title="The Song", year=1999)
    results = source.pipeline.load(*DAY)
    assert results["stage_songs"]["rows_deleted"] == results["stage_songs"]["rows_staged"] == 2
    assert ("SO1", "The Song", "AR1", 1999, 200.5) in source.pipeline.table("songs")
    source.remove("song_data/b.json")
    source.pipeline.load(*DAY)
    assert source.pipeline.query("select song_id from staging.songs") == [("SO1",)]
    assert source.pipeline.query("select count(*) from staging.songs_ledger") == [(1,)]


def test_the_latest_event_of_a_user_wins_on_whatever_page_and_ties_go_to_the_later_item(source: Source) -> None:
    source.song("a")
    source.events(
        event(level="free"),
        event(level="paid", itemInSession=1, page="Upgrade", song=None, artist=None, length=None),
        event(userId="", firstName=None, lastName=None, gender=None, page="Home", ts=TS + 5),
    )
    source.pipeline.load(*DAY)
    assert [(row[0], row[4]) for row in source.pipeline.table("users")] == [(1, "paid")]


def test_a_user_is_not_removed_when_the_correction_takes_their_events_away(source: Source) -> None:
    source.song("a")
    source.events(event(), event(userId="2", itemInSession=1))
    source.pipeline.load(*DAY)
    source.events(event())
    source.pipeline.load(*DAY)
    assert {row[0] for row in source.pipeline.table("users")} == {1, 2}
    assert {row[2] for row in source.pipeline.table("songplays")} == {1}


def test_a_row_outside_its_files_own_day_is_counted_and_left_out_whatever_the_window(source: Source) -> None:
    source.song("a")
    source.events(event(), event(itemInSession=1, ts=TS + 86_400_000))
    source.events(event(itemInSession=2, ts=TS + 86_400_000), key=LOG.replace("-12-e", "-13-e"))
    whole = source.pipeline.load("2018-11-12", "2018-11-14")
    after_one_run = source.pipeline.tables()
    assert whole["stage_events"]["rows_misfiled"] == 1
    assert whole["stage_events"]["rows_staged"] == len(after_one_run["songplays"]) == 2
    source.pipeline.manage_tables("reset", "reset")
    source.pipeline.load("2018-11-13", "2018-11-14")
    source.pipeline.load(*DAY)
    assert source.pipeline.tables() == after_one_run


def test_a_catalogue_that_is_suddenly_not_there_fails_the_run_and_empties_nothing(source: Source) -> None:
    source.song("a")
    source.events(event())
    source.pipeline.load(*DAY)
    source.pipeline.set_variable("sparkify_song_prefix", "song_dta/")
    with pytest.raises(S3LocationError, match=r"song_dta/ has no objects any more.*check the prefix"):
        source.pipeline.load(*DAY)
    assert source.pipeline.query("select count(*) from staging.songs") == [(1,)]


def test_a_manifest_bucket_that_is_not_there_is_named(source: Source) -> None:
    source.song("a")
    source.events(event())
    source.pipeline.set_variable("sparkify_manifest_prefix", "s3://no-such-bucket-here/manifests/")
    with pytest.raises(S3LocationError, match=r"s3://no-such-bucket-here/manifests/.* cannot be written: NoSuchBucket"):
        source.pipeline.load(*DAY)


def test_a_manifest_that_cannot_be_deleted_does_not_undo_the_load(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.song("a")
    source.events(event())

    def denied(client: object, *urls: str) -> None:
        raise S3LocationError(f"{urls} cannot be deleted: AccessDenied")

    monkeypatch.setattr("sparkify.s3.delete", denied)
    source.pipeline.load(*DAY)
    assert len(source.pipeline.table("songplays")) == 1


def test_compressed_logs_are_told_by_their_suffix(source: Source) -> None:
    import gzip

    source.song("a")
    source.pipeline.set_variable("sparkify_log_layout", "log_data/%Y/%m/%Y-%m-%d-events.json.gz")
    source.pipeline.put(f"{LOG}.gz", gzip.compress(json.dumps(event()).encode()))
    assert source.pipeline.load(*DAY)["load_songplays"]["rows_inserted"] == 1


def test_an_hourly_layout_reads_only_its_own_hours_files(source: Source) -> None:
    source.song("a")
    source.pipeline.set_variable("sparkify_log_layout", "logs/%Y/%m/%d/%H/*.json")
    for hour in (6, 7, 8):
        source.events(event(ts=TS + (hour - 7) * 3_600_000), key=f"logs/2018/11/12/{hour:02}/part-0.json")
    results = source.pipeline.load("2018-11-12T07:00", "2018-11-12T08:00")
    assert results["stage_events"]["files"] == results["stage_events"]["rows_staged"] == 1


def test_a_catalogue_of_any_names_is_known_again(source: Source) -> None:
    source.song("Motörhead/🎸")
    source.events(event())
    assert source.pipeline.load(*DAY)["stage_songs"]["files"] == 1
    assert source.pipeline.query("select object_key from staging.songs_ledger") == [("song_data/Motörhead/🎸.json",)]
    assert source.pipeline.load(*DAY)["stage_songs"]["outcome"] == "unchanged"


def test_no_manifest_is_left_after_a_good_run(source: Source) -> None:
    source.song("a")
    source.events(event())
    source.pipeline.load(*DAY)
    listed = source.pipeline.s3.list_objects_v2(Bucket=source.pipeline.bucket, Prefix="manifests/")
    assert listed["KeyCount"] == 0


def test_an_audit_row_has_the_runs_own_window(source: Source) -> None:
    source.song("a")
    source.events(event())
    source.pipeline.load(*DAY)
    windows = source.pipeline.query("select distinct window_start, window_end from load_audit")
    assert [tuple(map(str, window)) for window in windows] == [("2018-11-12 00:00:00", "2018-11-13 00:00:00")]
