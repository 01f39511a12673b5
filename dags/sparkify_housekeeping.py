"""
# Sparkify: what failed runs have left

A run that succeeds drops its staging table and deletes its manifests itself. One that fails keeps them, for diagnosis.
Once a day this DAG removes those that are older than the Variable `sparkify_keep_days` says, 7 as a rule: staging
tables by their run's last record in `load_audit`, manifests by S3's own date.

Never removed are the table of a run that is queued or running, and a table or object that no run of ours has made; the
log names the former by number and the latter by name. Start it by hand at any time; twice does no harm.
"""

from datetime import timedelta

import jinja2
from airflow.sdk import DAG, CronDataIntervalTimetable

from sparkify.alerts import task_failed
from sparkify.operators.delete_manifests import DeleteOldManifestsOperator
from sparkify.operators.drop_staging import DropOldStagingOperator
from sparkify.retry_policy import WarehouseRetryPolicy
from sparkify.sql_files import sql_folder

# No Variable has a default; sparkify_etl says why.
age = {
    "keep_days": "{{ var.value.sparkify_keep_days }}",
    "before": "{{ dag_run.run_after.isoformat() }}",
}

with DAG(
    dag_id="sparkify_housekeeping",
    description="Daily: remove what failed runs have left, by age",
    doc_md=__doc__,
    tags=["sparkify", "daily"],
    schedule=CronDataIntervalTimetable("30 3 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "data-engineering",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": WarehouseRetryPolicy(),
        "execution_timeout": timedelta(minutes=10),
        "on_failure_callback": task_failed,
    },
    template_searchpath=[str(sql_folder())],
    template_undefined=jinja2.StrictUndefined,
) as dag:
    DropOldStagingOperator(
        task_id="drop_old_staging",
        doc_md="Drop the staging tables of failed runs.",
        template="staging.events",
        **age,
    )
    DeleteOldManifestsOperator(
        task_id="delete_old_manifests",
        doc_md="Delete the manifests of failed tries.",
        of_dag="sparkify_etl",
        manifest_prefix="{{ var.value.sparkify_manifest_prefix }}",
        region="{{ var.value.sparkify_region }}",
        **age,
    )
