"""
# Sparkify: remove a Redshift warehouse

Deletes what `sparkify_cluster_up` has made under a name, in this order: the cluster, with a final snapshot unless you
decline it; then its subnet group and security group, and its role and the workers' policy. At the end it reports what
is left, whatever became of the steps before.

Type the cluster's name in *Confirmation*. Pause `sparkify_etl` and let its runs end first: they would fail.

**Only what carries the tag** `sparkify:cluster` with this name is deleted. What else bears one of the names stays, and
is named in the first and the last task's log. So does the workers' policy while it is attached to somebody: detach
it, and run this again.

**In one region.** A cluster of the same name in another region stays as it is, its role and policy too.

**Red or green.** The run is green if every step was, and nothing is left but a workers' policy that is attached to
somebody. Otherwise `report_rest` names what is left. A run that stopped half-way is completed by clearing its failed
task with those behind it, or by another run. When all is gone, there is nothing to do, and the run is green.

**Snapshots stay** until you delete them, and are billed by their size. *Restore* in the Redshift console brings the
data back; the final snapshot is named after the cluster and the moment of its creation.
"""

from datetime import timedelta

import jinja2
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param, TriggerRule

from sparkify.cluster import form as fields
from sparkify.cluster.down import ConfirmRemovalOperator, DeleteAccessOperator, ReportRestOperator
from sparkify.cluster.sensors import DeleteNetworkSensor, DeleteWarehouseSensor
from sparkify.cluster.wiring import CLUSTER, name_field, region_field, task_defaults

with DAG(
    dag_id="sparkify_cluster_down",
    description="By hand: final snapshot, then delete what sparkify_cluster_up has made",
    doc_md=__doc__,
    tags=["sparkify", "manual", "aws"],
    schedule=None,
    max_active_runs=1,
    default_args=task_defaults(),
    params={
        "name": name_field("The cluster to remove."),
        "confirm": Param(
            "",
            type="string",
            maxLength=fields.MAX_NAME,
            title="Confirmation",
            description="Type the cluster's name again.",
        ),
        "final_snapshot": Param(
            True,
            type="boolean",
            title="Final snapshot",
            description="Keep the data in one, billed by its size. Without, all rows are gone for good.",
        ),
        "region": region_field(),
    },
    template_undefined=jinja2.StrictUndefined,
) as dag:
    confirm = ConfirmRemovalOperator(
        task_id="confirm",
        doc_md="Check the confirmation, say what will be deleted. Deletes nothing.",
        confirm="{{ params.confirm }}",
        **CLUSTER,
    )
    delete_warehouse = DeleteWarehouseSensor(
        task_id="delete_warehouse",
        doc_md="Delete the cluster, or workgroup and namespace, and wait until it is gone.",
        final_snapshot="{{ params.final_snapshot }}",
        mode="reschedule",
        poke_interval=30,
        timeout=timedelta(hours=2).total_seconds(),
        **CLUSTER,
    )
    delete_network = DeleteNetworkSensor(
        task_id="delete_network",
        doc_md="Delete subnet group and security group, once nothing uses them; meanwhile say what does.",
        mode="reschedule",
        poke_interval=30,
        timeout=timedelta(hours=2).total_seconds(),
        **CLUSTER,
    )
    delete_access = DeleteAccessOperator(
        task_id="delete_access", doc_md="Delete the role and the workers' policy.", **CLUSTER
    )
    report_rest = ReportRestOperator(
        task_id="report_rest",
        doc_md="Say what is left, after failed steps, too; fails if it is more than is to stay.",
        # With `confirm` among those before it: whatever became of the deletions, but not if nothing was confirmed.
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
        **CLUSTER,
    )
    # The last task makes the run's state, and the report alone would hide a step that failed before it.
    removed = EmptyOperator(task_id="removed", doc_md="Reached only if every step succeeded.")
    deletions = [delete_network, delete_access]
    confirm >> delete_warehouse >> deletions
    [confirm, *deletions] >> report_rest
    [*deletions, report_rest] >> removed
