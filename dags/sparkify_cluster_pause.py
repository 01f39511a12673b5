"""
# Sparkify: pause or resume the warehouse

A paused cluster costs its storage only, keeps its data, and answers nobody. Pause `sparkify_etl` with it: its runs
would fail. Resuming takes some minutes. Serverless needs neither: it costs no computing while idle.

Only a cluster that `sparkify_cluster_up` has made is touched. Where it is so already, there is nothing to do.
"""

from datetime import timedelta

import jinja2
from airflow.sdk import DAG, Param

from sparkify.alerts import task_failed
from sparkify.cluster import form as fields
from sparkify.cluster.pausing import ACTIONS, PauseClusterOperator
from sparkify.cluster.sensors import ClusterStatusSensor
from sparkify.retry_policy import WarehouseRetryPolicy

cluster = {
    "cluster": "{{ params.name }}",
    "region": "{{ params.region or var.value.get('sparkify_region', 'us-west-2') }}",
}

with DAG(
    dag_id="sparkify_cluster_pause",
    description="By hand: pause or resume the Redshift cluster",
    doc_md=__doc__,
    tags=["sparkify", "manual", "aws"],
    schedule=None,
    max_active_runs=1,
    default_args={
        "owner": "data-engineering",
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": WarehouseRetryPolicy(),
        "execution_timeout": timedelta(minutes=15),
        "on_failure_callback": task_failed,
    },
    params={
        "name": Param("sparkify", type="string", pattern=fields.NAME_PATTERN, maxLength=fields.MAX_NAME, title="Name"),
        "action": Param("pause", type="string", enum=list(ACTIONS), title="What to do"),
        "region": Param(
            None,
            type=["null", "string"],
            pattern=fields.REGION_PATTERN,
            title="Region",
            description="Empty: the Variable sparkify_region.",
        ),
    },
    template_undefined=jinja2.StrictUndefined,
) as dag:
    change = PauseClusterOperator(
        task_id="change", doc_md="Pause or resume it. Does not wait.", action="{{ params.action }}", **cluster
    )
    wait = ClusterStatusSensor(
        task_id="wait",
        doc_md="Until it is so.",
        target="{{ {'pause': 'paused', 'resume': 'available'}[params.action] }}",
        mode="reschedule",
        poke_interval=30,
        timeout=timedelta(hours=1).total_seconds(),
        **cluster,
    )
    change >> wait
