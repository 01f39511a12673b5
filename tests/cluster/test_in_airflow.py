"""The DAGs run by Airflow itself, with its own database: states, skips, rescheduling, and what it stores."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.processes import clean_environment
from local.settings import ROOT
from local.warehouse import Warehouse
from tests.cluster.front import Front
from tests.cluster.runs import DOWN, UP
from tests.pipeline import VARIABLES

_PROGRAM = """
import json, sys
from airflow.sdk import BaseSensorOperator
from tests.pipeline import load_dag

for dag_id, form in json.loads(sys.argv[1]):
    dag = load_dag(dag_id)
    for task in dag.tasks:
        task.retries = 0
        if isinstance(task, BaseSensorOperator):
            task.poke_interval = 0.1
    run = dag.test(run_conf=form)
    print("RUN " + json.dumps([run.state, {task.task_id: task.state for task in run.get_task_instances()}]))
"""


@pytest.mark.slow
def test_airflow_runs_them_skips_what_a_dry_run_leaves_out_and_stores_no_secret(
    front: Front, warehouse: Warehouse, tmp_path: Path
) -> None:
    address = warehouse.redshift
    secret = "the-operators-secret-key"
    environment = clean_environment(
        {
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__AWS__SESSION_FACTORY": "sparkify.aws_session.SharedLoaderSessionFactory",
            "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT}",
            **{f"AIRFLOW_VAR_{name.upper()}": value for name, value in VARIABLES.items()},
            "AIRFLOW_VAR_SPARKIFY_MANIFEST_PREFIX": "s3://scratch/manifests/",
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(
                {
                    "conn_type": "aws",
                    "login": "operator",
                    "password": secret,
                    "extra": {"endpoint_url": front.url, "region_name": "us-west-2"},
                }
            ),
            "AIRFLOW_CONN_REDSHIFT": json.dumps(
                {
                    "conn_type": "redshift",
                    "host": address.host,
                    "port": address.port,
                    "login": address.user,
                    "password": address.password,
                    "schema": address.database,
                    "extra": {"ssl": False},
                }
            ),
        }
    )
    up = {**UP, "database": address.database}
    asked = [
        ("sparkify_cluster_up", {**up, "dry_run": True}),
        ("sparkify_cluster_up", up),
        ("sparkify_cluster_pause", {"name": UP["name"], "action": "pause"}),
        ("sparkify_cluster_down", {**DOWN, "confirm": "another"}),
        ("sparkify_cluster_down", DOWN),
        ("sparkify_cluster_down", DOWN),
    ]
    front.failures["redshift:DeleteClusterSubnetGroup"] = ["AccessDenied"]
    airflow = Path(sys.executable).with_name("airflow")
    subprocess.run([airflow, "db", "migrate"], env=environment, check=True, capture_output=True)
    done = _in_airflow(asked, environment, tmp_path)
    dry, made, paused, unconfirmed, stuck, removed = _runs(done.stdout)
    assert dry[0] == made[0] == paused[0] == removed[0] == "success"
    assert {task for task, state in dry[1].items() if state != "skipped"} == {"plan"}
    assert set(made[1].values()) == set(paused[1].values()) == set(removed[1].values()) == {"success"}
    assert front.client("redshift").describe_clusters()["Clusters"] == []
    assert unconfirmed[0] == "failed"
    assert {task for task, state in unconfirmed[1].items() if state != "upstream_failed"} == {"confirm"}
    # What fails in the middle keeps nothing from being deleted that does not need it, and is told at the end.
    assert stuck == [
        "failed",
        {
            **dict.fromkeys(("confirm", "delete_warehouse", "delete_access"), "success"),
            **{"delete_network": "failed", "report_rest": "failed", "removed": "upstream_failed"},
        },
    ]
    # `confirm` may look, `delete_network` may not: nothing is left, and the run is red all the same.
    front.failures["ec2:DescribeSecurityGroups"] = [None, "AccessDenied"]
    [refused] = _runs(_in_airflow(asked[-1:], environment, tmp_path).stdout)
    assert (refused[0], refused[1]["delete_network"], refused[1]["report_rest"]) == ("failed", "failed", "success")
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"hourly_usd" in stored
    for word in (secret, address.password):
        assert word.encode() not in stored
        assert word not in done.stdout + done.stderr


def _in_airflow(asked: list[Any], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run DAGs one after the other, each with its form."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(asked)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def _runs(output: str) -> list[Any]:
    return [json.loads(line.removeprefix("RUN ")) for line in output.splitlines() if line.startswith("RUN ")]
