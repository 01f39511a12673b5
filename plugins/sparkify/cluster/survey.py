"""What of a cluster is there, ours or of somebody else; reads only."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sparkify.cluster import access, network, provisioned, serverless
from sparkify.cluster.account import Aws
from sparkify.cluster.errors import ForeignResourceError
from sparkify.cluster.names import Names

Resource = dict[str, Any] | None


@dataclass
class Survey:
    """The resources that carry our tag, and what is said of those of the same names that do not.

    :ivar security_groups: of any VPC.
    """

    role: Resource = None
    policy: Resource = None
    subnet_group: Resource = None
    security_groups: list[dict[str, Any]] = field(default_factory=list)
    cluster: Resource = None
    namespace: Resource = None
    workgroup: Resource = None
    foreign: list[str] = field(default_factory=list)

    @property
    def present(self) -> list[str]:
        """What is ours, in words."""
        named = {
            "Redshift cluster": self.cluster and self.cluster["ClusterIdentifier"],
            "serverless workgroup": self.workgroup and self.workgroup["workgroupName"],
            "serverless namespace": self.namespace and self.namespace["namespaceName"],
            "subnet group": self.subnet_group and self.subnet_group["ClusterSubnetGroupName"],
            "IAM role": self.role and self.role["RoleName"],
            "IAM policy": self.policy and self.policy["PolicyName"],
        }
        groups = [f"security group {group['GroupName']} ({group['GroupId']})" for group in self.security_groups]
        return [f"{what} {name}" for what, name in named.items() if name] + groups

    @property
    def undeleted(self) -> list[str]:
        """What is ours and should be gone after a removal: all but a policy that is attached to somebody."""
        kept = self.policy and self.policy.get("AttachmentCount")
        return replace(self, policy=None).present if kept else self.present


def survey(aws: Aws, names: Names) -> Survey:
    """Look for everything of a cluster."""
    found = Survey()
    redshift, iam = aws.client("redshift"), aws.client("iam")
    serverless_client = aws.client("redshift-serverless")

    def ours(find: Callable[[], Resource]) -> Resource:
        try:
            return find()
        except ForeignResourceError as error:
            found.foreign.append(str(error))
            return None

    found.role = ours(lambda: access.find_role(iam, names))
    found.policy = ours(lambda: access.find_policy(iam, names, aws.account))
    found.subnet_group = ours(lambda: network.find_subnet_group(redshift, names))
    found.cluster = ours(lambda: provisioned.find(redshift, names))
    found.namespace = ours(lambda: serverless.find_namespace(serverless_client, names))
    found.workgroup = ours(lambda: serverless.find_workgroup(serverless_client, names))
    for group in network.find_security_groups(aws.client("ec2"), names):
        what = f"security group {names.security_group} ({group['GroupId']})"
        try:
            names.require(what, group.get("Tags"))
        except ForeignResourceError as error:
            found.foreign.append(str(error))
        else:
            found.security_groups.append(group)
    return found


def snapshots(aws: Aws, names: Names) -> list[str]:
    """Name the manual snapshots of clusters of this name, of both kinds."""
    manual = [item["SnapshotIdentifier"] for item in provisioned.snapshots(aws.client("redshift"), names)]
    return manual + [
        f"{item['snapshotName']} (serverless)"
        for item in serverless.snapshots(aws.client("redshift-serverless"), names)
    ]
