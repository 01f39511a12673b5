"""
# Sparkify: the warehouse's tables

Creates, migrates or resets the tables and views in `sql/tables`, in one transaction; each migration has one of its own.
Then it lets the group `sparkify_analysts` read, if there is one. Start it by hand.

- **create** makes what is missing and leaves the rest alone. Safe at any time.
- **migrate** creates, then applies the migrations in `sql/migrations` that this warehouse has not had.
- **reset** drops all of these tables with their rows, and creates them empty. Type `reset` in `confirm`; nothing
  happens otherwise. Tables that this project does not create are not touched. Pause `sparkify_etl` and let its runs end
  first: they would fail. Load the rows again by a backfill.
- **grants** only gives the group its rights, and fails if there is none. The cluster's owner makes it and the user that
  loads, once, by `sql/grants/users.sql`.
"""

from datetime import timedelta

import jinja2
from airflow.sdk import DAG, Param

from sparkify.alerts import task_failed
from sparkify.operators.manage_tables import ACTIONS, ManageTablesOperator
from sparkify.retry_policy import WarehouseRetryPolicy
from sparkify.sql_files import sql_folder
from sparkify.tables import GRANTS, MIGRATIONS, TABLES

with DAG(
    dag_id="sparkify_tables",
    description="By hand: create, migrate or reset the warehouse's tables, let analysts read",
    doc_md=__doc__,
    tags=["sparkify", "manual"],
    schedule=None,
    max_active_runs=1,
    default_args={
        "owner": "data-engineering",
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": WarehouseRetryPolicy(),
        "execution_timeout": timedelta(minutes=10),
        "on_failure_callback": task_failed,
    },
    params={
        "action": Param("create", type="string", enum=list(ACTIONS), title="What to do"),
        "confirm": Param(
            "",
            type="string",
            title="Confirmation",
            description="For a reset, which drops all rows: type reset.",
        ),
    },
    template_searchpath=[str(sql_folder())],
    template_undefined=jinja2.StrictUndefined,
) as dag:
    ManageTablesOperator(
        task_id="manage_tables",
        action="{{ params.action }}",
        confirm="{{ params.confirm }}",
        tables=list(TABLES),
        migrations=list(MIGRATIONS),
        grants=list(GRANTS),
    )
