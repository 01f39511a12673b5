"""Which connections may lead to a cluster, told from what they name."""

import json
from typing import Any

import pytest
from airflow.sdk import Connection

from sparkify.cluster.connecting import Target
from tests.cluster.runs import NAME

CLUSTER = Target(
    name=NAME,
    region="us-west-2",
    host=f"{NAME}.abc.us-west-2.redshift.amazonaws.com",
    port=5439,
    database="sparkify",
    loader="sparkify_loader",
    serverless=False,
    namespace_id="0000",
    secret_arn=None,
)
WORKGROUP = Target(
    name=NAME,
    region="us-west-2",
    host=f"{NAME}.123456789012.us-west-2.redshift-serverless.amazonaws.com",
    port=5439,
    database="sparkify",
    loader="sparkify_loader",
    serverless=True,
    namespace_id="0000",
    secret_arn="arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!x",
)


def connection(**fields: Any) -> Connection:
    return Connection.from_json(json.dumps({"conn_type": "redshift", **fields}))


@pytest.mark.parametrize("target", [CLUSTER, WORKGROUP], ids=["provisioned", "serverless"])
def test_what_is_advised_fits_and_holds_no_password(target: Target) -> None:
    assert target.mismatch(connection(**target.connection)) is None
    assert "password" not in target.connection
    other = WORKGROUP if target is CLUSTER else CLUSTER
    assert other.mismatch(connection(**target.connection))


@pytest.mark.parametrize(
    ("target", "extra"),
    [
        (CLUSTER, {}),
        (CLUSTER, {"iam": True, "redshift": True, "cluster-identifier": NAME}),
        (WORKGROUP, {"iam": True, "redshift-serverless": True, "workgroup-name": NAME}),
    ],
    ids=["password", "postgres", "postgres, serverless"],
)
def test_other_forms_and_tunnels_may_lead_there(target: Target, extra: dict[str, Any]) -> None:
    for host in (target.host, target.host.upper(), "127.0.0.1", "warehouse.example.org"):
        assert target.mismatch(connection(host=host, schema="sparkify", extra=extra)) is None


@pytest.mark.parametrize(
    ("target", "fields", "told"),
    [
        (CLUSTER, {"host": "x.abc.us-west-2.redshift.amazonaws.com"}, "its host is x.abc"),
        (CLUSTER, {"host": "x.abc.cn-north-1.redshift.amazonaws.com.cn"}, "its host is x.abc"),
        (CLUSTER, {"schema": "dev"}, "its database is dev"),
        (CLUSTER, {"extra": {"iam": True, "cluster-identifier": "x"}}, "it names x"),
        (WORKGROUP, {"extra": {"iam": True, "cluster_identifier": NAME}}, "it is for a provisioned cluster"),
        (WORKGROUP, {"extra": {"iam": True, "redshift-serverless": True, "workgroup-name": "x"}}, "it names x"),
    ],
)
def test_a_connection_that_names_another_warehouse_leads_elsewhere(
    target: Target, fields: dict[str, Any], told: str
) -> None:
    assert told in str(target.mismatch(connection(**fields)))


def test_the_advice_names_the_secret_and_what_to_run() -> None:
    advice = WORKGROUP.advice("redshift")
    assert "Secrets Manager, arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!x" in advice
    assert "sql/grants/bootstrap.sql" in advice
