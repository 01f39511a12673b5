"""The first and the last steps of sparkify_cluster_down; what takes time in between is in the sensors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparkify.cluster import access
from sparkify.cluster.cluster_operator import ClusterOperator
from sparkify.cluster.errors import ClusterError, ForeignResourceError, NotYetError
from sparkify.cluster.survey import snapshots, survey

if TYPE_CHECKING:
    from airflow.sdk import Context


class ConfirmRemovalOperator(ClusterOperator):
    """Check the confirmation, and say what will be deleted; deletes nothing.

    :param confirm: must be the cluster's name (templated).
    """

    template_fields: Sequence[str] = (*ClusterOperator.template_fields, "confirm")

    def __init__(self, *, confirm: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.confirm = confirm

    def execute(self, context: "Context") -> dict[str, list[str]]:  # noqa: ARG002
        """Look, and return what is ours and what of the same names is not.

        :raises ClusterError: if the confirmation is not the name.
        """
        if self.confirm != self.names.cluster:
            raise ClusterError(
                f"confirm says {self.confirm!r}: type the cluster's name, {self.names.cluster}, to have it deleted "
                "with all that was made for it. Nothing was done"
            )
        found = survey(self.aws, self.names)
        self.log.info(
            "To be deleted in %s: %s",
            self.region,
            ", ".join(found.present) or "nothing: it is gone already, or in another region",
        )
        for line in found.foreign:
            self.log.warning("Left alone: %s", line)
        return {"ours": found.present, "foreign": found.foreign}


class DeleteAccessOperator(ClusterOperator):
    """Delete the role and the workers' policy; says what somebody else's use keeps. Idempotent."""

    def execute(self, context: "Context") -> list[str]:  # noqa: ARG002
        """Delete them; return why one stays."""
        iam = self.aws.client("iam")
        stay = []
        for remove in (
            lambda: access.remove_role(iam, self.names),
            lambda: access.remove_policy(iam, self.names, self.aws.account),
        ):
            try:
                why = remove()
            except ForeignResourceError as error:
                why = str(error)
            if why:
                self.log.warning("%s", why)
                stay.append(why)
        return stay


class ReportRestOperator(ClusterOperator):
    """Say what is left of the cluster: snapshots, what is still used, and what never was ours. Changes nothing."""

    def execute(self, context: "Context") -> dict[str, list[str]]:  # noqa: ARG002
        """Look, and return it.

        :raises NotYetError: if something of ours is left, but for a workers' policy that is attached to somebody: that
            one is to stay. Deletions show late in IAM and EC2, so another look is worth its while.
        """
        found = survey(self.aws, self.names)
        kept = snapshots(self.aws, self.names)
        self.log.info("Left of ours in %s: %s", self.region, ", ".join(found.present) or "nothing")
        for line in found.foreign:
            self.log.info("Not ours, left alone: %s", line)
        if kept:
            self.log.info(
                "Snapshots, kept until you delete them, and billed for their size by the month: %s", ", ".join(kept)
            )
        if left := found.undeleted:
            raise NotYetError(
                f"left of {self.names.cluster} in {self.region}: {', '.join(left)}. The log of the step that deletes "
                "it says why; clear that step, with those behind it, or run this DAG again"
            )
        return {"ours": found.present, "foreign": found.foreign, "snapshots": kept}
