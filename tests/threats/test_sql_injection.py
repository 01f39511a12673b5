"""Text from outside never becomes SQL: not the form's, not a Variable's, not an S3 key's, not a song title's.

Each test ends with the canary's own: were it dropped, dropping it in the fixture would fail.
"""

import json

import pytest
from airflow.sdk.exceptions import AirflowFailException

from sparkify.identifiers import UnsafeSqlTextError
from sparkify.operators.manage_tables import TablesError
from sparkify.window import WindowError
from tests import expected
from tests.pipeline import Pipeline
from tests.threats.conftest import PAYLOADS
from tests.warehouse.test_pipeline_changes import DAY, TS, Source, event

pytestmark = pytest.mark.slow
# Every Variable that a task of ours reads.
VARIABLES = (
    "sparkify_source",
    "sparkify_log_layout",
    "sparkify_song_prefix",
    "sparkify_jsonpaths",
    "sparkify_manifest_prefix",
    "sparkify_region",
)
# As they may stand in a file's name or in a value; the last is what a template or a driver might fill in.
NASTY = (
    *PAYLOADS,
    'O\'Brien "& Sons"; select 1 --',
    "$$ drop table canary $$",
    "Sigur Rós, Ágætis byrjun 🎸 例え",
    "{{ conn.redshift.password }} {% raw %} %s %(name)s %% ${HOME} $1",
)


@pytest.fixture
def filled(source: Source) -> Source:
    source.song("a")
    source.events(event())
    return source


@pytest.mark.parametrize("field", ["start", "end"])
def test_sql_in_the_forms_window_is_no_time(filled: Source, field: str) -> None:
    for payload in PAYLOADS:
        for text in (payload, f"2018-11-12{payload}"):
            with pytest.raises(WindowError, match="is not a time"):
                filled.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1], field: text})


def test_sql_in_the_forms_action_is_no_action(pipeline: Pipeline) -> None:
    for payload in PAYLOADS:
        with pytest.raises(TablesError, match="is not known"):
            pipeline.manage_tables(payload)
        with pytest.raises(TablesError, match="nothing was done"):
            pipeline.manage_tables("reset", payload)


@pytest.mark.parametrize("variable", VARIABLES)
def test_sql_in_a_variable_is_refused_or_names_what_is_not_there(filled: Source, variable: str) -> None:
    form, staged = {"start": DAY[0], "end": DAY[1]}, "songs" if variable == "sparkify_song_prefix" else "events"
    good = {
        "sparkify_source": f"s3://{filled.pipeline.bucket}",
        "sparkify_log_layout": "log_data/%Y/%m/%Y-%m-%d-events.json",
        "sparkify_song_prefix": "song_data/",
        "sparkify_jsonpaths": "log_json_path.json",
        "sparkify_manifest_prefix": f"s3://{filled.pipeline.bucket}/manifests/",
        "sparkify_region": "us-west-2",
    }
    for payload in PAYLOADS:
        filled.pipeline.set_variable(variable, good[variable] + payload)
        try:
            filled.pipeline.run("sparkify_etl", form, only=f"stage_{staged}", run_id="injected")
        except AirflowFailException:
            # Refused, for good: Airflow gives it no other try.
            continue
        except Exception as error:  # noqa: BLE001 - whatever the AWS client says of a bucket or region of that name
            assert type(error).__module__.partition(".")[0] == "botocore", error
            continue
        # A prefix, or a manifest's key, may be called so; then it is just that.
        assert variable in ("sparkify_log_layout", "sparkify_song_prefix", "sparkify_manifest_prefix"), payload


def test_sql_in_the_roles_arn_is_refused(filled: Source) -> None:
    good = filled.pipeline.warehouse.iam_role
    for arn in (*(f"{good}{payload}" for payload in PAYLOADS), f"default{PAYLOADS[0]}"):
        filled.pipeline.set_role(arn)
        with pytest.raises(UnsafeSqlTextError, match="is not an IAM role"):
            filled.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1]}, only="stage_events")


def test_sql_in_a_runs_id_is_a_value_and_a_harmless_comment(filled: Source) -> None:
    ids = {f"manual__{payload}" for payload in NASTY}
    for run_id in ids:
        for task in ("stage_events", "load_users", "drop_staging"):
            filled.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1]}, only=task, run_id=run_id)
    assert {run_id for (run_id,) in filled.pipeline.query("select run_id from load_audit")} == ids


def test_keys_of_objects_are_values_whatever_they_are_called(source: Source) -> None:
    source.pipeline.set_variable("sparkify_log_layout", "log_data/%Y/%m/%Y-%m-%d-*.json")
    for number, payload in enumerate(NASTY):
        # The S3 server takes a backslash for a slash.
        name = payload.replace("/", "_").replace("\\", "_")
        source.events(event(itemInSession=number, ts=TS + number), key=f"log_data/2018/11/2018-11-12-{name}.json")
        source.song(name, song_id=f"SO{number}", artist_id=f"AR{number}")
    loaded = source.pipeline.load(*DAY)
    assert loaded["stage_events"]["files"] == len(NASTY)
    assert source.pipeline.tables() == expected.tables(source.folder)
    # The ledger has the keys as they are: the next listing finds all of them there.
    assert source.pipeline.load(*DAY)["stage_songs"]["outcome"] == "unchanged"
    source.song("another", song_id="SO99", artist_id="AR99")
    assert source.pipeline.load(*DAY)["stage_songs"]["files"] == 1


def test_values_are_loaded_as_they_are(source: Source) -> None:
    for number, value in enumerate(NASTY):
        source.song(str(number), song_id=f"SO{number}", artist_id=f"AR{number}", title=value, artist_name=value)
        source.events(
            *(
                event(itemInSession=index, ts=TS + index, song=text, artist=text, firstName=text, userId=str(index),
                      lastName=text, location=text, userAgent=text)
                for index, text in enumerate(NASTY)
            )
        )  # fmt: skip
    source.pipeline.load(*DAY)
    assert source.pipeline.tables() == expected.tables(source.folder)
    assert {title for (title,) in source.pipeline.query("select title from songs")} == set(NASTY)
    assert len(source.pipeline.query("select 1 from songplays where song_id is not null")) == len(NASTY)


def test_a_bad_value_is_quoted_in_the_error_and_not_run(source: Source) -> None:
    source.song("a")
    for payload in NASTY:
        source.write("log_data/2018/11/2018-11-12-events.json", json.dumps(event(sessionId=payload)) + "\n")
        with pytest.raises(AirflowFailException, match="line 1, column session_id"):
            source.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1]}, only="stage_events")
