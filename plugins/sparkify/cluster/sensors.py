"""Waiting: until a cluster is in the state that is wanted, and step by step until it is gone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparkify.cluster import network, provisioned, serverless
from sparkify.cluster.cluster_operator import ClusterSensor
from sparkify.cluster.errors import ClusterError, ForeignResourceError

if TYPE_CHECKING:
    from airflow.sdk import Context


class ClusterStatusSensor(ClusterSensor):
    """Wait until the cluster, or namespace and workgroup, has a status.

    :param target: `available` or `paused` (templated).
    """

    template_fields: Sequence[str] = (*ClusterSensor.template_fields, "target")

    def __init__(self, *, target: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = target

    def poke(self, context: "Context") -> bool:  # noqa: ARG002
        """Look.

        :raises ClusterError: if it is not there, or in a state that waiting does not end.
        """
        cluster = provisioned.find(self.aws.client("redshift"), self.names)
        if cluster is not None:
            status = str(cluster["ClusterStatus"])
            self.log.info("Cluster %s is %s", self.names.cluster, status)
            if status in provisioned.HOPELESS:
                raise ClusterError(f"cluster {self.names.cluster} is {status}: waiting does not make it {self.target}")
            return status == self.target
        client = self.aws.client("redshift-serverless")
        namespace = serverless.find_namespace(client, self.names)
        workgroup = serverless.find_workgroup(client, self.names)
        if namespace is None or workgroup is None:
            raise ClusterError(f"there is no cluster and no whole serverless workgroup {self.names.cluster}")
        statuses = [str(namespace["status"]), str(workgroup["status"])]
        self.log.info("Namespace and workgroup %s are %s", self.names.cluster, " and ".join(statuses))
        if "DELETING" in statuses:
            raise ClusterError(f"{self.names.cluster} is being deleted")
        return statuses == ["AVAILABLE", "AVAILABLE"]


class DeleteWarehouseSensor(ClusterSensor):
    """Delete the cluster, or workgroup and namespace: each look takes the next possible step, until all is gone.

    Deleted is a cluster by the provider's RedshiftDeleteClusterOperator. What does not carry our tag is left alone. Run
    twice, there is nothing to do.

    :param final_snapshot: `True` or `False`: whether to keep one (templated).
    """

    template_fields: Sequence[str] = (*ClusterSensor.template_fields, "final_snapshot")

    def __init__(self, *, final_snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.final_snapshot = final_snapshot

    def poke(self, context: "Context") -> bool:
        """Take the next step; True once nothing of ours is there."""
        if self.final_snapshot not in ("True", "False"):
            raise ClusterError(f"final_snapshot: {self.final_snapshot!r} is neither True nor False")
        keep = self.final_snapshot == "True"
        cluster = _or_none(lambda: provisioned.find(self.aws.client("redshift"), self.names))
        if cluster is not None:
            self._delete(cluster, keep, context)
            return False
        client = self.aws.client("redshift-serverless")
        return _or_none(lambda: serverless.delete_step(client, self.names, snapshot=keep, log=self.log)) is not False

    def _delete(self, cluster: dict[str, Any], keep: bool, context: "Context") -> None:
        status = cluster["ClusterStatus"]
        self.log.info("Cluster %s is %s", self.names.cluster, status)
        if status in ("deleting", "final-snapshot"):
            return
        snapshot = self.names.final_snapshot(provisioned.created(cluster)) if keep else None
        if provisioned.delete(self.aws_conn_id, self.region, self.names.cluster, snapshot, context):
            self.log.info("Deleting it, %s", f"with the final snapshot {snapshot}" if snapshot else "without snapshot")
        else:
            self.log.info("It is busy; looking again later")


class DeleteNetworkSensor(ClusterSensor):
    """Delete the subnet group and the security group; waits while something still uses them, and says what.

    AWS frees a cluster's network interfaces some time after the cluster is gone. Run twice, there is nothing to do.
    """

    def poke(self, context: "Context") -> bool:  # noqa: ARG002
        """Delete; True once nothing of ours is there."""
        why = _or_none(lambda: network.remove_subnet_group(self.aws.client("redshift"), self.names))
        stay = [why] if why else []
        stay += network.remove_security_groups(self.aws.client("ec2"), self.names)
        for line in stay:
            self.log.info("Not yet: %s", line)
        return not stay


def _or_none(find: Any) -> Any:
    """Foreign resources are reported by the first and the last task; here they are as if not there."""
    try:
        return find()
    except ForeignResourceError:
        return None
