"""What the identity that runs the DAGs sparkify_cluster_* must be allowed, and nothing beyond it.

`python -m sparkify.cluster.operator_policy ACCOUNT REGION` prints it.
"""

import sys

from sparkify.cluster.account import Account
from sparkify.cluster.names import PREFIX, TAG
from sparkify.cluster.policies import Document, allow, as_text, document

# Sids of what AWS does in the caller's name, so that no call of ours shows it.
ON_BEHALF = {
    *("TagInRedshift", "FinalSnapshot", "TagInServerless", "FinalServerlessSnapshot", "TagSecurityGroup", "TagInIam"),
    *("RedshiftLooksAround", "RedshiftLooksAtVpc", "GiveRoleToRedshift", "RedshiftsOwnRole"),
    *("AdminPassword", "DrawAdminPassword"),
}
# Actions for which AWS offers no narrower resource than the star, by the Service Authorization Reference.
_BY_REDSHIFT = {
    *("ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones"),
    "ec2:DescribeInternetGateways",
}
WITHOUT_RESOURCE = _BY_REDSHIFT | {
    *("sts:GetCallerIdentity", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"),
    "ec2:DescribeNetworkInterfaces",
    *("redshift:DescribeClusterSubnetGroups", "redshift:DescribeClusterSnapshots", "secretsmanager:GetRandomPassword"),
}


def operator_policy(account: Account) -> Document:
    """Return the policy for one account and region.

    Actions are named one by one. Resources are those whose names begin with `sparkify`, or, where AWS gives them ids,
    those that carry our tag.
    """
    tagged = {"StringLike": {f"aws:ResourceTag/{TAG}": f"{PREFIX}*"}}
    tagging = {"StringLike": {f"aws:RequestTag/{TAG}": f"{PREFIX}*"}}
    here = {"StringEquals": {"aws:RequestedRegion": account.region}}
    return document(
        allow(
            "LookAround",
            sorted(WITHOUT_RESOURCE - _BY_REDSHIFT - {"sts:GetCallerIdentity", "secretsmanager:GetRandomPassword"}),
            ["*"],
            here,
        ),
        # Where it is to put the cluster, Redshift looks as the caller.
        allow("RedshiftLooksAround", sorted(_BY_REDSHIFT), ["*"], here),
        allow("RedshiftLooksAtVpc", ["ec2:DescribeVpcAttribute"], [account.arn("ec2", "vpc/*")]),
        allow("WhoAmI", ["sts:GetCallerIdentity"], ["*"]),
        *_provisioned(account, tagging),
        *_serverless(account, tagged, tagging),
        *_security_group(account, tagged, tagging),
        *_iam(account, tagging),
        allow(
            "AdminPassword",
            [f"secretsmanager:{action}Secret" for action in ("Create", "Describe", "Rotate", "Update", "Delete")]
            + ["secretsmanager:TagResource"],
            [account.arn("secretsmanager", "secret:redshift!*")],
        ),
        allow("DrawAdminPassword", ["secretsmanager:GetRandomPassword"], ["*"]),
    )


def _provisioned(account: Account, tagging: Document) -> list[Document]:
    def arn(kind: str) -> str:
        return account.arn("redshift", f"{kind}:{PREFIX}*")

    actions = ("DescribeClusters", "CreateCluster", "DeleteCluster", "PauseCluster", "ResumeCluster")
    return [
        allow("Cluster", [f"redshift:{action}" for action in actions], [arn("cluster")]),
        allow(
            "SubnetGroup",
            ["redshift:CreateClusterSubnetGroup", "redshift:DeleteClusterSubnetGroup"],
            [arn("subnetgroup")],
        ),
        allow("TagInRedshift", ["redshift:CreateTags"], [arn("cluster"), arn("subnetgroup")], tagging),
        allow("FinalSnapshot", ["redshift:CreateClusterSnapshot"], [f"{arn('snapshot')}/*"]),
    ]


def _serverless(account: Account, tagged: Document, tagging: Document) -> list[Document]:
    def do(*actions: str) -> list[str]:
        return [f"redshift-serverless:{action}" for action in actions]

    def arn(kind: str) -> str:
        return account.arn("redshift-serverless", f"{kind}/*")

    both = [arn("namespace"), arn("workgroup")]
    return [
        allow("LookAtServerless", do("GetNamespace", "GetWorkgroup", "ListTagsForResource"), both),
        allow("ListServerlessSnapshots", do("ListSnapshots"), [arn("snapshot")]),
        allow("MakeServerless", do("CreateNamespace", "CreateWorkgroup"), both, tagging),
        allow("DeleteServerless", do("DeleteNamespace", "DeleteWorkgroup"), both, tagged),
        allow("TagInServerless", do("TagResource"), both, tagging),
        allow("FinalServerlessSnapshot", do("CreateSnapshot"), [arn("namespace"), arn("snapshot")]),
    ]


def _security_group(account: Account, tagged: Document, tagging: Document) -> list[Document]:
    groups = [account.arn("ec2", "security-group/*")]
    changes = ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "DeleteSecurityGroup")
    return [
        allow("MakeSecurityGroup", ["ec2:CreateSecurityGroup"], groups, tagging),
        allow("MakeSecurityGroupInVpc", ["ec2:CreateSecurityGroup"], [account.arn("ec2", "vpc/*")]),
        allow("ChangeSecurityGroup", [f"ec2:{action}" for action in changes], groups, tagged),
        allow(
            "TagSecurityGroup",
            ["ec2:CreateTags"],
            groups,
            {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}},
        ),
    ]


def _iam(account: Account, tagging: Document) -> list[Document]:
    role = account.arn("iam", f"role/{PREFIX}*-{account.region}-copy", regional=False)
    policy = account.arn("iam", f"policy/{PREFIX}*-{account.region}-worker", regional=False)
    own = "aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift"
    services = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]
    roles = ("GetRole", "CreateRole", "UpdateAssumeRolePolicy", "DeleteRole")
    policies = ("GetPolicy", "CreatePolicy", "DeletePolicy", "GetPolicyVersion", "CreatePolicyVersion")
    return [
        allow(
            "Role",
            [f"iam:{action}" for action in (*roles, "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy")],
            [role],
        ),
        allow(
            "WorkersPolicy",
            [f"iam:{action}" for action in (*policies, "ListPolicyVersions", "DeletePolicyVersion")],
            [policy],
        ),
        allow("TagInIam", ["iam:TagRole", "iam:TagPolicy"], [role, policy], tagging),
        allow("GiveRoleToRedshift", ["iam:PassRole"], [role], {"StringEquals": {"iam:PassedToService": services}}),
        allow(
            "RedshiftsOwnRole",
            ["iam:CreateServiceLinkedRole"],
            [account.arn("iam", f"role/{own}", regional=False)],
            {"StringEquals": {"iam:AWSServiceName": "redshift.amazonaws.com"}},
        ),
    ]


if __name__ == "__main__":
    print(as_text(operator_policy(Account("aws", sys.argv[1], sys.argv[2])), indent=2))  # noqa: T201
