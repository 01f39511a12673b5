"""The whole pipeline as a user that is not the cluster's owner, and what an analyst may do with what it made."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.sdk.exceptions import AirflowFailException

from local.settings import ROOT
from local.warehouse import RedshiftAddress, Warehouse
from sparkify.failures import WarehouseError
from sparkify.load_errors import LoadError
from sparkify.operators.manage_tables import NoGroupError
from sparkify.sql_files import sql_folder
from sparkify.tables import TABLES
from tests import expected
from tests.pipeline import COLUMNS, Pipeline
from tests.stack import until
from tests.warehouse import insights
from tests.warehouse.standin import Front, connect, error, rows
from tests.warehouse.test_pipeline_cancel import WAITING

pytestmark = pytest.mark.slow
MONTH = ("2018-11-01", "2018-12-01")
READABLE = (*COLUMNS, "load_status", "quality_results", "insights.refreshed", "insights.top_songs")
CLOSED = ("staging.events", "staging.songs", "staging.songs_ledger", "staging.lock_users", "staging.version_songs")


@dataclass
class Cluster:
    """A database of its own behind the stand-in, and those who log in to it."""

    warehouse: Warehouse
    owner: RedshiftAddress

    def login(self, user: str) -> RedshiftAddress:
        return replace(self.owner, user=user, password="Loading-7x")

    def connect(self, user: str) -> Any:
        address = self.login(user)
        return connect(cast(Front, SimpleNamespace(redshift=address)), dbname=address.database)

    def pipeline(self, bucket: str, monkeypatch: pytest.MonkeyPatch, driver: str, user: str) -> Pipeline:
        """The DAGs, which log in as a user of this cluster."""
        seen = SimpleNamespace(redshift=self.login(user), s3=self.warehouse.s3, iam_role=self.warehouse.iam_role)
        return Pipeline(cast(Warehouse, seen), bucket, monkeypatch, driver)


@pytest.fixture(scope="module")
def cluster(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster after the owner's scripts in sql/grants, whose users have got passwords, for want of IAM."""
    changes = {"database": "least", "users": {"cluster_owner": "Loading-7x"}}
    with Front(warehouse, tmp_path_factory.mktemp("front"), changes) as front:
        made = Cluster(warehouse, replace(front.redshift, database="least", user="cluster_owner"))
        with made.connect("cluster_owner") as owner, owner.transaction():
            for name in ("users.sql", "bootstrap.sql"):
                for statement in DbApiHook.split_sql_string((sql_folder() / "grants" / name).read_text()):
                    rows(owner, statement)
            rows(owner, "alter user sparkify_loader password 'Loading-7x'")
            rows(owner, "create user analyst password 'Loading-7x' in group sparkify_analysts")
        yield made
    with psycopg.connect(warehouse.postgres.dsn("postgres"), autocommit=True) as server:
        server.execute("drop database least with (force)")
        server.execute("drop role sparkify_loader, sparkify_analysts, analyst, cluster_owner")


