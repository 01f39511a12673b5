"""When the answers are computed, and what readers see meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.sdk.api.datamodels._generated import DagRunType
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from tests import expected_insights
from tests.pipeline import Pipeline, execute, load_dag
from tests.stack import until
from tests.warehouse.insights import DAG_ID, answers, refresh, refresh_task
from tests.warehouse.test_pipeline_changes import DAY, TS, Source, event

pytestmark = pytest.mark.slow
ETL = "sparkify_etl"
# What does not depend on the driver is shown with one.
one_driver = pytest.mark.parametrize("pipeline", ["redshift"], indirect=True)


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    made = Source(pipeline, tmp_path)
    made.song("a")
    made.events(event(), event(itemInSession=1, ts=TS + 60_000))
    return made


def decide(pipeline: Pipeline, run_type: DagRunType, *, waited: timedelta = timedelta()) -> tuple[str | None, Any]:
    """What decide_refresh says in a run of this type, and the exception that it ends with, if any."""
    context, pushed = pipeline.context(DAG_ID, {}, f"{run_type.value}__decides")
    context["dag_run"].run_type = run_type
    context["dag_run"].start_date = datetime.now(UTC) - waited
    task = load_dag(DAG_ID).get_task("decide_refresh")
    try:
        execute(task, context)
    except (AirflowSkipException, AirflowRescheduleException) as ended:
        return pushed.get("decision"), ended
    return pushed["decision"], None


def test_a_run_goes_on_once_something_was_loaded_and_ends_if_nothing_was(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.load(*DAY)
    assert decide(pipeline, DagRunType.ASSET_TRIGGERED) == ("refresh", None)
    refresh(pipeline)
    decision, ended = decide(pipeline, DagRunType.ASSET_TRIGGERED)
    assert decision == "unchanged"
    assert isinstance(ended, AirflowSkipException)
    # The same rows, loaded again, are no change either.
    pipeline.load(*DAY)
    assert decide(pipeline, DagRunType.ASSET_TRIGGERED)[0] == "unchanged"
    source.events(event(), event(itemInSession=1, ts=TS + 60_000, location="Bergen"))
    pipeline.load(*DAY)
    assert decide(pipeline, DagRunType.ASSET_TRIGGERED) == ("refresh", None)


@one_driver
def test_a_correction_that_keeps_every_count_is_computed_from(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.load(*DAY)
    refresh(pipeline)
    source.song("a", title="Another Title")
    pipeline.load(*DAY)
    assert decide(pipeline, DagRunType.ASSET_TRIGGERED) == ("refresh", None)
    refresh(pipeline)
    assert answers(pipeline) == expected_insights.answers(source.folder)
    assert answers(pipeline)["top_songs"] == set()


@one_driver
def test_a_run_ends_at_once_if_a_newer_one_is_queued_whatever_was_loaded(source: Source) -> None:
    source.pipeline.load(*DAY)
    # Loads are going on: the newer run waits for them, this one need not.
    source.pipeline.others = [(DAG_ID, "queued"), (ETL, "running")]
    decision, ended = decide(source.pipeline, DagRunType.ASSET_TRIGGERED)
    assert decision == "superseded"
    assert isinstance(ended, AirflowSkipException)


@one_driver
def test_a_run_is_not_superseded_by_itself_nor_by_runs_that_have_ended(source: Source) -> None:
    source.pipeline.load(*DAY)
    source.pipeline.others = [(DAG_ID, "running"), (DAG_ID, "success"), (ETL, "success"), (ETL, "failed")]
    assert decide(source.pipeline, DagRunType.ASSET_TRIGGERED) == ("refresh", None)


@one_driver
@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_waits_without_a_worker_while_loads_go_on_but_not_for_ever(source: Source, state: str) -> None:
    source.pipeline.load(*DAY)
    source.pipeline.others = [(ETL, state)]
    before = datetime.now(UTC)
    decision, ended = decide(source.pipeline, DagRunType.ASSET_TRIGGERED)
    assert decision is None
    assert isinstance(ended, AirflowRescheduleException)
    assert ended.reschedule_date > before
    assert decide(source.pipeline, DagRunType.ASSET_TRIGGERED, waited=timedelta(minutes=11)) == ("waited_long", None)


@one_driver
def test_a_run_by_hand_always_computes(source: Source) -> None:
    source.pipeline.load(*DAY)
    refresh(source.pipeline)
    source.pipeline.others = [(DAG_ID, "queued"), (ETL, "running")]
    assert decide(source.pipeline, DagRunType.MANUAL) == ("by_hand", None)


def test_computing_twice_gives_the_same_rows_and_tells_nobody_the_second_time(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.load(*DAY)
    first, _ = refresh_task(pipeline, "manual__first")
    before = answers(pipeline)
    second, _ = refresh_task(pipeline, "manual__second")
    assert (len(first.outlets), len(second.outlets)) == (10, 0)
    assert answers(pipeline) == before
    assert pipeline.query("select run_id from insights.refreshed") == [("manual__second",)]


@one_driver
def test_a_second_try_after_a_commit_that_nobody_learnt_of_still_tells(source: Source) -> None:
    source.pipeline.load(*DAY)
    refresh_task(source.pipeline, "manual__lost")
    again, _ = refresh_task(source.pipeline, "manual__lost")
    assert len(again.outlets) == 10


@one_driver
def test_two_runs_that_compute_at_once_give_the_rows_of_one(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.load(*DAY)
    with (
        ThreadPoolExecutor(2) as pool,
        psycopg.connect(pipeline.warehouse.redshift.dsn) as holder,
        psycopg.connect(pipeline.warehouse.postgres.dsn("dev"), autocommit=True) as server,
    ):
        holder.execute("lock table staging.lock_insights")
        done = [pool.submit(refresh_task, pipeline, f"manual__{name}") for name in ("one", "two")]
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = 'dev'"
        until(lambda: server.execute(waiting).fetchone() == (2,))
        holder.rollback()
        for future in done:
            future.result()
    assert answers(pipeline) == expected_insights.answers(source.folder)
    assert pipeline.query("select count(*) from insights.refreshed") == [(1,)]


@one_driver
def test_readers_go_on_reading_one_whole_state_while_all_answers_are_replaced(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.load(*DAY)
    refresh(pipeline)
    before = answers(pipeline), pipeline.query("select run_id, facts from insights.refreshed")
    source.events(*(event(itemInSession=item, ts=TS + item * 60_000, userId=str(item + 1)) for item in range(9)))
    pipeline.load(*DAY)
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(pipeline.warehouse.postgres.dsn("dev"), autocommit=True) as server,
        psycopg.connect(pipeline.warehouse.postgres.dsn("dev")) as holder,
    ):
        # What is read last, held: the refresh stands still with all ten answers replaced.
        holder.execute("lock table load_audit in access exclusive mode")
        done = pool.submit(refresh_task, pipeline, "manual__held")
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%%load_audit%%'"
        until(lambda: server.execute(waiting).fetchone() == (1,))
        assert (answers(pipeline), pipeline.query("select run_id, facts from insights.refreshed")) == before
        holder.rollback()
        done.result()
    assert answers(pipeline) == expected_insights.answers(source.folder)
    assert pipeline.query("select run_id, facts from insights.refreshed") == [("manual__held", 9)]


@one_driver
def test_what_is_loaded_while_the_answers_are_computed_is_in_none_of_them_and_is_not_forgotten(source: Source) -> None:
    pipeline = source.pipeline
    pipeline.load(*DAY)
    wanted = expected_insights.answers(source.folder)
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(pipeline.warehouse.postgres.dsn("dev"), autocommit=True) as server,
        psycopg.connect(pipeline.warehouse.postgres.dsn("dev")) as holder,
    ):
        # The first of the ten is written; its state is what the others and the record must be of.
        holder.execute("lock table insights.weekdays in access exclusive mode")
        done = pool.submit(refresh_task, pipeline, "manual__held")
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%%weekdays%%'"
        until(lambda: server.execute(waiting).fetchone() == (1,))
        source.events(*(event(itemInSession=item, ts=TS + item * 60_000) for item in range(5)))
        pipeline.load(*DAY)
        holder.rollback()
        done.result()
    assert answers(pipeline) == wanted
    assert pipeline.query("select facts from insights.refreshed") == [(2,)]
    assert decide(pipeline, DagRunType.ASSET_TRIGGERED) == ("refresh", None)
