"""The cluster's DAGs, run task by task in this process; what asks to be looked at later is looked at again at once."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import TriggerRule
from airflow.sdk.exceptions import AirflowRescheduleException, DownstreamTasksSkipped
from airflow.sdk.execution_time.context import VariableAccessor

from tests.cluster.front import Front
from tests.pipeline import VARIABLES, execute, load_dag

NAME = "sparkify-test"
REGION = "us-west-2"
ROLE, WORKER = f"{NAME}-{REGION}-copy", f"{NAME}-{REGION}-worker"
UP = {"name": NAME, "ingress_cidr": "203.0.113.0/24"}
DOWN = {"name": NAME, "confirm": NAME}
SERVERLESS = {**UP, "kind": "serverless"}
_LOOKS = 20


class Runs:
    """Runs of the cluster's DAGs against a front.

    :ivar front: what stands for AWS.
    :ivar failed: by task, what the last run's tasks raised.
    """

    def __init__(self, front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
        self.front = front
        self.failed: dict[str, Exception] = {}
        self.set_variable = lambda name, value: monkeypatch.setenv(f"AIRFLOW_VAR_{name.upper()}", value)
        worker = {
            "conn_type": "aws",
            "login": "operator",
            "password": "the-operators-secret-key",
            "extra": {"endpoint_url": front.url, "region_name": "us-west-2"},
        }
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(worker))
        # A failure that a test asks for is met by the DAG, not by boto3's own further tries.
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        # Without it each client reads botocore's descriptions anew: most of a run's time.
        monkeypatch.setenv("AIRFLOW__AWS__SESSION_FACTORY", "sparkify.aws_session.SharedLoaderSessionFactory")
        own = {"sparkify_source": "s3://music/raw", "sparkify_manifest_prefix": "s3://scratch/manifests/"}
        for name, value in {**VARIABLES, **own}.items():
            self.set_variable(name, value)

    def up(self, form: dict[str, Any] | None = None, *, until: str = "wait_until_available") -> dict[str, Any]:
        """Run sparkify_cluster_up; without a warehouse to connect to it ends at `until`."""
        return self.run("sparkify_cluster_up", form or UP, until=until)

    def down(self, **form: Any) -> dict[str, Any]:
        """Run sparkify_cluster_down."""
        return self.run("sparkify_cluster_down", {**DOWN, **form})

    def pause(self, action: str) -> dict[str, Any]:
        """Run sparkify_cluster_pause."""
        return self.run("sparkify_cluster_pause", {"name": NAME, "action": action})

    def run(self, dag_id: str, form: dict[str, Any], *, until: str | None = None) -> dict[str, Any]:
        """Run a DAG's tasks in their order; behind a failed one only those whose trigger rule says so.

        :return: what the tasks returned; those that were skipped are missing.
        :raises Exception: what the first task raised that failed; the others' is in :attr:`failed`.
        """
        dag = load_dag(dag_id)
        context = self.context(dag, form)
        results: dict[str, Any] = {}
        skipped: set[str] = set()
        self.failed = {}
        for task in dag.topological_sort():
            if task.task_id in skipped and not (
                task.trigger_rule == TriggerRule.ALL_DONE_MIN_ONE_SUCCESS and task.upstream_task_ids & set(results)
            ):
                continue
            try:
                results[task.task_id] = _until_done(task, context)
            except DownstreamTasksSkipped:
                skipped |= task.get_flat_relative_ids(upstream=False)
            except Exception as error:  # noqa: BLE001  (raised below, after what runs all the same)
                self.failed[task.task_id] = error
                skipped |= task.get_flat_relative_ids(upstream=False)
            if task.task_id == until:
                break
        if self.failed:
            raise next(iter(self.failed.values()))
        return results

    def context(self, dag: Any, form: dict[str, Any]) -> Any:
        """A manual run's context."""
        for name, value in form.items():
            dag.params[name] = value
        params = dag.params.validate()
        run = SimpleNamespace(
            dag_id=dag.dag_id, run_id="manual__1", run_after=datetime(2026, 11, 1, tzinfo=UTC), logical_date=None
        )
        task_instance = SimpleNamespace(
            dag_id=dag.dag_id, run_id=run.run_id, try_number=1, get_first_reschedule_date=lambda _: None
        )
        return {
            "dag_run": run,
            "run_id": run.run_id,
            "params": params,
            "ti": task_instance,
            "var": {"value": VariableAccessor(deserialize_json=False)},
        }


def _until_done(task: Any, context: Any) -> Any:
    for _ in range(_LOOKS):
        try:
            return execute(task, context)
        except AirflowRescheduleException:
            continue
    raise AssertionError(f"{task.task_id} looked {_LOOKS} times and is not done")
