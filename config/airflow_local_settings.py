"""Imports that every task needs, made once, in the process that tasks are forked from.

Airflow reads this file from `$AIRFLOW_HOME/config` or anywhere on Python's path. Measured: without it a task of ours
takes 1.3 s of CPU before its first statement, with it less than 0.2 s. It costs the scheduler or the Celery worker some
memory, and it means that changed code in plugins/ is taken up when those are started again.
"""

import importlib
import inspect
import sys

_FORKING = {"scheduler", "worker"}
_NEEDED = (
    "airflow.providers.amazon.aws.hooks.redshift_sql",
    "airflow.providers.amazon.aws.hooks.s3",
    "airflow.providers.common.sql.operators.sql",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.providers.standard.operators.empty",
    "airflow.sdk.execution_time.task_runner",
    "sparkify.alerts",
    "sparkify.cluster.connecting",
    "sparkify.cluster.down",
    "sparkify.cluster.pausing",
    "sparkify.cluster.sensors",
    "sparkify.cluster.up",
    "sparkify.cluster.wiring",
    "sparkify.assets",
    "sparkify.insights",
    "sparkify.operators.data_quality",
    "sparkify.operators.decide_refresh",
    "sparkify.operators.delete_manifests",
    "sparkify.operators.drop_staging",
    "sparkify.operators.load_dimension",
    "sparkify.operators.load_fact",
    "sparkify.operators.manage_tables",
    "sparkify.operators.refresh_insights",
    "sparkify.operators.stage_to_redshift",
    "sparkify.retry_policy",
    "sparkify.sql_files",
    "sparkify.tables",
)

if _FORKING & set(sys.argv):
    for _name in _NEEDED:
        importlib.import_module(_name)
    importlib.import_module("sparkify.aws_session").warm()
    # The first asset asks every provider how its URIs are spelt: 25 ms of each task, asked here once.
    importlib.import_module("sparkify.assets").source_assets()
    # Drivers and hooks ask the stack who calls them. The first to ask resolves the file of every module there is, which
    # took a fifth of a task's CPU; asked here, the answer is inherited.
    inspect.stack()
