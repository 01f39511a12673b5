"""What runs leave behind, and what sparkify_housekeeping removes of it."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from sparkify.failures import WarehouseError
from sparkify.identifiers import staging_table
from sparkify.load_errors import LoadError
from sparkify.operators.drop_staging import last_moment
from tests.pipeline import Pipeline, after_first_commit, execute, load_dag
from tests.warehouse.test_pipeline_changes import DAY, LOG, Source, event

pytestmark = pytest.mark.slow
FORM = {"start": DAY[0], "end": DAY[1]}


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    made = Source(pipeline, tmp_path)
    made.song("a")
    made.events(event())
    return made


def table_of(run_id: str) -> str:
    return staging_table("staging.events", SimpleNamespace(dag_id="sparkify_etl", run_id=run_id)).partition(".")[2]


def leave(source: Source, run_id: str, *, days_ago: int) -> str:
    """Let a run stage its events and do no more, some days ago; return its table."""
    source.pipeline.run("sparkify_etl", FORM, only="stage_events", run_id=run_id)
    source.pipeline.execute(
        f"update load_audit set loaded_at = dateadd(day, -{days_ago}, loaded_at) where run_id = '{run_id}'"
    )
    return table_of(run_id)


def tidy(pipeline: Pipeline, *, after: timedelta = timedelta()) -> dict[str, Any]:
    """Run sparkify_housekeeping, so long after now."""
    dag = load_dag("sparkify_housekeeping")
    context, _ = pipeline.context("sparkify_housekeeping", {})
    context["dag_run"].run_after = datetime.now(UTC) + after
    return {task.task_id: execute(task, context) for task in dag.topological_sort()}


def manifests(source: Source) -> list[str]:
    listed = source.pipeline.s3.list_objects_v2(Bucket=source.pipeline.bucket, Prefix="manifests/")
    return [item["Key"] for item in listed.get("Contents", [])]


def test_the_staging_tables_of_failed_runs_go_by_age_and_are_named(source: Source) -> None:
    old, young = leave(source, "old", days_ago=8), leave(source, "young", days_ago=6)
    done = tidy(source.pipeline)["drop_old_staging"]
    assert done["dropped"] == [f"staging.{old}"]
    assert done["young"] == [f"staging.{young}"]
    assert source.pipeline.staging_tables() == [young]
    assert tidy(source.pipeline)["drop_old_staging"]["dropped"] == []


def test_the_table_of_a_run_that_is_going_on_stays_however_old_it_is(source: Source) -> None:
    table = leave(source, "long", days_ago=30)
    source.pipeline.unfinished.add("long")
    assert tidy(source.pipeline)["drop_old_staging"]["going_on"] == [f"staging.{table}"]
    assert source.pipeline.staging_tables() == [table]


def test_a_table_that_no_run_of_ours_has_made_stays_whatever_its_name(source: Source) -> None:
    names = ["events_0123456789abcdef", "events_kept_by_hand", "events_0123456789abcde"]
    for name in names:
        source.pipeline.execute(f"create table staging.{name} (id integer)")
    done = tidy(source.pipeline, after=timedelta(days=99))["drop_old_staging"]
    assert (done["dropped"], done["unknown"]) == ([], ["staging.events_0123456789abcdef"])
    assert set(names) <= set(source.pipeline.staging_tables())
    for name in names:
        source.pipeline.execute(f"drop table staging.{name}")


def test_how_many_days_things_stay_is_a_variable(source: Source) -> None:
    leave(source, "old", days_ago=2)
    source.pipeline.set_variable("sparkify_keep_days", "1")
    assert len(tidy(source.pipeline)["drop_old_staging"]["dropped"]) == 1


def test_the_manifests_of_failed_tries_go_by_age_and_foreign_objects_stay(source: Source) -> None:
    source.write(LOG, "{")
    with pytest.raises(LoadError):
        source.pipeline.load(*DAY)
    foreign = ["manifests/sparkify_etl/notes.txt", "manifests/other/0123456789abcdef/stage_events-1.0.manifest"]
    for key in foreign:
        source.pipeline.put(key, "x")
    assert len(manifests(source)) == 3
    assert tidy(source.pipeline, after=timedelta(days=6))["delete_old_manifests"] == []
    [deleted] = tidy(source.pipeline, after=timedelta(days=8))["delete_old_manifests"]
    assert deleted.endswith("stage_events-1.0.manifest")
    assert sorted(manifests(source)) == sorted(foreign)


def test_a_try_that_succeeds_deletes_the_manifests_of_those_before_it(source: Source) -> None:
    source.write(LOG, "{")
    with pytest.raises(LoadError):
        source.pipeline.run("sparkify_etl", FORM, only="stage_events", run_id="again")
    assert len(manifests(source)) == 1
    source.events(event())
    source.pipeline.run("sparkify_etl", FORM, only="stage_events", run_id="again", try_number=2)
    assert manifests(source) == []


@pytest.mark.parametrize(
    ("error", "tries"),
    [(WarehouseError("commit: connection lost"), 1), (SystemExit("killed"), 2)],
    ids=["lost", "died"],
)
def test_a_try_that_finds_the_songs_committed_deletes_the_manifests_of_the_one_that_did_not_learn_of_it(
    source: Source, monkeypatch: pytest.MonkeyPatch, error: BaseException, tries: int
) -> None:
    lost: list[bool] = []
    outcomes: list[str] = []

    def lose() -> None:
        lost.append(True)
        assert manifests(source)
        raise error

    after_first_commit(monkeypatch, lose)
    for number in range(1, tries + 1):
        with contextlib.suppress(SystemExit):
            done, _ = source.pipeline.run("sparkify_etl", FORM, only="stage_songs", run_id="unsaid", try_number=number)
            outcomes.append(done["stage_songs"]["outcome"])
    assert (lost, outcomes) == ([True], ["unchanged"])
    assert manifests(source) == []


def test_a_run_that_ends_well_leaves_neither_table_nor_manifest(source: Source) -> None:
    source.pipeline.load(*DAY)
    assert source.pipeline.staging_tables() == manifests(source) == []


@pytest.mark.parametrize(
    ("days", "reason"), [("0", "not above zero"), ("-1", "not above zero"), ("week", "no number"), ("inf", "no number")]
)
def test_a_retention_that_makes_no_sense_is_refused_for_good(days: str, reason: str) -> None:
    with pytest.raises(AirflowFailException, match=f"'{days}' is .*{reason}"):
        last_moment("2018-11-12", days)
