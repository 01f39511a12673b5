"""sparkify_cluster_up to its end: from nothing to tables, the connection `redshift` leading to the stand-in."""

import json
from typing import Any

import psycopg
import pytest

from local.warehouse import Warehouse
from sparkify.cluster.errors import ClusterError
from sparkify.failures import WarehouseError
from tests.cluster.front import Front
from tests.cluster.runs import NAME, SERVERLESS, UP, Runs
from tests.ports import named_ports

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
    assert "sql/grants/bootstrap.sql" in advice
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


def test_a_tunnel_to_another_warehouse_is_found_out(
    runs: Runs, front: Front, warehouse: Warehouse, connect: Any
) -> None:
    # The double names the namespace; the stand-in, like any other database, does not answer with it.
    connect()
    with pytest.raises(ClusterError, match=r"(?s)current_namespace.*Set the connection"):
        runs.up({**SERVERLESS, "database": warehouse.redshift.database}, until="check_connection")
