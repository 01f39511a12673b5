"""The history of statements, where one session does not show it: others, secrets, failures, the front's end."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psutil
import psycopg
import pytest

from local.redshift.dialect.statements import plans
from local.redshift.history.numbers import Numbers
from local.redshift.history.record import Assembly, Record, Request, frames
from local.redshift.history.recorder import History, Recorder
from local.warehouse import Warehouse
from tests.warehouse.standin import Front, connect, rows

_HISTORY = (
    "select trim(query_type), trim(status), trim(error_message), trim(query_text) from sys_query_history "
    "where session_id = {} order by query_id"
)


@pytest.fixture
def client(warehouse: Warehouse) -> Iterator[Any]:
    with closing(connect(warehouse)) as connection:
        yield connection


@pytest.fixture
def table(client: Any) -> Iterator[str]:
    name = f"public.told_{uuid.uuid4().hex[:8]}"
    rows(client, f"create table {name} (a int)")
    yield name
    rows(client, f"drop table {name}")


@pytest.fixture
def user(client: Any) -> Iterator[str]:
    name = f"reader_{uuid.uuid4().hex[:8]}"
    rows(client, f"create user {name} password 'Hidden1words'")
    yield name
    rows(client, f"drop user {name}")


def _texts(connection: Any) -> list[str]:
    return [text for *_, text in rows(connection, _HISTORY.format("pg_backend_pid()"))]


@pytest.mark.slow
def test_users_see_their_own_statements_and_superusers_all(client, warehouse, user, table):
    rows(client, f"select count(*) from {table}")
    rows(client, f"grant select on {table} to public")
    with closing(connect(warehouse, user=user, password="Hidden1words")) as own:
        rows(own, f"select max(a) from {table}")
        (number,), *_ = rows(own, "select usesysid from pg_user where usename = current_user")
        seen = rows(own, "select distinct userid from stl_query")
        assert seen == [(number,)]
        assert rows(own, "select count(*) from stl_load_errors") == [(0,)]
        assert rows(own, "select count(*) from sys_load_history") == [(0,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(own, "select * from redshift_internal.statements")
        of_user = rows(client, f"select trim(querytxt) from stl_query where userid = {number} order by query limit 1")
    assert of_user == [(f"select max(a) from {table}",)]


@pytest.mark.slow
def test_no_secret_is_in_the_history(client, warehouse, table):
    name = f"shy_{uuid.uuid4().hex[:8]}"
    keys = "access_key_id 'AKIAHIDDEN' secret_access_key 'hidden-words' session_token 'hidden-words'"
    rows(client, f"create user {name} with password 'Hidden1words' /* a comment */")
    rows(client, f"alter user {name} password 'Hidden2words'; drop user {name}")
    for statement in (
        f"copy {table} from 's3://nowhere/x' {keys} json 'auto'",
        f"copy {table} from 's3://nowhere/x' "
        "with credentials as 'aws_access_key_id=AKIAHIDDEN;aws_secret_access_key=hidden-words' json 'auto'",
        f"unload ('select a from {table}') to 's3://nowhere/x' {keys}",
    ):
        with pytest.raises(psycopg.Error):
            rows(client, statement)
    texts = _texts(client)
    assert [text.split()[0] for text in texts if "'***'" in text] == ["create", "alter", "copy", "copy", "unload"]
    with psycopg.connect(warehouse.postgres.dsn("dev")) as backend:
        said = "error_message || query_text || label"
        found = backend.execute(
            f"select count(*) from redshift_internal.statements where {said} like %s or {said} like %s",
            ("%hidden-words%", "%Hidden%words%"),
        ).fetchall()
    assert found == [(0,)]


@pytest.mark.slow
def test_statements_that_fail_while_they_run_are_told_as_aborted_and_others_not_at_all(client, table):
    rows(client, f"insert into {table} values (0)")
    for statement in (f"select 1 / a from {table}", "selekt 1", "select * from nowhere", "select nothing(1)"):
        with pytest.raises(psycopg.Error):
            rows(client, statement)
    found = rows(client, _HISTORY.format("pg_backend_pid()"))
    kept = [row for row in found if "1 / a" in row[3] or "nowhere" in row[3] or "selekt" in row[3]]
    assert kept == [("SELECT", "failed", "division by zero", f"select 1 / a from {table}")]
    assert rows(client, f"select aborted from stl_query where querytxt = 'select 1 / a from {table}'") == [(1,)]


@pytest.mark.slow
def test_a_cancelled_statement_is_told_as_cancelled(client, warehouse, table):
    with closing(connect(warehouse)) as blocker, blocker.transaction():
        rows(blocker, f"lock table {table}")
        waiting = threading.Timer(0.2, client.cancel)
        waiting.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            rows(client, f"select count(*) from {table}")
        waiting.join()
    assert rows(client, _HISTORY.format("pg_backend_pid()"))[-1][:2] == ("SELECT", "canceled")


@pytest.mark.slow
def test_each_statement_of_a_string_is_told_with_its_own_text(client, table):
    rows(client, f"-- first\ninsert into {table} values (1); select pg_last_query_id() ;; delete from {table}")
    assert _texts(client)[-3:] == [
        f"-- first\\ninsert into {table} values (1);",
        "select pg_last_query_id() ;",
        f"delete from {table}",
    ]


@pytest.mark.slow
def test_the_last_query_id_is_that_of_now_in_a_statement_that_was_prepared_before(client, table):
    ask = "select pg_last_query_id() + %s::int"
    before = client.execute(ask, (0,), prepare=True).fetchone()
    rows(client, f"insert into {table} values (1)")
    after = client.execute(ask, (0,), prepare=True).fetchone()
    assert after == rows(client, "select pg_last_query_id()")[0]
    assert after > before


@pytest.mark.slow
def test_a_thousand_statements_of_ten_sessions_are_all_told_and_numbered_once(warehouse, table):
    def work(processes: list[int]) -> None:
        with closing(connect(warehouse)) as connection:
            processes.append(connection.info.backend_pid)
            for number in range(100):
                connection.execute(f"select a from {table} where a = {number}")

    processes: list[int] = []
    threads = [threading.Thread(target=work, args=(processes,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(connect(warehouse)) as connection:
        listed = ", ".join(map(str, processes))
        found = rows(
            connection,
            "select count(*), count(distinct query), count(distinct pid), count(distinct querytxt) from stl_query "
            f"where pid in ({listed}) and querytxt like 'select a from {table} where%'",
        )
    assert found == [(1000, 1000, 10, 100)]


@pytest.mark.slow
def test_a_front_whose_historian_is_gone_serves_on(warehouse, tmp_path):
    with Front(warehouse, tmp_path, {}) as front, closing(front.connect()) as connection:
        (historian,) = [child for child in psutil.Process(front.process.pid).children() if child.nice() == 19]
        os.kill(historian.pid, signal.SIGKILL)
        historian.wait(20)
        assert rows(connection, "select 1") == [(1,)]
        assert rows(connection, "select count(*) from stl_query where querytxt = 'select 1'") == [(0,)]


@pytest.mark.slow
def test_what_was_told_before_a_front_was_killed_is_there_in_the_next(warehouse, tmp_path):
    mark = uuid.uuid4().hex
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    with Front(warehouse, tmp_path / "first", {}) as front, closing(front.connect()) as connection:
        rows(connection, f"select '{mark}'")
        (historian,) = [child for child in psutil.Process(front.process.pid).children() if child.nice() == 19]
        front.process.kill()
        historian.wait(20)
    with Front(warehouse, tmp_path / "second", {}) as front, closing(front.connect()) as connection:
        found = rows(connection, f"select count(*) from sys_query_history where query_text = 'select ''{mark}'''")
    assert found == [(1,)]


def _recorder() -> tuple[Recorder, int]:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    return Recorder(History(writer, Numbers(1, 1)), 1, "somebody", 0), reader


def _ended(recorder: Recorder, text: str) -> None:
    (plan,) = plans(text)
    recorder.ended(plan, 0.0, tag="SELECT 1")


def test_a_full_pipe_loses_statements_and_says_how_many():
    recorder, reader = _recorder()
    for _ in range(1000):
        _ended(recorder, "select a from t where b = '" + "x" * 1000 + "'")
    messages = list(Assembly().add(os.read(reader, 1 << 20)))
    _ended(recorder, "select a from t")
    last, said = Assembly().add(os.read(reader, 1 << 20))
    assert isinstance(last, Record)
    assert isinstance(said, Request)
    assert len(messages) + said.lost == 1000
    assert said.lost > 0


def test_a_pipe_that_nobody_reads_costs_a_session_nothing():
    recorder, reader = _recorder()
    os.close(reader)
    _ended(recorder, "select a from t")
    recorder.settle()
    assert recorder.last_query > 0


def test_messages_in_pieces_come_out_whole_however_they_are_mixed_and_cut():
    def record(number: int) -> Record:
        return Record(number, 1, 2, "u", "", "SELECT", False, 1.0, 2.0, "", "", 3, f"{number}é" * (number * 999))

    several = [list(frames(number, record(number))) for number in (1, 5, 9)]
    mixed = b"".join(frame for turn in range(20) for all_ in several for frame in all_[turn : turn + 1])
    assembly = Assembly()
    found = [message for place in range(0, len(mixed), 777) for message in assembly.add(mixed[place : place + 777])]
    assert sorted(found) == [record(1), record(5), record(9)]


@pytest.mark.parametrize(
    ("text", "leader"),
    [
        ("select 1", True),
        ("select extract(year from getdate())", True),
        ("select * from pg_class", True),
        ("select * from pg_catalog.pg_class c join pg_namespace n on n.oid = c.relnamespace", True),
        ("with c as (select 1 as a) select * from c", True),
        ("select * from (select 1 as a) as b", True),
        ("select * from t", False),
        ("select * from pg_class, t", False),
        ("select (select max(a) from t)", False),
        ("with c as (select a from t) select * from c", False),
        ("select * from stl_query", False),
    ],
)
def test_the_leader_node_alone_runs_what_reads_no_table(text, leader):
    (plan,) = plans(text)
    assert plan.origin is not None
    assert plan.origin.leader is leader
