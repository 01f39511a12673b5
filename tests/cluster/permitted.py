"""Whether a policy allows the calls that were made: actions, resources and the tags of requests, as IAM weighs them."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from sparkify.cluster.account import Account
from tests.cluster.front import Call

ACCOUNT = Account("aws", "123456789012", "us-west-2")
# What a call is about, by its parameters, in the order in which IAM looks at them.
_RESOURCES = {
    "redshift": {
        "ClusterSubnetGroupName": "subnetgroup:{}",
        "ClusterIdentifier": "cluster:{}",
    },
    "iam": {"RoleName": "role/{}", "PolicyName": "policy/{}"},
}
_EVERYWHERE = {
    *("sts:GetCallerIdentity", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"),
    *("ec2:DescribeNetworkInterfaces", "redshift:DescribeClusterSubnetGroups", "redshift:DescribeClusterSnapshots"),
}
_OF_SERVERLESS = {"Namespace": "namespace", "Workgroup": "workgroup", "Snapshots": "snapshot"}


def resources(call: Call) -> Iterator[str]:
    """The resources that a call must be allowed on, all of them."""
    if call.name in _EVERYWHERE:
        yield "*"
    elif call.name == "redshift:CreateCluster":
        yield ACCOUNT.arn("redshift", f"cluster:{call.params['ClusterIdentifier']}")
    elif call.service == "ec2":
        if call.action == "CreateSecurityGroup":
            yield ACCOUNT.arn("ec2", f"vpc/{call.params['VpcId']}")
        yield ACCOUNT.arn("ec2", f"security-group/{call.params.get('GroupId', 'sg-new')}")
    elif call.service == "redshift-serverless":
        if arn := call.params.get("resourceArn"):
            yield arn
        else:
            [kind] = [kind for end, kind in _OF_SERVERLESS.items() if call.action.endswith(end)]
            yield ACCOUNT.arn("redshift-serverless", f"{kind}/0000-1")
    elif arn := call.params.get("PolicyArn"):
        yield arn
    else:
        # A role's inline policy is named in the call, too; the call is about the role.
        [pattern, value] = next(
            (pattern, call.params[name]) for name, pattern in _RESOURCES[call.service].items() if name in call.params
        )
        yield ACCOUNT.arn(call.service, pattern.format(value), regional=call.service != "iam")


def allows(policy: dict[str, Any], call: Call) -> bool:
    """Tell whether a policy allows a call on all that it is about."""
    return all(any(_fits(statement, call, arn) for statement in policy["Statement"]) for arn in resources(call))


def _fits(statement: dict[str, Any], call: Call, arn: str) -> bool:
    return (
        statement["Effect"] == "Allow"
        and call.name in statement["Action"]
        and any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
        and _conditions_hold(statement.get("Condition", {}), call)
    )


def _conditions_hold(conditions: dict[str, Any], call: Call) -> bool:
    """Weigh the tags that a request gives; that what it changes carries our tag, the DAGs' own tests show."""
    for kind, wanted in conditions.items():
        assert kind in ("StringEquals", "StringLike")
        for key, pattern in wanted.items():
            if key.startswith("aws:RequestTag/"):
                tag = key.removeprefix("aws:RequestTag/")
                if not any(fnmatchcase(value, pattern) for name, value in _tags(call) if name == tag):
                    return False
            else:
                assert key.startswith("aws:ResourceTag/") or (key, pattern) == ("aws:RequestedRegion", "us-west-2")
    return True


def _tags(call: Call) -> Iterator[tuple[str, str]]:
    for tag in call.params.get("tags", ()):
        yield tag["key"], tag["value"]
    for name, value in call.params.items():
        if name.endswith(".Key"):
            yield value, call.params[name.removesuffix("Key") + "Value"]
