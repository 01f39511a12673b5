"""Pause and resume a provisioned cluster by the provider's operators."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparkify.cluster import provisioned, serverless
from sparkify.cluster.cluster_operator import ClusterOperator
from sparkify.cluster.errors import ClusterError

if TYPE_CHECKING:
    from airflow.sdk import Context

# Each action, the status that it leads to, and the one that it starts from.
ACTIONS = {"pause": ("paused", "available"), "resume": ("available", "paused")}


class PauseClusterOperator(ClusterOperator):
    """Pause or resume the cluster; does not wait. Nothing is done where it is so already.

    :param action: `pause` or `resume` (templated).
    """

    template_fields: Sequence[str] = (*ClusterOperator.template_fields, "action")

    def __init__(self, *, action: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.action = action

    def execute(self, context: "Context") -> str:
        """Do it, and return the status that is on its way.

        :raises ClusterError: if there is nothing to pause, or it is in another state.
        """
        from airflow.providers.amazon.aws.operators.redshift_cluster import (
            RedshiftPauseClusterOperator,
            RedshiftResumeClusterOperator,
        )

        if self.action not in ACTIONS:
            raise ClusterError(f"action: {self.action!r} is not one of {', '.join(ACTIONS)}")
        target, start = ACTIONS[self.action]
        cluster = provisioned.find(self.aws.client("redshift"), self.names)
        if cluster is None:
            if serverless.find_workgroup(self.aws.client("redshift-serverless"), self.names):
                raise ClusterError(f"{self.names.cluster} is serverless: idle, it costs no computing; nothing to pause")
            raise ClusterError(f"there is no cluster {self.names.cluster} in {self.region}")
        status = cluster["ClusterStatus"]
        if status in (target, {"paused": "pausing", "available": "resuming"}[target]):
            self.log.info("Cluster %s is %s: nothing to do", self.names.cluster, status)
            return target
        if status != start:
            raise ClusterError(f"cluster {self.names.cluster} is {status}: it can be {target} only from {start}")
        kind = RedshiftPauseClusterOperator if self.action == "pause" else RedshiftResumeClusterOperator
        kind(
            task_id=self.action,
            aws_conn_id=self.aws_conn_id,
            region_name=self.region,
            cluster_identifier=self.names.cluster,
            deferrable=False,
        ).execute(context)
        return target
