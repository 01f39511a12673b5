"""Bad input: the task fails at once with file, line, column, value and reason; nothing of the run is left."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException

from sparkify import s3 as sparkify_s3
from sparkify.load_errors import LoadError
from sparkify.s3 import S3LocationError
from sparkify.staging_gone import StagingGoneError
from tests.pipeline import Pipeline
from tests.warehouse.test_pipeline_changes import DAY, LOG, TS, Source, event

pytestmark = pytest.mark.slow
GOOD = json.dumps(event())
FILE = LOG.rpartition("/")[2]


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    made = Source(pipeline, tmp_path)
    made.song("a")
    # What an earlier run has loaded must outlive the failure.
    made.events(event(userId="9"))
    pipeline.load(*DAY)
    return made


@pytest.fixture
def fails(source: Source) -> Callable[[], str]:
    """Load the day, which must fail for good and leave the tables as they were; return the error's text."""
    before = source.pipeline.tables()

    def load() -> str:
        # Good news in the same run: a failed run must not bring it either.
        source.song("new", song_id="SO2", artist_id="AR2", title="New", artist_name="New")
        # Airflow gives no task that raises AirflowFailException another try.
        with pytest.raises(AirflowFailException) as failure:
            source.pipeline.load(*DAY)
        assert source.pipeline.tables() == before
        return str(failure.value)

    return load


def test_a_malformed_line_is_named_by_file_and_line(source: Source, fails: Callable[[], str]) -> None:
    source.write(LOG, f"{GOOD}\n{{not json\n{GOOD}\n")
    message = fails()
    assert f"{FILE} line 2" in message


def test_a_value_of_the_wrong_type_is_named_with_column_and_value(source: Source, fails: Callable[[], str]) -> None:
    source.events(event(), event(sessionId="abc"))
    message = fails()
    assert f"{FILE} line 2, column session_id" in message
    assert "'abc'" in message
    assert "Invalid digit" in message
    assert "1207" in message


def test_a_text_that_is_too_long_in_bytes_is_named_with_its_column(source: Source, fails: Callable[[], str]) -> None:
    source.events(event(), event(), event(level="ééééééééé"))
    message = fails()
    assert f"{FILE} line 3, column level" in message
    assert "exceeds DDL length" in message


def test_invalid_utf8_is_named_with_file_and_line(source: Source, fails: Callable[[], str]) -> None:
    source.pipeline.put(LOG, GOOD.replace("Oslo", "O\xe4slo").encode("latin-1") + b"\n")
    message = fails()
    assert f"{FILE} line 1" in message
    assert "UTF-8" in message


def test_a_missing_bucket_is_named(source: Source, fails: Callable[[], str]) -> None:
    source.pipeline.set_variable("sparkify_source", "s3://no-such-bucket-here")
    message = fails()
    assert "s3://no-such-bucket-here" in message
    assert "NoSuchBucket" in message


def test_jsonpaths_that_match_nothing_fail_by_the_not_null_column(source: Source, fails: Callable[[], str]) -> None:
    source.events(event())
    paths = json.loads((source.folder / "log_json_path.json").read_text())["jsonpaths"]
    source.write("log_json_path.json", json.dumps({"jsonpaths": [f"$['x{path[3:]}" for path in paths]}))
    message = fails()
    assert f"{FILE} line 1" in message
    assert "1213" in message


def test_jsonpaths_that_are_not_json_are_named(source: Source, fails: Callable[[], str]) -> None:
    source.write("log_json_path.json", "{'jsonpaths': ")
    message = fails()
    assert "log_json_path.json" in message


def test_a_truncated_gzip_fails_and_names_the_file(source: Source, fails: Callable[[], str]) -> None:
    source.pipeline.set_variable("sparkify_log_layout", "log_data/%Y/%m/%Y-%m-%d-events.json.gz")
    lines = "".join(json.dumps(event(itemInSession=item)) + "\n" for item in range(500))
    source.pipeline.put(f"{LOG}.gz", gzip.compress(lines.encode())[:-400])
    message = fails()
    assert f"{FILE}.gz" in message


def test_a_file_that_vanishes_after_the_listing_fails_and_is_named(
    source: Source, fails: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = sparkify_s3.put_manifest

    def write_and_lose(client: object, url: str, objects: list[sparkify_s3.S3Object]) -> None:
        write(client, url, objects)
        source.pipeline.s3.delete_object(Bucket=source.pipeline.bucket, Key=objects[0].key)

    monkeypatch.setattr(sparkify_s3, "put_manifest", write_and_lose)
    message = fails()
    assert FILE in message


def test_a_denied_role_is_named(source: Source, fails: Callable[[], str]) -> None:
    source.pipeline.set_role("arn:aws:iam::999999999999:role/nobody")
    message = fails()
    assert "not authorized to assume IAM Role" in message
    assert "arn:aws:iam::999999999999:role/nobody" in message


def test_a_connection_without_a_role_says_where_it_belongs(source: Source, fails: Callable[[], str]) -> None:
    source.pipeline.set_role("")
    assert "'redshift_s3_role' has no `role_arn`" in fails()


def test_a_table_that_does_not_exist_is_named(source: Source) -> None:
    source.pipeline.execute("drop table songplays")
    with pytest.raises(AirflowFailException, match='"songplays" does not exist'):
        source.pipeline.load(*DAY)


def test_a_load_whose_staging_is_gone_says_what_to_clear(source: Source) -> None:
    with pytest.raises(StagingGoneError, match="Clear the task 'stage_events' with its downstream tasks"):
        source.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1]}, only="load_users")


def test_a_failed_run_keeps_its_staging_and_its_manifest_for_diagnosis(source: Source) -> None:
    source.song("a")
    source.events(event(userId=None, itemInSession=5))
    with pytest.raises(AirflowFailException, match=r"songplays.user_id.null_check: expected = 0, found 1"):
        source.pipeline.load(*DAY)
    assert len(source.pipeline.staging_tables()) == 1


def test_failures_are_typed(source: Source) -> None:
    source.write(LOG, "{")
    with pytest.raises(LoadError):
        source.pipeline.load(*DAY)
    source.pipeline.set_variable("sparkify_source", "s3://no-such-bucket-here")
    with pytest.raises(S3LocationError):
        source.pipeline.load(*DAY)


def test_an_hour_without_a_file_and_an_hour_with_an_empty_file_are_empty_and_green(source: Source) -> None:
    source.write(LOG, "")
    assert source.pipeline.load(*DAY)["stage_events"]["outcome"] == "no_rows"
    assert source.pipeline.table("songplays") == set()
    assert source.pipeline.load("2018-10-01", "2018-10-02")["stage_events"]["outcome"] == "no_file"
    outcomes = source.pipeline.query("select outcome from load_status where table_name = 'staging.events'")
    assert {("no_rows",), ("no_file",)} <= set(outcomes)


def test_a_wrong_level_fails_the_checks_which_are_all_reported_and_kept(source: Source) -> None:
    source.events(event(level="gold"), event(level=None, itemInSession=1, ts=TS + 1))
    with pytest.raises(AirflowFailException) as failure:
        source.pipeline.load(*DAY)
    assert "songplays.level.accepted_values: expected = 0, found 1" in str(failure.value)
    assert "staging.events.level.listener_has_level" in str(failure.value)
    kept = source.pipeline.query("select check_name, severity from quality_results where not passed")
    assert set(kept) >= {
        ("songplays.level.accepted_values", "fail"),
        ("songplays.level.null_check", "warn"),
        ("staging.events.level.listener_has_level", "fail"),
    }