@pytest.fixture
def loader(cluster: Cluster, bucket: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Pipeline:
    """The DAGs as the loader, with tables that it has just made."""
    pipeline = cluster.pipeline(bucket, monkeypatch, getattr(request, "param", "redshift"), "sparkify_loader")
    assert pipeline.manage_tables("reset", "reset")["granted"]
    return pipeline


@pytest.mark.parametrize("loader", ["redshift", "postgres"], indirect=True)
def test_the_loader_loads_the_month_and_analysts_read_it_and_change_nothing(
    cluster: Cluster, loader: Pipeline, month: Path
) -> None:
    loader.put_folder(month)
    loader.load(*MONTH)
    assert loader.tables() == expected.tables(month)
    assert loader.staging_tables() == []
    insights.refresh(loader)
    loader.run("sparkify_housekeeping", {})
    with cluster.connect("analyst") as analyst:
        assert len(rows(analyst, "select songplay_id from songplays")) == len(loader.table("songplays"))
        assert rows(analyst, "select facts from insights.refreshed") == [(len(loader.table("songplays")),)]
        for table in READABLE:
            rows(analyst, f"select count(*) from {table}")
            denied = (
                f"delete from {table}",
                f"drop {'view' if table == 'load_status' else 'table'} {table}",
                f"insert into {table} select {COLUMNS.get(table, '*')} from {table}",
            )
            for statement in denied:
                assert error(analyst, statement)[0] in ("42501", "0A000", "55000"), statement
        for table in CLOSED:
            assert error(analyst, f"select count(*) from {table}")[0] == "42501", table
        for statement in (
            "create table mine (a int)",
            "create table insights.mine (a int)",
            "create table staging.mine (a int)",
            "create schema mine",
            "truncate users",
            "update users set level = 'paid'",
            f"copy users from 's3://{loader.bucket}/log_data' iam_role '{cluster.warehouse.iam_role}' json 'auto'",
            "select count(*) from load_audit",
            "select count(*) from schema_migrations",
        ):
            assert error(analyst, statement)[0] == "42501", statement
    assert loader.tables() == expected.tables(month)


def test_the_loader_reads_its_own_load_errors(loader: Pipeline, month: Path) -> None:
    loader.put_folder(month)
    loader.put("log_data/2018/11/2018-11-12-events.json", '{"ts": "never", "page": "NextSong"}')
    with pytest.raises(LoadError, match=r"2018-11-12-events\.json line 1"):
        loader.load("2018-11-12", "2018-11-13")


def test_the_loader_ends_its_own_session_and_nobody_elses(cluster: Cluster, loader: Pipeline, month: Path) -> None:
    loader.put_folder(month)
    form = {"start": MONTH[0], "end": MONTH[1]}
    for task in ("stage_events", "stage_songs"):
        loader.run("sparkify_etl", form, only=task, run_id="killed")
    task, context = loader.task("sparkify_etl", "load_songplays", form, "killed")
    raised: list[WarehouseError] = []

    def work() -> None:
        try:
            task.execute(context)
        except WarehouseError as failure:
            raised.append(failure)

    with (
        cluster.connect("sparkify_loader") as holder,
        psycopg.connect(cluster.warehouse.postgres.dsn("least"), autocommit=True) as server,
        holder.transaction(),
    ):
        rows(holder, "lock table staging.lock_songplays")
        thread = threading.Thread(target=work)
        thread.start()
        waiting = f"select count(*) from pg_stat_activity where datname = 'least' and {WAITING}"
        until(lambda: rows(server, waiting) == [(1,)])
        task.on_kill()
        thread.join(30)
        assert not thread.is_alive()
    assert len(raised) == 1
    with cluster.connect("cluster_owner") as owner, cluster.connect("sparkify_loader") as client:
        [(pid,)] = rows(owner, "select pg_backend_pid()")
        assert error(client, f"select pg_terminate_backend({pid})")[0] == "42501"


def test_the_loader_is_no_superuser_and_makes_no_schema(cluster: Cluster, loader: Pipeline) -> None:
    with cluster.connect("sparkify_loader") as client:
        assert rows(client, "select usesuper, usecreatedb from pg_user where usename = current_user") == [
            (False, False)
        ]
        for statement in ("create schema another", "create user another password 'Loading-7x'"):
            assert error(client, statement)[0] == "42501", statement


def test_tables_that_are_made_anew_or_come_later_are_read_as_those_before(cluster: Cluster, loader: Pipeline) -> None:
    with cluster.connect("sparkify_loader") as client:
        rows(client, "create table insights.later (a int)")
    assert loader.manage_tables("reset", "reset")["granted"]
    with cluster.connect("analyst") as analyst:
        for table in (*READABLE, "insights.later"):
            assert rows(analyst, f"select count(*) from {table}") == [(0,)]
        assert error(analyst, "select count(*) from staging.songs")[0] == "42501"


def test_what_was_taken_from_the_analysts_is_given_back_by_grants_alone(cluster: Cluster, loader: Pipeline) -> None:
    with cluster.connect("sparkify_loader") as client, cluster.connect("analyst") as analyst:
        rows(client, "revoke select on songplays from group sparkify_analysts")
        assert error(analyst, "select count(*) from songplays")[0] == "42501"
        assert loader.manage_tables("grants") == {"action": "grants", "applied": [], "pending": [], "granted": True}
        assert rows(analyst, "select count(*) from songplays") == [(0,)]


def test_without_the_group_tables_are_made_and_grants_say_who_makes_it(loader: Pipeline) -> None:
    task, context = loader.task("sparkify_tables", "manage_tables", {"action": "create", "confirm": ""}, "ungrouped")
    task.group = "nobody_made_it"
    assert not task.execute(context)["granted"]
    task.action = "grants"
    with pytest.raises(NoGroupError, match=r"let the cluster's owner run sql/grants/users\.sql"):
        task.execute(context)


def test_a_warehouse_that_the_owner_has_made_is_handed_over(cluster: Cluster, loader: Pipeline, month: Path) -> None:
    document = (ROOT / "docs" / "security.md").read_text()
    [hand_over] = [text for text in re.findall("```sql\n(.+?)```", document, re.DOTALL) if "owner to" in text]
    with cluster.connect("cluster_owner") as owner:
        # As it was before.
        for (statement,) in rows(owner, hand_over.replace("sparkify_loader", "cluster_owner")):
            rows(owner, statement)
        with pytest.raises(AirflowFailException, match="permission denied"):
            loader.manage_tables("reset", "reset")
        for (statement,) in rows(owner, hand_over):
            rows(owner, statement)
        rows(owner, "drop view load_status")
    assert loader.manage_tables("create")["granted"]
    loader.put_folder(month)
    loader.load("2018-11-12", "2018-11-13")
    assert loader.manage_tables("reset", "reset")["granted"]


def test_every_ddl_file_is_in_the_list_of_tables() -> None:
    assert sorted(TABLES) == sorted(f"tables/{path.name}" for path in (sql_folder() / "tables").glob("*.sql"))
