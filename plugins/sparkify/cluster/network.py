"""Where the cluster lies: VPC and subnets, its subnet group, and the security group that lets one network in."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sparkify.cluster import provisioned
from sparkify.cluster.account import found, not_yet, refusal
from sparkify.cluster.errors import ClusterError, NotYetError
from sparkify.cluster.form import SERVERLESS, UpForm
from sparkify.cluster.names import Names

if TYPE_CHECKING:
    from airflow.sdk.types import Logger

# Of serverless: three subnets, in as many availability zones; N. California has two to offer.
# https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html
_SERVERLESS_SUBNETS = 3
_SERVERLESS_ZONES = {"us-west-1": 2}


@dataclass(frozen=True)
class Place:
    """A VPC and its subnets that the cluster may use."""

    vpc_id: str
    subnet_ids: tuple[str, ...]


def find_place(ec2: Any, form: UpForm) -> Place:
    """Look up the VPC and subnets that the form names, or the defaults.

    :raises ClusterError: if they are not there, or too few.
    """
    vpc_id = form.vpc_id
    if vpc_id is None:
        defaults = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        if not defaults:
            raise ClusterError(f"{ec2.meta.region_name} has no default VPC: give vpc_id and subnet_ids")
        vpc_id = str(defaults[0]["VpcId"])
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    zones = {item["SubnetId"]: item["AvailabilityZone"] for page in pages for item in page["Subnets"]}
    if foreign := sorted(set(form.subnet_ids) - set(zones)):
        raise ClusterError(f"{', '.join(foreign)} {'is' if len(foreign) == 1 else 'are'} not in {vpc_id}")
    chosen = tuple(sorted(form.subnet_ids or zones))
    if not chosen:
        raise ClusterError(f"{vpc_id} is not there, or has no subnet: give others")
    if form.kind == SERVERLESS:
        needed = _SERVERLESS_ZONES.get(ec2.meta.region_name, _SERVERLESS_SUBNETS)
        if len(chosen) < _SERVERLESS_SUBNETS or len({zones[subnet] for subnet in chosen}) < needed:
            raise ClusterError(
                f"serverless needs {_SERVERLESS_SUBNETS} subnets in {needed} availability zones: give others, or "
                "choose provisioned"
            )
    return Place(vpc_id, chosen)


def find_subnet_group(redshift: Any, names: Names) -> dict[str, Any] | None:
    """Return the subnet group, None if there is none.

    :raises ForeignResourceError: if it is not ours.
    """
    answer = found(
        lambda: redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName=names.subnet_group),
        *("ClusterSubnetGroupNotFoundFault", "ClusterSubnetGroupNotFound"),
    )
    if answer is None:
        return None
    [group] = answer["ClusterSubnetGroups"]
    names.require(f"Redshift subnet group {names.subnet_group}", group.get("Tags"))
    return dict(group)


def ensure_subnet_group(redshift: Any, names: Names, place: Place, log: "Logger") -> str:
    """Have the subnet group; return its name. Idempotent.

    One that a cluster uses keeps its subnets. One that a run has left without a cluster is made anew if its subnets are
    others, for those may be of another VPC.

    :raises ForeignResourceError: if it is not ours.
    :raises NotYetError: if it must be made anew, and another cluster uses it.
    """
    group = find_subnet_group(redshift, names)
    if group is not None:
        if subnets_of(group) == place.subnet_ids or provisioned.find(redshift, names) is not None:
            return names.subnet_group
        if why := remove_subnet_group(redshift, names):
            raise NotYetError(why)
        log.info("Deleted subnet group %s of %s", names.subnet_group, ", ".join(subnets_of(group)))
    redshift.create_cluster_subnet_group(
        ClusterSubnetGroupName=names.subnet_group,
        Description=f"Subnets of the Redshift cluster {names.cluster}",
        SubnetIds=list(place.subnet_ids),
        Tags=names.tag_list,
    )
    log.info("Made subnet group %s of %s", names.subnet_group, ", ".join(place.subnet_ids))
    return names.subnet_group


def subnets_of(group: dict[str, Any]) -> tuple[str, ...]:
    """The subnets of a subnet group, in the order of a :class:`Place`."""
    return tuple(sorted(item["SubnetIdentifier"] for item in group["Subnets"]))


def find_security_groups(ec2: Any, names: Names, *, vpc_id: str | None = None) -> list[dict[str, Any]]:
    """Return the security groups of our name, in one VPC or in all; the caller checks whose they are."""
    filters = [{"Name": "group-name", "Values": [names.security_group]}]
    if vpc_id:
        filters.append({"Name": "vpc-id", "Values": [vpc_id]})
    return list(ec2.describe_security_groups(Filters=filters)["SecurityGroups"])


def ensure_security_group(ec2: Any, form: UpForm, place: Place, log: "Logger") -> str:
    """Have the security group with one rule, the form's; other rules are taken away. Return its id. Idempotent.

    :raises NotYetError: if EC2 does not know everywhere yet what was just made.
    """
    names = form.names
    found = find_security_groups(ec2, names, vpc_id=place.vpc_id)
    if found:
        names.require(f"security group {names.security_group} ({found[0]['GroupId']})", found[0].get("Tags"))
        group_id, rules = str(found[0]["GroupId"]), list(single_rules(found[0]["IpPermissions"]))
    else:
        # An earlier try has made it, but the list of groups lags behind.
        with not_yet(names.security_group, "InvalidGroup.Duplicate"):
            group_id = ec2.create_security_group(
                GroupName=names.security_group,
                Description=f"Reaches the Redshift cluster {names.cluster}",
                VpcId=place.vpc_id,
                TagSpecifications=[{"ResourceType": "security-group", "Tags": names.tag_list}],
            )["GroupId"]
        log.info("Made security group %s in %s", group_id, place.vpc_id)
        rules = []
    wanted = wanted_rule(form)
    if not any(_same(rule, wanted) for rule in rules):
        with not_yet(group_id, "InvalidGroup.NotFound"):
            ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[wanted])
        log.info("Security group %s lets %s in at port %s", group_id, form.ingress, form.port)
    if surplus := [rule for rule in rules if not _same(rule, wanted)]:
        ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=surplus)
        log.info("Security group %s lets no one else in any more: took away %s", group_id, surplus)
    return group_id


def wanted_rule(form: UpForm) -> dict[str, Any]:
    """The one rule: the form's network may reach the port."""
    return {
        "IpProtocol": "tcp",
        "FromPort": form.port,
        "ToPort": form.port,
        "IpRanges": [{"CidrIp": str(form.ingress)}],
    }


