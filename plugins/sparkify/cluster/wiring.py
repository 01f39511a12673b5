"""What the DAGs that make, pause and remove a cluster say alike: two fields of their forms, and how their tasks run."""

from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from sparkify.alerts import task_failed
from sparkify.cluster.form import MAX_NAME, NAME_PATTERN, REGION_PATTERN
from sparkify.retry_policy import WarehouseRetryPolicy

# The arguments by which a task knows its cluster. The Variable has no default: the DAG file of sparkify_etl says why.
CLUSTER = {
    "cluster": "{{ params.name }}",
    "region": "{{ params.region or var.value.sparkify_region }}",
}


def task_defaults() -> dict[str, Any]:
    """Return `default_args`: AWS's own delays and refusals for a moment pass within three tries."""
    return {
        "owner": "data-engineering",
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": WarehouseRetryPolicy(),
        "execution_timeout": timedelta(minutes=15),
        "on_failure_callback": task_failed,
    }


def name_field(description: str) -> Param:
    """Return the form's field for the cluster's name."""
    return Param(
        "sparkify",
        type="string",
        pattern=NAME_PATTERN,
        maxLength=MAX_NAME,
        title="Name",
        description=description,
    )


def region_field(note: str = "") -> Param:
    """Return the form's field for the region.

    :param note: what to say beside what an empty one means.
    """
    return Param(
        None,
        type=["null", "string"],
        pattern=REGION_PATTERN,
        title="Region",
        description=f"Empty: the Variable sparkify_region. {note}".rstrip(),
    )
