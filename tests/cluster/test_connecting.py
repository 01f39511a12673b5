"""Which connections may lead to a cluster, told from what they name."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk import Connection

from sparkify.cluster.account import default_region
from sparkify.cluster.connecting import BOOTSTRAP_USER, Target
from sparkify.sql_files import sql_folder
from sparkify.tables import TABLES
from tests.cluster.runs import NAME
from tests.pipeline import load_dag

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
    assert re.findall(r"sql/grants/\w+\.sql", advice) == ["sql/grants/users.sql", "sql/grants/bootstrap.sql"]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (CLUSTER, "sql/grants/bootstrap.sql in the database sparkify; attached"),
        (replace(CLUSTER, loader="etl"), "sparkify, with etl in place of sparkify_loader (docs/security.md); attached"),
        (WORKGROUP, 'sparkify, with "IAMR:<the workers\' role>" in place of sparkify_loader (docs/security.md);'),
    ],
    ids=["as it stands", "another user", "serverless"],
)
def test_the_advice_names_the_user_that_the_workers_will_be(target: Target, told: str) -> None:
    assert told in target.advice("redshift")


def test_the_scripts_that_are_advised_are_about_the_user_that_the_advice_means() -> None:
    users, rights = ((sql_folder() / "grants" / name).read_text() for name in ("users.sql", "bootstrap.sql"))
    assert f"create user {BOOTSTRAP_USER} " in users
    assert f"to {BOOTSTRAP_USER};" in rights


def test_the_check_asks_for_every_schema_in_which_tables_are_made() -> None:
    names = re.findall(r"^create table if not exists (?:(\w+)\.)?\w+", _all_tables(), re.MULTILINE)
    check: Any = load_dag("sparkify_cluster_up").get_task("check_connection")
    assert set(check.schemas) == {schema or "public" for schema in names}


def _all_tables() -> str:
    return "\n".join((sql_folder() / name).read_text() for name in TABLES)


@pytest.mark.parametrize(
    ("extra", "environment", "region"),
    [
        ({"region_name": "us-east-1"}, "eu-west-1", "us-east-1"),
        ({}, "eu-west-1", "eu-west-1"),
        ({}, None, None),
    ],
    ids=["the connection's", "the environment's", "none"],
)
def test_hooks_that_are_given_no_region_ask_in_that_of_the_connection(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, str], environment: str | None, region: str | None
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws", "extra": extra}))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    if environment:
        monkeypatch.setenv("AWS_DEFAULT_REGION", environment)
    assert default_region("aws_default") == region
