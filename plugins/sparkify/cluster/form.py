"""What somebody asks for in the form of sparkify_cluster_up: checked as a whole, with all that is wrong at once."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from sparkify.cluster.cidr import parse_cidr
from sparkify.cluster.errors import FormError
from sparkify.cluster.names import PREFIX, Names

PROVISIONED, SERVERLESS = "provisioned", "serverless"
KINDS = (PROVISIONED, SERVERLESS)
# How many nodes a cluster may be created with; of the two larger types there is no single-node cluster. The API's
# reference speaks of 100 nodes at most, and of RG nodes, which this form does not offer.
# https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-clusters.html
NODE_COUNTS = {
    "ra3.large": range(1, 17),
    "ra3.xlplus": range(1, 17),
    "ra3.4xlarge": range(2, 33),
    "ra3.16xlarge": range(2, 129),
}
# In RPUs; more than 512 in some regions only. https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html
BASE_CAPACITIES = (4, *range(8, 513, 8), *range(544, 1025, 32))
# Of RA3 nodes and of serverless.
PORTS = (range(5431, 5456), range(8191, 8216))

NAME_PATTERN = rf"^{PREFIX}(-[a-z0-9]+)*$"
# With the region it leaves room in the name of the role, which has 64 characters.
MAX_NAME = 40
DATABASE_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
USER_PATTERN = DATABASE_PATTERN
REGION_PATTERN = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$"
VPC_PATTERN = r"^vpc-[0-9a-f]{8,17}$"
SUBNET_PATTERN = r"^subnet-[0-9a-f]{8,17}$"


@dataclass(frozen=True)
class UpForm:
    """A cluster as it is to be.

    :ivar region: where.
    :ivar nodes: of a provisioned cluster; one is a single-node cluster.
    :ivar base_capacity: of serverless, in RPUs.
    :ivar vpc_id: None is the account's default VPC.
    :ivar subnet_ids: none: all of the VPC's.
    :ivar loader: the database user that loads; the worker's policy lets it log in by IAM, and no other.
    """

    name: str
    region: str
    kind: str
    node_type: str
    nodes: int
    base_capacity: int
    database: str
    admin_user: str
    loader: str
    port: int
    vpc_id: str | None
    subnet_ids: tuple[str, ...]
    ingress: IPv4Network
    publicly_accessible: bool
    dry_run: bool

    @property
    def names(self) -> Names:
        """The names of all that it consists of."""
        return Names(self.name, self.region)

    @classmethod
    def parse(cls, text: str, *, region: str) -> "UpForm":
        """Read a form.

        :param text: a JSON object of the DAG's params.
        :param region: the AWS region, which may come from a Variable where the form has none.
        :raises FormError: with all that is wrong.
        """
        fields: Mapping[str, Any] = json.loads(text)
        wrong: list[str] = []
        ingress: IPv4Network | None = None
        try:
            ingress = parse_cidr(str(fields["ingress_cidr"]), any_address=fields["any_address"] is True)
        except ValueError as error:
            wrong.append(f"ingress_cidr: {error}")
        form = cls(
            name=name_of(fields["name"], wrong),
            region=region,
            kind=str(fields["kind"]),
            node_type=str(fields["node_type"]),
            nodes=_whole("nodes", fields, wrong),
            base_capacity=_whole("base_capacity", fields, wrong),
            database=_matching("database", fields, DATABASE_PATTERN, wrong),
            admin_user=_matching("admin_user", fields, USER_PATTERN, wrong),
            loader=_matching("loader", fields, USER_PATTERN, wrong),
            port=_whole("port", fields, wrong),
            vpc_id=_matching("vpc_id", fields, VPC_PATTERN, wrong) if fields["vpc_id"] else None,
            subnet_ids=tuple(
                _matching("subnet_ids", {"subnet_ids": item}, SUBNET_PATTERN, wrong) for item in fields["subnet_ids"]
            ),
            ingress=ingress or parse_cidr("192.0.2.0/32"),
            publicly_accessible=fields["publicly_accessible"] is True,
            dry_run=fields["dry_run"] is True,
        )
        wrong += form._wrong()
        if wrong:
            raise FormError("nothing was made; correct the form:\n" + "\n".join(wrong))
        return form

    def _wrong(self) -> list[str]:
        wrong = []
        if self.kind not in KINDS:
            wrong.append(f"kind: {self.kind!r} is not one of {', '.join(KINDS)}")
        elif self.kind == SERVERLESS and self.base_capacity not in BASE_CAPACITIES:
            wrong.append(
                f"base_capacity: {self.base_capacity} RPUs cannot be had: 4, 8 to 512 in steps of 8, or, in some "
                "regions, up to 1024 in steps of 32"
            )
        elif self.kind == PROVISIONED:
            counts = NODE_COUNTS.get(self.node_type)
            if counts is None:
                wrong.append(f"node_type: {self.node_type!r} is not one of {', '.join(NODE_COUNTS)}")
            elif self.nodes not in counts:
                wrong.append(f"nodes: {self.node_type} comes in {counts.start} to {counts.stop - 1}, not {self.nodes}")
        if not any(self.port in allowed for allowed in PORTS):
            wrong.append(f"port: {self.port} is not in 5431-5455 or 8191-8215, the only ones that Redshift offers")
        if self.admin_user in (self.loader, "public"):
            wrong.append(f"admin_user: {self.admin_user!r} may be neither the loading user nor public")
        if self.subnet_ids and not self.vpc_id:
            wrong.append("vpc_id: give it with subnet_ids")
        return wrong


def name_of(value: Any, wrong: list[str] | None = None) -> str:
    """Return a cluster's name.

    :param wrong: where to note that it is none; without it FormError is raised.
    """
    name = str(value)
    if len(name) <= MAX_NAME and re.fullmatch(NAME_PATTERN, name):
        return name
    message = (
        f"name: {name!r} does not fit: {PREFIX}, or {PREFIX}- and lower-case letters, digits and single hyphens, at "
        f"most {MAX_NAME} characters"
    )
    if wrong is None:
        raise FormError(message)
    wrong.append(message)
    return PREFIX


def _matching(field: str, fields: Mapping[str, Any], pattern: str, wrong: list[str]) -> str:
    value = str(fields[field])
    if not re.fullmatch(pattern, value):
        wrong.append(f"{field}: {value!r} does not match {pattern}")
    return value


def _whole(field: str, fields: Mapping[str, Any], wrong: list[str]) -> int:
    value = fields[field]
    if isinstance(value, bool) or not isinstance(value, int):
        wrong.append(f"{field}: {value!r} is not a whole number")
        return 0
    return value
