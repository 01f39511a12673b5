"""Files that lie about what they are, or point elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from sparkify.audit import TaskRun
from sparkify.manifests import Manifests
from sparkify.operators.data_quality import DataQualityError
from tests import expected
from tests.conftest import make_bucket
from tests.pipeline import Pipeline
from tests.warehouse.test_pipeline_changes import DAY, LOG, Source, event

pytestmark = pytest.mark.slow


@pytest.fixture
def filled(source: Source) -> Source:
    source.song("a")
    source.events(event())
    return source


@pytest.fixture
def foreign(pipeline: Pipeline) -> str:
    """A bucket that is none of ours, with an event in it that would be loaded gladly."""
    name = make_bucket(pipeline.s3)
    pipeline.s3.put_object(Bucket=name, Key="events.json", Body=json.dumps(event(userId="666")).encode())
    return name


def pointing_to(bucket: str) -> str:
    return json.dumps({"entries": [{"url": f"s3://{bucket}/events.json", "mandatory": True}]})


def test_a_manifest_put_in_our_place_beforehand_is_not_read(filled: Source, foreign: str) -> None:
    run = TaskRun("sparkify_etl", "planted", 1)
    ours = Manifests(f"s3://{filled.pipeline.bucket}/manifests/", run, "stage_events")
    for kind in ("0.manifest", "manifest"):
        filled.pipeline.put(ours.url(kind).split("/", 3)[3], pointing_to(foreign))
    filled.pipeline.load(*DAY, run_id=run.run_id)
    assert filled.pipeline.tables() == expected.tables(filled.folder)


def test_a_manifest_among_the_logs_is_data_and_bad_data(filled: Source, foreign: str) -> None:
    filled.pipeline.put(LOG, pointing_to(foreign))
    with pytest.raises(AirflowFailException, match="line 1"):
        filled.pipeline.load(*DAY)
    assert filled.pipeline.table("users") == set()


def test_copy_is_told_of_the_source_and_the_manifest_prefix_and_of_no_other_bucket(filled: Source) -> None:
    filled.pipeline.load(*DAY, run_id="looked_at")
    asked = filled.pipeline.query("select querytxt from stl_query where querytxt like '%looked_at%' order by query")
    copies = [text for (text,) in asked if re.search(r"\*/\s*(\\n)?copy ", text)]
    assert len(copies) == 3
    assert {bucket for text in copies for bucket in re.findall("s3://([^/']+)", text)} == {filled.pipeline.bucket}


NO_JSONPATHS = {
    "empty": "",
    "a web page": "<html><body>503 Slow Down</body></html>",
    "an array": "[]",
    "no list": '{"jsonpaths": "$"}',
    "an empty list": '{"jsonpaths": []}',
    "too few paths": '{"jsonpaths": ["$[\'artist\']"]}',
    "too many paths": json.dumps({"jsonpaths": ["$['artist']"] * 19}),
    "paths that find nothing": json.dumps({"jsonpaths": ["$['nothing']"] * 18}),
    "numbers": json.dumps({"jsonpaths": [1] * 18}),
    "an open bracket": json.dumps({"jsonpaths": ["$['artist'"] * 18}),
    "SQL": json.dumps({"jsonpaths": ["'; drop table canary; --"] * 18}),
    "two objects": '{"jsonpaths": ["$"]} {"jsonpaths": ["$"]}',
    "noise": "\x00\x01\x02" * 1000,
}


def test_a_jsonpaths_file_that_is_none_is_refused_by_copy(filled: Source) -> None:
    for what, content in NO_JSONPATHS.items():
        filled.pipeline.put("log_json_path.json", content)
        with pytest.raises(AirflowFailException, match="COPY into"):
            filled.pipeline.run("sparkify_etl", {"start": DAY[0], "end": DAY[1]}, only="stage_events")
            pytest.fail(f"{what} passed")


@pytest.mark.parametrize("content", [{"paths": ["$"]}, event()], ids=["another key", "a log file"])
def test_a_jsonpaths_file_without_jsonpaths_fails_the_checks(filled: Source, content: dict[str, Any]) -> None:
    # Redshift then says nothing, and matches names as 'auto' does: userId matches no column.
    filled.pipeline.put("log_json_path.json", json.dumps(content))
    with pytest.raises(DataQualityError, match=r"songplays\.user_id"):
        filled.pipeline.load(*DAY)