def single_rules(permissions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Part EC2's permissions, each with many sources, into rules with one each."""
    for permission in permissions:
        base: dict[str, Any] = {
            key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in permission
        }
        for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
            for source in permission.get(kind, ()):
                yield {**base, kind: [source]}


def remove_subnet_group(redshift: Any, names: Names) -> str | None:
    """Delete the subnet group; return why it stays, None once it is gone. Idempotent.

    :raises ForeignResourceError: if it is not ours.
    """
    if find_subnet_group(redshift, names) is None:
        return None
    used = refusal(
        lambda: redshift.delete_cluster_subnet_group(ClusterSubnetGroupName=names.subnet_group),
        *("InvalidClusterSubnetGroupStateFault", "InvalidClusterSubnetStateFault"),
    )
    return f"another cluster uses the subnet group {names.subnet_group}: {used}" if used else None


def remove_security_groups(ec2: Any, names: Names) -> list[str]:
    """Delete the security groups of our name that carry our tag; return why others of them stay. Idempotent."""
    ours = [str(group["GroupId"]) for group in find_security_groups(ec2, names) if names.owns(group.get("Tags"))]
    return [
        _use_of(ec2, group_id)
        for group_id in ours
        if refusal(partial(ec2.delete_security_group, GroupId=group_id), "DependencyViolation")
    ]


def _use_of(ec2: Any, group_id: str) -> str:
    found = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group_id]}])["NetworkInterfaces"]
    interfaces = [f"{item['NetworkInterfaceId']} ({item.get('Description') or 'no description'})" for item in found]
    users = f"network interfaces {', '.join(interfaces)}" if interfaces else "a rule of another security group"
    return f"the security group {group_id} is used by {users}"


def _same(rule: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Compare without the descriptions that somebody may have added."""

    def bare(one: dict[str, Any]) -> list[Any]:
        sources = [
            (kind, {key: value for key, value in item.items() if key != "Description"})
            for kind, items in one.items()
            if isinstance(items, list)
            for item in items
        ]
        return [one["IpProtocol"], one.get("FromPort"), one.get("ToPort"), sources]

    return bare(rule) == bare(wanted)
