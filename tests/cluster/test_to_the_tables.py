"""sparkify_cluster_up to its end: from nothing to tables, the connection `redshift` leading to the stand-in."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.providers.common.sql.hooks.sql import DbApiHook

from local.warehouse import Warehouse
from sparkify.cluster.errors import ClusterError
from sparkify.failures import WarehouseError
from sparkify.sql_files import sql_folder
from tests.cluster.front import Front
from tests.cluster.runs import NAME, SERVERLESS, UP, Runs
from tests.ports import named_ports
from tests.warehouse.standin import Front as StandIn

pytestmark = pytest.mark.slow


@pytest.fixture
def connect(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the connection `redshift` to the stand-in, but for what is given."""

    def set_connection(**differing: Any) -> None:
        address = warehouse.redshift
        connection = {
            "conn_type": "redshift",
            "host": address.host,
            "port": address.port,
            "login": address.user,
            "password": address.password,
            "schema": address.database,
            "extra": {"ssl": False},
        }
        monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps({**connection, **differing}))

    return set_connection


@pytest.mark.parametrize("form", [UP, SERVERLESS], ids=["provisioned", "serverless"])
def test_up_ends_with_tables_and_no_secret_in_logs_or_results(
    form: dict[str, Any],
    runs: Runs,
    front: Front,
    warehouse: Warehouse,
    connect: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    front.serverless.tells_namespace = False
    connect()
    results = runs.up({**form, "database": warehouse.redshift.database}, until="create_tables")
    with psycopg.connect(warehouse.redshift.dsn, autocommit=True) as connection:
        connection.execute("select songplay_id from songplays limit 1")
    assert results["check_connection"] == {"user": "awsuser", "database": warehouse.redshift.database}
    assert results["create_tables"]["action"] == "create"
    told = capsys.readouterr().out + json.dumps(results)
    assert "create table if not exists songplays" in told
    for secret in ("the-operators-secret-key", warehouse.redshift.password):
        assert secret not in told


def test_a_connection_that_is_missing_or_leads_elsewhere_is_told_what_to_be(
    runs: Runs, front: Front, warehouse: Warehouse, connect: Any
) -> None:
    database = warehouse.redshift.database
    form = {**UP, "database": database}

    def refused(told: str, kind: type[Exception] = ClusterError) -> str:
        with pytest.raises(kind, match=told) as error:
            runs.up(form, until="check_connection")
        return str(error.value)

    advice = refused("connection 'redshift' is not defined")
    [line] = [line for line in advice.splitlines() if line.startswith("{")]
    host = front.client("redshift").describe_clusters()["Clusters"][0]["Endpoint"]["Address"]
    assert json.loads(line) == {
        "conn_type": "redshift",
        "host": host,
        "port": 5439,
        "schema": database,
        "login": "sparkify_loader",
        "extra": {
            "iam": True,
            "region": "us-west-2",
            "application_name": "sparkify",
            "cluster_identifier": NAME,
            "db_user": "sparkify_loader",
        },
    }
    assert "sql/grants/users.sql" in advice
    connect(host="other.abc.us-west-2.redshift.amazonaws.com")
    refused("leads elsewhere: its host is other.abc.us-west-2.redshift.amazonaws.com")
    connect(schema="dev2")
    refused("its database is dev2")
    connect(extra={"iam": True, "cluster_identifier": "other"})
    refused("it names other, the cluster is sparkify-test")
    connect(extra={"iam": True, "is_serverless": True, "serverless_work_group": NAME})
    refused("it is for serverless, which does not fit a provisioned cluster")
    connect(conn_type="postgres", port=named_ports(1)[0], extra={})
    assert line in refused("(?s)connecting to the warehouse.*Set the connection", WarehouseError)
    assert warehouse.redshift.password not in advice


def test_a_login_that_would_be_asked_for_in_another_region_is_told_so(
    runs: Runs, warehouse: Warehouse, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {**UP, "region": "us-west-2", "database": warehouse.redshift.database}
    worker = {**json.loads(os.environ["AIRFLOW_CONN_AWS_DEFAULT"])}
    east = {**worker, "extra": {**worker["extra"], "region_name": "us-east-1"}}
    told = "it asks for its login in us-east-1, the cluster is in us-west-2"

    def refused(asked: str) -> None:
        remedy = f"set region_name in the extra of {asked} to us-west-2"
        with pytest.raises(ClusterError, match=f"by {asked} {told}(?s:.*){remedy}"):
            runs.up(form, until="check_connection")

    monkeypatch.setenv("AIRFLOW_CONN_WORKERS", json.dumps(east))
    connect(conn_type="postgres", extra={"iam": True, "cluster-identifier": NAME, "aws_conn_id": "workers"})
    refused("workers")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(east))
    connect(extra={"iam": True, "cluster_identifier": NAME})
    refused("aws_default")
    # Who logs in by a password asks nobody.
    connect()
    runs.up(form, until="check_connection")


def run_as_advised(owner: psycopg.Connection[Any], name: str, user: str) -> list[str]:
    """Run a script as its header says, for a user; return what is there already."""
    script = (sql_folder().parent / name).read_text().replace("sparkify_loader", f'"{user}"')
    statements = DbApiHook.split_sql_string(script)
    if name == "sql/grants/bootstrap.sql":
        with owner.transaction():
            for statement in statements:
                owner.execute(statement.encode())
        return []
    there = []
    for statement in statements:
        try:
            owner.execute(statement.encode())
        except psycopg.errors.DuplicateObject as error:
            there.append(str(error))
    return there


def test_a_user_who_may_not_make_tables_is_told_so_before_and_may_after_what_is_advised(
    runs: Runs, front: Front, warehouse: Warehouse, connect: Any, tmp_path: Path
) -> None:
    front.serverless.tells_namespace = False
    # In lower case, to which names fold.
    user, password = "iamr:worker", "Loading-7x"
    form = {**SERVERLESS, "database": "rights"}
    changes = {"database": "rights", "users": {"cluster_owner": password}}
    try:
        with StandIn(warehouse, tmp_path, changes) as standin:
            address = standin.redshift
            as_owner = psycopg.connect(
                replace(address, database="rights", user="cluster_owner", password=password).dsn, autocommit=True
            )
            with as_owner as owner:
                logs_in = {"port": address.port, "password": password, "schema": "rights"}
                # Like one that IAM has made at the first login.
                owner.execute(f"create user \"{user}\" password '{password}'".encode())
                connect(**logs_in, login=user)
                with pytest.raises(
                    ClusterError, match=f"as {user}, who may not make tables in staging, insights"
                ) as no:
                    runs.up(form, until="create_tables")
                assert 'with "IAMR:<the workers\' role>" in place of sparkify_loader' in str(no.value)
                advised = re.findall(r"sql/grants/\w+\.sql", str(no.value))
                assert [len(run_as_advised(owner, name, user)) for name in advised] == [1, 0]
                owner.execute(f"create user newcomer password '{password}'".encode())
                connect(**logs_in, login="newcomer")
                with pytest.raises(ClusterError, match="may not make tables in public, staging, insights"):
                    runs.up(form, until="create_tables")
                connect(**logs_in, login=user)
                results = runs.up(form, until="create_tables")
                # For who runs them twice, and for another database of the cluster.
                assert [len(run_as_advised(owner, name, user)) for name in advised] == [2, 0]
        assert results["check_connection"]["user"] == user
        assert results["create_tables"]["granted"]
    finally:
        with psycopg.connect(warehouse.postgres.dsn("postgres"), autocommit=True) as server:
            server.execute("drop database if exists rights with (force)")
            server.execute('drop role if exists newcomer, "iamr:worker", sparkify_analysts, cluster_owner')


def test_a_tunnel_to_another_warehouse_is_found_out(
    runs: Runs, front: Front, warehouse: Warehouse, connect: Any
) -> None:
    # The double names the namespace; the stand-in, like any other database, does not answer with it.
    connect()
    with pytest.raises(ClusterError, match=r"(?s)current_namespace.*Set the connection"):
        runs.up({**SERVERLESS, "database": warehouse.redshift.database}, until="check_connection")
