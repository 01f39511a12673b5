"""Any set of partitions, in any order and parallelism, with reruns and crashes between tasks, gives one load's rows."""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from local.warehouse import Warehouse
from sparkify.failures import WarehouseError
from sparkify.operators.stage_to_redshift import StageToRedshiftOperator
from tests import expected
from tests.pipeline import COLUMNS, Pipeline, execute, load_dag
from tests.warehouse.test_pipeline_changes import Source, event

pytestmark = pytest.mark.slow
NIGHTLY = os.environ.get("SPARKIFY_TEST_NIGHTLY") == "1"
HOUR = timedelta(hours=1)
# Over midnight, so that partitions share files and one run reads two.
FIRST = datetime(2018, 11, 11, 22, tzinfo=UTC)
HOURS = 5
# As Airflow tries: once and five times again, each with the quick retries in it.
TRIES = 6
TASKS = 9
STATE = [
    *COLUMNS,
    *("load_audit", "quality_results", "staging.songs", "staging.songs_ledger"),
    *("staging.version_songs_mirror", "staging.version_songs", "staging.version_artists"),
]


@dataclass(frozen=True)
class Step:
    """One run: its hours, and after how many of its tasks it crashes, if it does."""

    start: int
    hours: int
    crash_after: int | None

    @property
    def form(self) -> dict[str, Any]:
        start = FIRST + self.start * HOUR
        return {"start": start.isoformat(), "end": (start + self.hours * HOUR).isoformat()}


steps = st.builds(
    lambda start, hours, crash: Step(start, min(hours, HOURS - start), crash),
    st.integers(0, HOURS - 1),
    st.sampled_from([1, 1, 1, 1, 2, HOURS]),
    st.none() | st.none() | st.integers(1, TASKS - 1),
)


def write_source(source: Source) -> None:
    """Users who change their level in every hour, sessions over midnight, ties, duplicates, pages without a user."""
    chance = random.Random(20181112)  # noqa: S311
    for number in range(4):
        source.song(f"s{number}", song_id=f"SO{number}", title=f"Song {number % 3}", duration=200.0 + number)
    days: dict[str, list[dict[str, Any]]] = {}
    for item in range(60):
        # Every sixth on a full hour: bounds are half-open.
        seconds = chance.randrange(HOURS) * 3600 + (0 if item % 6 == 0 else chance.randrange(3600))
        at = FIRST + timedelta(seconds=seconds)
        made = event(
            userId=str(chance.randrange(1, 6)) if item % 10 else "",
            level=chance.choice(["free", "paid"]),
            page="Home" if item % 10 == 0 else chance.choice(["NextSong", "NextSong", "NextSong", "Upgrade"]),
            sessionId=chance.randrange(3),
            itemInSession=item,
            song=f"Song {chance.randrange(4)}",
            length=200.0 + chance.randrange(6),
            ts=int(at.timestamp() * 1000),
        )
        day = days.setdefault(at.strftime("%Y/%m/%Y-%m-%d"), [])
        day += [made, made] if item % 7 == 0 else [made]
    for name, lines in days.items():
        source.events(*lines, key=f"log_data/{name}-events.json")


@pytest.fixture(scope="module", params=["snapshot", "serializable"])
def isolated(request: pytest.FixtureRequest, home: Path) -> Iterator[Warehouse]:
    with Warehouse(home / f"order-{request.param}", isolation=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def source(isolated: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    bucket = "order"
    isolated.s3.client().create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    with pytest.MonkeyPatch.context() as patch:
        # One client for all: each costs more than the load itself.
        patch.setattr(StageToRedshiftOperator, "_client", isolated.s3.client())
        made = Source(Pipeline(isolated, bucket, patch), tmp_path_factory.mktemp("order"))
        write_source(made)
        made.pipeline.manage_tables("create")
        yield made


def empty(pipeline: Pipeline) -> None:
    """Forget what is loaded; by the backend itself, which takes no time."""
    with psycopg.connect(pipeline.warehouse.postgres.dsn("dev"), autocommit=True) as server:
        server.execute(f"truncate {', '.join(STATE)}".encode())
    for table in pipeline.staging_tables():
        pipeline.execute(f"drop table staging.{table}")


def run_step(pipeline: Pipeline, step: Step, run_id: str) -> None:
    """Run a partition's tasks, each again as often as Airflow would."""
    dag = load_dag("sparkify_etl")
    for number, task in enumerate(dag.topological_sort()):
        if number == step.crash_after:
            return
        for try_number in range(1, TRIES + 1):
            context, _ = pipeline.context("sparkify_etl", {**dag.params.dump(), **step.form}, run_id, try_number)
            try:
                execute(task, context)
                break
            except WarehouseError:
                if try_number == TRIES:
                    raise


@settings(
    max_examples=300 if NIGHTLY else 12,
    deadline=None,
    derandomize=not NIGHTLY,
    # Each example is seconds of work: a failing plan is printed as it is.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(plan=st.lists(steps, min_size=2, max_size=6), parallel=st.sampled_from([1, 2, 4]))
def test_any_partitions_in_any_order_and_parallelism_give_the_rows_of_one_load(
    source: Source, plan: list[Step], parallel: int
) -> None:
    pipeline = source.pipeline
    empty(pipeline)
    with ThreadPoolExecutor(parallel) as pool:
        done = [pool.submit(run_step, pipeline, step, f"run_{number}") for number, step in enumerate(plan)]
        for future in done:
            future.result()
    # Somebody clears what has crashed.
    for number, step in enumerate(plan):
        if step.crash_after is not None:
            run_step(pipeline, Step(step.start, step.hours, None), f"run_{number}")
    covered = {hour for step in plan for hour in range(step.start, step.start + step.hours)}
    songs = expected.read_songs(source.folder)
    events = [
        each
        for each in expected.read_events(source.folder)
        if (expected.moment(each).replace(tzinfo=UTC) - FIRST) // HOUR in covered
    ]
    plays = expected.songplays(events, songs)
    assert pipeline.tables() == {
        "songplays": plays,
        "users": expected.users(events),
        "time": expected.time(plays),
        "songs": expected.songs_table(songs),
        "artists": expected.artists(songs),
    }
    assert pipeline.staging_tables() == []


def test_one_load_of_the_whole_range_gives_the_rows_of_the_files(source: Source) -> None:
    empty(source.pipeline)
    run_step(source.pipeline, Step(0, HOURS, None), "whole")
    assert source.pipeline.tables() == expected.tables(source.folder)
    assert len(source.pipeline.table("songplays")) > 20
