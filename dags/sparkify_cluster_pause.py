"""
# Sparkify: pause or resume the warehouse

A paused cluster costs its storage only, keeps its data, and answers nobody. Pause `sparkify_etl` with it: its runs
would fail. Resuming takes some minutes. Serverless needs neither: it costs no computing while idle.

Only a cluster that `sparkify_cluster_up` has made is touched. Where it is so already, there is nothing to do.
"""

from datetime import timedelta

import jinja2
from airflow.sdk import DAG, Param

from sparkify.cluster.pausing import ACTIONS, PauseClusterOperator
from sparkify.cluster.sensors import ClusterStatusSensor
from sparkify.cluster.wiring import CLUSTER, name_field, region_field, task_defaults

with DAG(
    dag_id="sparkify_cluster_pause",
    description="By hand: pause or resume the Redshift cluster",
    doc_md=__doc__,
    tags=["sparkify", "manual", "aws"],
    schedule=None,
    max_active_runs=1,
    default_args=task_defaults(),
    params={
        "name": name_field("The cluster to pause or resume."),
        "action": Param("pause", type="string", enum=list(ACTIONS), title="What to do"),
        "region": region_field(),
    },
    template_undefined=jinja2.StrictUndefined,
) as dag:
    change = PauseClusterOperator(
        task_id="change", doc_md="Pause or resume it. Does not wait.", action="{{ params.action }}", **CLUSTER
    )
    wait = ClusterStatusSensor(
        task_id="wait",
        doc_md="Until it is so.",
        target="{{ {'pause': 'paused', 'resume': 'available'}[params.action] }}",
        mode="reschedule",
        poke_interval=30,
        timeout=timedelta(hours=1).total_seconds(),
        **CLUSTER,
    )
    change >> wait
