"""A provisioned cluster: found, compared with what is asked for, made by the provider's own operator."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkify.cluster.account import found, not_yet, refusal
from sparkify.cluster.errors import ClusterError
from sparkify.cluster.form import UpForm
from sparkify.cluster.names import Names

if TYPE_CHECKING:
    from airflow.sdk import Context

# From these a cluster comes to no other by itself, but for its end.
HOPELESS = {
    *("deleting", "final-snapshot", "hardware-failure", "incompatible-hsm", "incompatible-network"),
    *("incompatible-parameters", "incompatible-restore", "storage-full"),
}


def find(redshift: Any, names: Names) -> dict[str, Any] | None:
    """Return the cluster, None if there is none.

    :raises ForeignResourceError: if it is not ours.
    """
    answer = found(
        lambda: redshift.describe_clusters(ClusterIdentifier=names.cluster), "ClusterNotFound", "ClusterNotFoundFault"
    )
    if answer is None:
        return None
    [cluster] = answer["Clusters"]
    names.require(f"Redshift cluster {names.cluster}", cluster.get("Tags"))
    return dict(cluster)


def differences(cluster: dict[str, Any], form: UpForm) -> list[str]:
    """Tell in what a cluster that is there differs from the form: none of it is changed by making it again."""
    wanted = {
        "NodeType": form.node_type,
        "NumberOfNodes": form.nodes,
        "DBName": form.database,
        "MasterUsername": form.admin_user,
        "PubliclyAccessible": form.publicly_accessible,
        "Encrypted": True,
    }
    found = {key: cluster.get(key) for key in wanted}
    if port := cluster.get("Endpoint", {}).get("Port"):
        wanted["Port"], found["Port"] = form.port, port
    return [f"{key} is {found[key]}, the form says {value}" for key, value in wanted.items() if found[key] != value]


def arguments(form: UpForm, *, role_arn: str, security_group_id: str, subnet_group: str) -> dict[str, Any]:
    """The provider's operator's arguments for a cluster."""
    return {
        "cluster_identifier": form.name,
        "node_type": form.node_type,
        "cluster_type": "single-node" if form.nodes == 1 else "multi-node",
        "number_of_nodes": form.nodes,
        "db_name": form.database,
        "master_username": form.admin_user,
        # Redshift makes the password and keeps it in Secrets Manager; see _ManagedPasswordHook.
        "master_user_password": "",
        "port": form.port,
        "vpc_security_group_ids": [security_group_id],
        "cluster_subnet_group_name": subnet_group,
        "publicly_accessible": form.publicly_accessible,
        "encrypted": True,
        "iam_roles": [role_arn],
        "default_iam_role_arn": role_arn,
        "tags": form.names.tag_list,
        "deferrable": False,
        "wait_for_completion": False,
        # By default the operator deletes a cluster, without a snapshot, that took longer than it waited.
        "delete_cluster_on_failure": False,
    }


def create(conn_id: str, region: str, arguments: dict[str, Any], context: "Context") -> None:
    """Create a cluster; does not wait.

    :raises NotYetError: if AWS does not know the new role everywhere yet.
    """
    from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook
    from airflow.providers.amazon.aws.operators.redshift_cluster import RedshiftCreateClusterOperator

    class _ManagedPasswordHook(RedshiftHook):
        """The provider's hook always sends a password; AWS makes one itself only if none is sent."""

        def create_cluster(
            self,
            cluster_identifier: str,
            node_type: str,
            master_username: str,
            master_user_password: str,  # noqa: ARG002
            params: dict[str, Any],
        ) -> dict[str, Any]:
            client: Any = self.conn
            answer = client.create_cluster(
                ClusterIdentifier=cluster_identifier,
                NodeType=node_type,
                MasterUsername=master_username,
                ManageMasterPassword=True,
                **params,
            )
            return dict(answer)

    class _CreateCluster(RedshiftCreateClusterOperator):
        aws_hook_class = _ManagedPasswordHook

    operator = _CreateCluster(task_id="create", aws_conn_id=conn_id, region_name=region, **arguments)
    role = arguments["default_iam_role_arn"]
    # "The IAM role is not valid. …", with the ARN or without.
    with not_yet(role, "InvalidParameterValue", "InvalidParameterCombination", "ValidationError", about="IAM role"):
        refusal(lambda: operator.execute(context), "ClusterAlreadyExists")


def delete(conn_id: str, region: str, name: str, snapshot: str | None, context: "Context") -> bool:
    """Begin to delete a cluster; return False if it is busy with something else. Does not wait.

    :param snapshot: the final snapshot's name, None for none.
    """
    from airflow.providers.amazon.aws.operators.redshift_cluster import RedshiftDeleteClusterOperator

    operator = RedshiftDeleteClusterOperator(
        task_id="delete",
        aws_conn_id=conn_id,
        region_name=region,
        cluster_identifier=name,
        skip_final_cluster_snapshot=snapshot is None,
        final_cluster_snapshot_identifier=snapshot,
        wait_for_completion=False,
        deferrable=False,
        max_attempts=1,
    )
    busy = refusal(lambda: operator.execute(context), "InvalidClusterState", "InvalidClusterStateFault")
    return busy is None


def snapshots(redshift: Any, names: Names) -> list[dict[str, Any]]:
    """Return the manual snapshots of a cluster of this name, those of its earlier lives included."""
    pages = redshift.get_paginator("describe_cluster_snapshots").paginate(
        ClusterIdentifier=names.cluster, SnapshotType="manual"
    )
    return [snapshot for page in pages for snapshot in page["Snapshots"]]


def created(cluster: dict[str, Any]) -> datetime:
    """When a cluster was created.

    :raises ClusterError: if AWS does not say yet.
    """
    moment = cluster.get("ClusterCreateTime")
    if not isinstance(moment, datetime):
        raise ClusterError(f"{cluster['ClusterIdentifier']} is still being created: wait until it is available")
    return moment
