"""Tasks that are killed, time out or lose their connection leave no query and no lock, and a rerun is right."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from sparkify.assets import table_asset
from sparkify.failures import WarehouseError
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.session import Session
from tests import expected
from tests.pipeline import Pipeline, after_first_commit, execute, load_dag
from tests.stack import until
from tests.warehouse.test_pipeline_changes import DAY, TS, Source, event

pytestmark = pytest.mark.slow
FORM = {"start": DAY[0], "end": DAY[1]}
OTHERS = "from pg_stat_activity where datname = 'dev' and pid <> pg_backend_pid()"
WAITING = "wait_event_type = 'Lock'"


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    made = Source(pipeline, tmp_path)
    made.song("a")
    made.events(*(event(itemInSession=item, ts=TS + item) for item in range(5)))
    return made


@pytest.fixture
def server(source: Source) -> Iterator[psycopg.Connection[Any]]:
    """The database behind the stand-in, to see and do what clients cannot."""
    with psycopg.connect(source.pipeline.warehouse.postgres.dsn("dev"), autocommit=True) as connection:
        yield connection


@contextlib.contextmanager
def held(source: Source, lock: str) -> Iterator[None]:
    """Hold a lock, so that whoever wants it waits inside the warehouse."""
    with psycopg.connect(source.pipeline.warehouse.redshift.dsn) as holder:
        holder.execute(f"lock table {lock}".encode())
        yield
        holder.rollback()


def count(server: psycopg.Connection[Any], condition: str) -> int:
    found = server.execute(f"select count(*) {OTHERS} and {condition}".encode()).fetchone()
    assert found
    return int(found[0])


def staged(source: Source, run_id: str) -> None:
    source.pipeline.run_tasks("sparkify_etl", FORM, ("stage_events", "stage_songs"), run_id=run_id)


def test_a_task_that_is_marked_failed_leaves_no_query_and_no_lock(
    source: Source, server: psycopg.Connection[Any]
) -> None:
    staged(source, "killed")
    task, context = source.pipeline.task("sparkify_etl", "load_songplays", FORM, "killed")
    raised: list[WarehouseError] = []

    def work() -> None:
        try:
            task.execute(context)
        except WarehouseError as error:
            raised.append(error)

    with held(source, "staging.lock_songplays"):
        thread = threading.Thread(target=work)
        thread.start()
        until(lambda: count(server, WAITING) == 1)
        # What Airflow calls in the task's process when somebody marks it failed.
        task.on_kill()
        # While its lock is still held by another: it does not end because it got it.
        thread.join(30)
        assert not thread.is_alive()
        # The holder's transaction is all that is left.
        assert count(server, "state <> 'idle'") == 1
    assert len(raised) == 1
    assert source.pipeline.table("songplays") == set()
    source.pipeline.load(*DAY)
    assert source.pipeline.tables() == expected.tables(source.folder)


def test_a_task_that_runs_out_of_time_leaves_no_query_and_no_lock(
    source: Source, server: psycopg.Connection[Any]
) -> None:
    staged(source, "late")
    task, context = source.pipeline.task("sparkify_etl", "load_songplays", FORM, "late")
    with held(source, "staging.lock_songplays"):
        # As Airflow's task runner does it.
        with pytest.raises(AirflowTaskTimeout), timeout(2):
            task.execute(context)
        until(lambda: count(server, "state <> 'idle'") == 1)
    assert source.pipeline.table("songplays") == set()


def test_a_kill_that_finds_nothing_running_does_nothing(source: Source) -> None:
    task, context = source.pipeline.task("sparkify_etl", "load_songs", FORM, "idle")
    task.on_kill()
    with pytest.raises(WarehouseError, match="was told to end"):
        task.execute(context)


def test_a_kill_while_the_task_connects_lets_no_statement_run(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    staged(source, "early")
    task, context = source.pipeline.task("sparkify_etl", "load_songplays", FORM, "early")
    hook = task.get_db_hook()
    connect = hook.get_conn

    def killed_meanwhile() -> Any:
        task.on_kill()
        return connect()

    monkeypatch.setattr(hook, "get_conn", killed_meanwhile)
    with pytest.raises(WarehouseError, match="was told to end"):
        task.execute(context)
    assert source.pipeline.table("songplays") == set()


def test_the_server_itself_ends_what_a_task_killed_without_a_word_has_left(source: Source) -> None:
    class Sleeper(WarehouseOperator):
        def work(self, context: Any) -> Any:
            with self.session(context) as session, session.transaction():
                session.execute("lock table staging.lock_users")

    task = Sleeper(task_id="sleeper", execution_timeout=timedelta(seconds=1))
    with held(source, "staging.lock_users"), pytest.raises(WarehouseError, match="57014"):
        task.execute(source.pipeline.context("sparkify_etl", {})[0])


def test_a_backend_that_is_killed_under_a_load_is_a_quick_retry(
    source: Source, server: psycopg.Connection[Any]
) -> None:
    staged(source, "cut")
    with held(source, "staging.lock_songplays"):
        done: list[Any] = []
        thread = threading.Thread(
            target=lambda: done.append(
                source.pipeline.run("sparkify_etl", FORM, only="load_songplays", run_id="cut")[0]["load_songplays"]
            )
        )
        thread.start()
        until(lambda: count(server, WAITING) == 1)
        server.execute(f"select pg_terminate_backend(pid) {OTHERS} and {WAITING}".encode())
    thread.join(60)
    assert done[0]["rows_inserted"] == 5
    assert source.pipeline.table("songplays") == expected.tables(source.folder)["songplays"]


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "rolled back"])
def test_a_commit_whose_answer_is_lost_is_made_good_whichever_way_it_went(
    source: Source, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    lost: list[bool] = []
    transaction = Session.transaction

    @contextlib.contextmanager
    def losing(session: Session, lock: str | None = None) -> Iterator[None]:
        if len(lost) % 2:
            lost.append(True)
            with transaction(session, lock):
                yield
            return
        lost.append(True)
        if committed:
            with transaction(session, lock):
                yield
        else:
            with contextlib.suppress(KeyError), transaction(session, lock):
                yield
                raise KeyError
        raise WarehouseError("commit: server closed the connection unexpectedly")

    monkeypatch.setattr(Session, "transaction", losing)
    source.pipeline.load(*DAY)
    assert source.pipeline.tables() == expected.tables(source.folder)
    assert len(lost) >= 12
    audited = source.pipeline.query("select rows_inserted, rows_deleted from load_audit where table_name = 'songplays'")
    # Each row says what its own transaction did, and none speaks of one that was rolled back.
    assert set(audited) == ({(5, 0), (5, 5)} if committed else {(5, 0)})


LOADS = {"load_users": "users", "load_songs": "songs", "load_artists": "artists", "load_songplays": "songplays"}


def load(source: Source, task_id: str, *, try_number: int) -> tuple[Any, dict[str, Any]]:
    """One try of a load in a process of its own: the task, with the outlets that it has left, and what it returned."""
    dag = load_dag("sparkify_etl")
    context, _ = source.pipeline.context("sparkify_etl", {**dag.params.dump(), **FORM}, "told", try_number)
    task = dag.get_task(task_id)
    return task, execute(task, context)


@pytest.mark.parametrize("task_id", LOADS)
def test_a_try_after_a_commit_whose_answer_was_lost_still_tells_of_the_change(
    source: Source, monkeypatch: pytest.MonkeyPatch, task_id: str
) -> None:
    staged(source, "told")
    lost: list[bool] = []

    def lose() -> None:
        lost.append(True)
        raise WarehouseError("commit: server closed the connection unexpectedly")

    after_first_commit(monkeypatch, lose)
    task, counts = load(source, task_id, try_number=1)
    assert (lost, counts["outcome"]) == ([True], "unchanged")
    assert task.outlets == [table_asset(LOADS[task_id])]


@pytest.mark.parametrize("task_id", LOADS)
def test_a_try_after_one_that_died_once_it_had_committed_still_tells_and_one_of_a_cleared_run_does_not(
    source: Source, task_id: str
) -> None:
    staged(source, "told")
    assert load(source, task_id, try_number=1)[1]["outcome"] == "loaded"
    task, counts = load(source, task_id, try_number=2)
    assert counts["outcome"] == "unchanged"
    assert task.outlets == [table_asset(LOADS[task_id])]
    # Cleared from its staging on, after it was told.
    staged(source, "told")
    task, counts = load(source, task_id, try_number=3)
    assert (counts["outcome"], task.outlets) == ("unchanged", [])


def test_an_error_of_the_data_is_not_tried_twice(source: Source) -> None:
    source.pipeline.execute("drop table songplays")
    staged(source, "once")
    with pytest.raises(AirflowFailException):
        source.pipeline.run("sparkify_etl", FORM, only="load_songplays", run_id="once")
