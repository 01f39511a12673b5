"""The names and the tag of everything that a cluster consists of: known from the cluster's name and region alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sparkify.cluster.errors import ForeignResourceError

# What marks a resource as one that we have made, and may delete; its value is the cluster's name.
TAG = "sparkify:cluster"
# Every name begins so, so that the policy of those who run the DAGs can be limited to such names.
PREFIX = "sparkify"
COPY_POLICY = "read-source"


@dataclass(frozen=True)
class Names:
    """What belongs to one cluster.

    :ivar cluster: the provisioned cluster; of serverless the namespace and the workgroup.
    :ivar region: its AWS region. IAM is the whole account's, so there the names tell clusters of one name in two
        regions apart.
    """

    cluster: str
    region: str

    @property
    def subnet_group(self) -> str:
        """The subnet group of a provisioned cluster."""
        return self.cluster

    @property
    def security_group(self) -> str:
        """The security group."""
        return f"{self.cluster}-redshift"

    @property
    def role(self) -> str:
        """The role that Redshift assumes for COPY."""
        return f"{self.cluster}-{self.region}-copy"

    @property
    def worker_policy(self) -> str:
        """The managed policy for Airflow's workers."""
        return f"{self.cluster}-{self.region}-worker"

    def final_snapshot(self, created: datetime) -> str:
        """The final snapshot of the cluster that was created at a moment: the same for every try, new for each life."""
        return f"{self.cluster}-final-{created:%Y%m%d%H%M%S}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of all that is made."""
        return {"Project": "sparkify", TAG: self.cluster}

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags as Redshift, EC2 and IAM want them."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    @property
    def lower_tag_list(self) -> list[dict[str, str]]:
        """The tags as Redshift Serverless wants them."""
        return [{"key": key, "value": value} for key, value in self.tags.items()]

    def owns(self, tags: Iterable[Mapping[str, str]] | None) -> bool:
        """Tell whether a resource with these tags, of any service, is of this cluster."""
        found = {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in tags or ()}
        return found.get(TAG) == self.cluster

    def require(self, what: str, tags: Iterable[Mapping[str, str]] | None) -> None:
        """Refuse to go on with a resource that is not ours.

        :param what: the resource, for the message.
        :raises ForeignResourceError: if it does not carry the tag.
        """
        if not self.owns(tags):
            raise ForeignResourceError(
                f"{what} exists and does not carry the tag {TAG}={self.cluster}: it is not this DAG's, and stays "
                "untouched. Choose another name for the cluster, or remove it yourself"
            )
