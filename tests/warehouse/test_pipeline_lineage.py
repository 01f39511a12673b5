"""What the operators tell OpenLineage of the warehouse, with each driver; the events themselves: tests/e2e."""

import json
import socket
from typing import Any

import pytest

from tests.pipeline import ROOT, Pipeline

pytestmark = pytest.mark.slow
HOUR = {"start": "2018-11-12T07:00:00Z", "end": "2018-11-12T08:00:00Z"}
PLAY = {
    "artist": "The Band", "auth": "Logged In", "firstName": "Ann", "gender": "F", "itemInSession": 0,
    "lastName": "Lee", "length": 200.5, "level": "free", "location": "Oslo", "method": "PUT",
    "page": "NextSong", "registration": 1540919166796.0, "sessionId": 7, "song": "The Song", "status": 200,
    "ts": 1542006000000, "userAgent": "agent", "userId": "1",
}  # fmt: skip


@pytest.fixture
def loaded(pipeline: Pipeline) -> Pipeline:
    pipeline.put("log_json_path.json", (ROOT / "sql/copy/log_json_path.json").read_text())
    pipeline.put("log_data/2018/11/2018-11-12-events.json", json.dumps(PLAY))
    for task_id in ("stage_events", "load_songplays"):
        pipeline.run("sparkify_etl", HOUR, run_id="manual__1", only=task_id)
    return pipeline


def _names(datasets: list[Any]) -> set[str]:
    return {dataset.name.partition(".")[2] for dataset in datasets}


def test_the_insights_name_their_tables_with_rows_and_columns_and_all_that_they_read(loaded: Pipeline) -> None:
    task, context = loaded.task("sparkify_insights", "refresh_insights", {}, "manual__2")
    task.execute(context)
    told = task.get_openlineage_facets_on_complete(None)
    assert _names(told.inputs) == {"public.songplays", "public.songs", "public.artists"}
    assert _names(told.outputs) == set(task.tables)
    for table in told.outputs:
        name = table.name.partition(".")[2]
        [(count,)] = loaded.query(f"select count(*) from {name}")
        assert table.outputFacets["outputStatistics"].rowCount == count
        assert [field.name for field in table.facets["schema"].fields][: len(task.tables[name])] == list(
            task.tables[name]
        )


def test_a_warehouse_that_does_not_answer_costs_the_columns_and_no_more(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listening
        port = taken.getsockname()[1]
        gone = {"conn_type": "postgres", "host": "127.0.0.1", "port": port, "schema": "dev", "login": "a"}
        monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps(gone))
        task, _ = pipeline.task("sparkify_etl", "load_songplays", HOUR, "manual__1")
        told = task.get_openlineage_facets_on_complete(None)
    assert _names(told.inputs) == {"staging.events", "staging.songs"}
    assert _names(told.outputs) == {"public.songplays"}
    assert not any("schema" in dataset.facets for dataset in [*told.inputs, *told.outputs])
