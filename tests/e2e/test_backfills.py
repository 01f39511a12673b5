"""Many hours in a real scheduler, in any order: the tables are those of one load of them all."""

import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from local.airflow_settings import LOGIN
from local.processes import clean_environment
from local.settings import ROOT
from tests import expected
from tests.operator_api import OperatorApi
from tests.stack import ENDED, RunningStack, until

pytestmark = pytest.mark.slow
ETL = "sparkify_etl"
HOUR = timedelta(hours=1)
PARALLEL = 8


@pytest.fixture
def api(airflow_stack: RunningStack) -> Iterator[OperatorApi]:
    """What an operator does in Airflow; no backfill is left open."""
    airflow = airflow_stack.stack.airflow
    made = OperatorApi(airflow.url, LOGIN, airflow.password)
    yield made
    made.close_backfills(ETL)


def hours_from(day: int, count: int, hour: int = 0) -> list[datetime]:
    first = datetime(2018, 11, day, hour, tzinfo=UTC)
    return [first + number * HOUR for number in range(count)]


def tries_of(stack: RunningStack, hours: list[datetime]) -> dict[datetime, tuple[str, int]]:
    """The state of each hour's run, and how often its first task has been tried."""
    runs = stack.api.runs(ETL, hours[0], hours[-1])
    return {
        datetime.fromisoformat(run["logical_date"]): (run["state"], stack.tries(run["dag_run_id"])["stage_events"][1])
        for run in runs
    }


def wait_for_hours(stack: RunningStack, hours: list[datetime]) -> None:
    until(
        lambda: (
            len(states := [run["state"] for run in stack.api.runs(ETL, hours[0], hours[-1])]) == len(hours)
            and set(states) <= set(ENDED)
        )
    )


def assert_tables_are_those_of_one_load(stack: RunningStack) -> None:
    """Compare whole tables, row by row, with one load of all that any test has loaded into this warehouse."""
    windows = stack.query(
        "select window_start, window_end from load_status where table_name = 'staging.events' and outcome = 'loaded'"
    )
    events = [
        event
        for event in expected.read_events(stack.data)
        if any(start <= expected.moment(event) < end for start, end in windows)
    ]
    songs = expected.read_songs(stack.data)
    plays = expected.songplays(events, songs)
    found = stack.tables()
    assert found["songplays"] == plays
    assert found["time"] == expected.time(plays)
    assert found["users"] == expected.users(events)
    assert found["songs"] == expected.songs_table(songs)
    assert found["artists"] == expected.artists(songs)


def test_hours_of_three_days_in_random_order_come_out_as_one_load(
    airflow_stack: RunningStack, api: OperatorApi
) -> None:
    hours = random.sample(hours_from(20, 72), 36)
    runs = [
        airflow_stack.api.trigger(ETL, {"start": hour.isoformat(), "end": (hour + HOUR).isoformat()}) for hour in hours
    ]
    until(lambda: api.count_in(ETL, "queued", "running") == 0, seconds=600)
    assert {api.run_state(ETL, run_id) for run_id in runs} == {"success"}
    assert_tables_are_those_of_one_load(airflow_stack)


def test_a_backfill_backwards_comes_out_as_one_load_and_begins_with_the_latest_hour(
    airflow_stack: RunningStack, api: OperatorApi
) -> None:
    hours = hours_from(24, 8, hour=8)
    api.make_backfill(ETL, hours[0], hours[-1], backwards=True, parallel=PARALLEL)
    wait_for_hours(airflow_stack, hours)
    runs = sorted(api.runs(ETL, hours[0], hours[-1]), key=lambda run: str(run["logical_date"]))
    assert {run["state"] for run in runs} == {"success"}
    assert runs[0]["start_date"] > runs[-1]["start_date"]
    assert_tables_are_those_of_one_load(airflow_stack)


def test_a_backfill_reprocesses_what_it_is_told_to_and_the_tables_stay_right(
    airflow_stack: RunningStack, api: OperatorApi
) -> None:
    hours = hours_from(26, 4, hour=12)
    api.make_backfill(ETL, hours[0], hours[-1], parallel=PARALLEL)
    wait_for_hours(airflow_stack, hours)
    assert tries_of(airflow_stack, hours) == dict.fromkeys(hours, ("success", 1))
    [second] = api.runs(ETL, hours[1], hours[1])
    api.mark_run_failed(ETL, second["dag_run_id"])

    def again(reprocess: str) -> dict[datetime, tuple[str, int]]:
        api.close_backfills(ETL)
        api.make_backfill(ETL, hours[0], hours[-1], reprocess=reprocess, parallel=PARALLEL)  # type: ignore[arg-type]
        wait_for_hours(airflow_stack, hours)
        return tries_of(airflow_stack, hours)

    first, failed, *others = hours
    assert again("none") == {**dict.fromkeys(hours, ("success", 1)), failed: ("failed", 1)}
    assert again("failed") == {**dict.fromkeys(hours, ("success", 1)), failed: ("success", 2)}
    assert again("completed") == {**dict.fromkeys([first, *others], ("success", 2)), failed: ("success", 3)}
    assert_tables_are_those_of_one_load(airflow_stack)


def test_the_command_line_makes_a_backfill(airflow_stack: RunningStack, api: OperatorApi) -> None:
    hours = hours_from(27, 3, hour=15)
    published = airflow_stack.stack.home.running()
    assert published
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("airflow")), "backfill", "create", "--dag-id", ETL),
            *("--from-date", hours[0].isoformat(), "--to-date", hours[-1].isoformat()),
            *("--max-active-runs", str(PARALLEL), "--reprocess-behavior", "completed", "--run-backwards"),
        ],
        env=clean_environment(published["airflow"]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wait_for_hours(airflow_stack, hours)
    assert tries_of(airflow_stack, hours) == dict.fromkeys(hours, ("success", 1))
    assert_tables_are_those_of_one_load(airflow_stack)


def test_a_running_task_that_is_marked_failed_leaves_no_query_and_no_lock(
    airflow_stack: RunningStack, api: OperatorApi
) -> None:
    warehouse = airflow_stack.stack.warehouse
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%lock_songplays%'"
    with (
        psycopg.connect(warehouse.redshift.dsn) as holder,
        psycopg.connect(warehouse.postgres.dsn("dev"), autocommit=True) as server,
    ):
        # Held, so that the load stands still in the middle of its transaction.
        holder.execute("lock table staging.lock_songplays")
        run_id = api.trigger(ETL, {"start": "2018-11-28T10:00:00Z", "end": "2018-11-28T11:00:00Z"})
        [(backend,)] = until(lambda: server.execute(waiting).fetchall())
        api.mark_failed(ETL, run_id, "load_songplays")
        # The holder still holds: it is not that the statement came to its end.
        left = "select query from pg_stat_activity where pid = %s and state <> 'idle'"
        assert until(lambda: not server.execute(left, [backend]).fetchall(), seconds=60)
        assert server.execute("select count(*) from pg_locks where pid = %s", [backend]).fetchone() == (0,)
        holder.rollback()
    assert airflow_stack.wait_for(ETL, run_id) == "failed"
    assert airflow_stack.tries(run_id)["load_songplays"] == ("failed", 1)
    assert airflow_stack.table("songplays", datetime(2018, 11, 28, 10), datetime(2018, 11, 28, 11)) == set()
    # Cleared, the run is as any other: and the tables are whole again.
    api.clear(ETL, run_id, only_failed=True)
    until(lambda: api.run_state(ETL, run_id) == "success")
    assert_tables_are_those_of_one_load(airflow_stack)
