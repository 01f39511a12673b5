"""What checks say of statements that the warehouse refuses, and of rows that are there with other values."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from sparkify.failures import PermanentWarehouseError, WarehouseError
from sparkify.operators.data_quality import DataQualityOperator
from sparkify.quality.results import DataQualityError
from sparkify.session import Session
from tests.pipeline import ROOT, Pipeline, execute
from tests.warehouse.checking import check_window
from tests.warehouse.test_pipeline_changes import DAY, TS, Source, event

pytestmark = pytest.mark.slow
FORM = {"start": DAY[0], "end": DAY[1]}
PLAYS = "table: songplays\nkey: songplay_id\n"
REFUSED = {
    "a statement of a check": (
        PLAYS + "row_count: {geq_to: 0}\nchecks:\n  paid: {check_statement: levl = 'paid'}\n",
        'songplays, asked for songplays.row_count, songplays.paid: select: column "levl" does not exist',
    ),
    "a column of the other table": (
        PLAYS + "columns:\n  user_id:\n    references: {table: users, column: usr_id, equal_to: 0}\n",
        "songplays, asked for songplays.user_id.references: .*usr_id",
    ),
    "a query": (
        PLAYS + "queries:\n  some: {sql: select count(plays) from songs, equal_to: 0}\n",
        "songplays, asked for songplays.some: .*plays",
    ),
    "a query of rows": (
        PLAYS + "queries:\n  some: {rows: select id from songs}\n",
        "songplays, asked for songplays.some: .*id",
    ),
    "the table": (
        "table: song_plays\nkey: songplay_id\nrow_count: {geq_to: 0}\n",
        "song_plays, asked for song_plays.row_count: ",
    ),
}


def check(pipeline: Pipeline, *checks: str) -> list[dict[str, Any]]:
    """Run these checks and no others."""
    with DAG("some", schedule=None):
        task = DataQualityOperator(task_id="check", checks=checks)
    context, pushed = pipeline.context("some", {})
    with contextlib.suppress(DataQualityError):
        execute(task, context)
    return list(pushed["quality"]["results"])


@pytest.mark.parametrize("refused", REFUSED)
def test_a_statement_that_is_refused_is_named_by_its_table_and_checks(pipeline: Pipeline, refused: str) -> None:
    text, named = REFUSED[refused]
    with pytest.raises(PermanentWarehouseError, match=f"^{named}"):
        check(pipeline, text)
    assert pipeline.query("select count(*) from quality_results") == [(0,)]


@pytest.mark.parametrize("pipeline", ["redshift"], indirect=True)
def test_a_statement_that_another_try_may_mend_is_named_as_well_and_still_tried_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, refused = Session.fetch, 0

    def losing(session: Session, sql: str, parameters: Any = ()) -> Any:
        nonlocal refused
        if "from songplays" in sql and refused < 2:
            refused += 1
            raise WarehouseError("select: connection lost", soon=refused == 1)
        return fetch(session, sql, parameters)

    monkeypatch.setattr(Session, "fetch", losing)
    # The first is tried again within seconds; the second is not, and is for Airflow.
    with pytest.raises(WarehouseError, match=r"^songplays, asked for songplays.row_count: select: connection lost"):
        check(pipeline, PLAYS + "row_count: {geq_to: 0}\n")
    assert refused == 2


def test_the_documented_checks_run_on_empty_tables_and_on_plays(pipeline: Pipeline, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "quality.md").read_text().split("```yaml")[1].split("```")[0]
    text = text.replace("window_column: start_time ", "# ")
    found = {each["check"]: (each["passed"], each["observed"]) for each in check(pipeline, text)}
    assert found["songplays.row_count"] == (False, "0")
    # Nothing divides by zero, and nothing is known.
    assert found["songplays.plays_per_user"] == (False, "null")
    source = Source(pipeline, tmp_path)
    source.song("a")
    source.events(*(event(itemInSession=item, ts=TS + item, userId=str(item // 2)) for item in range(3)))
    pipeline.load(*DAY)
    found = {each["check"]: (each["passed"], each["observed"]) for each in check(pipeline, text)}
    assert found.pop("songplays.plays_per_user") == (True, "1.5")
    assert {passed for passed, _ in found.values()} == {True}


def test_a_play_that_is_on_both_sides_with_another_value_differs(pipeline: Pipeline, tmp_path: Path) -> None:
    source = Source(pipeline, tmp_path)
    source.song("a")
    source.events(*(event(itemInSession=item, ts=TS + item) for item in range(4)))
    for task in ("stage_events", "stage_songs", "load_users", "load_songs", "load_artists", "load_songplays"):
        pipeline.run("sparkify_etl", FORM, only=task, run_id="own")
    pipeline.run("sparkify_etl", FORM, only="load_time", run_id="own")
    other, lost, strange, _ = [key for (key,) in pipeline.query("select songplay_id from songplays order by 1")]
    pipeline.execute(f"update songplays set session_id = 99 where songplay_id = '{other}'")
    pipeline.execute(f"update songplays set songplay_id = 'strange' where songplay_id = '{strange}'")
    pipeline.execute(f"delete from songplays where songplay_id = '{lost}'")
    [found] = [
        each for each in check_window(pipeline, FORM, "own") if each["check"] == "songplays.songplay_id.reconciliation"
    ]
    assert found["observed"] == "4"
    assert found["samples"] == [
        *(f"differs {other}", f"missing {min(lost, strange)}", f"missing {max(lost, strange)}", "unexpected strange")
    ]
