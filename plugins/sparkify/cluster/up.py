"""The steps of sparkify_cluster_up. Each finds what is there, makes what is missing, and may be run again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import DownstreamTasksSkipped

from sparkify.cluster import access, network, provisioned, serverless
from sparkify.cluster.cluster_operator import FormOperator
from sparkify.cluster.errors import ClusterError, ForeignResourceError, NotYetError
from sparkify.cluster.form import PROVISIONED, UpForm
from sparkify.cluster.network import Place
from sparkify.cluster.policies import as_text, copy_document, trust_document, worker_document
from sparkify.cluster.prices import price_of
from sparkify.cluster.storage import Storage
from sparkify.cluster.survey import Survey, survey

if TYPE_CHECKING:
    from airflow.sdk import Context


class _StorageOperator(FormOperator):
    """Base of the steps that grant rights to the data, or say which.

    :param storage: `source`, `log_layout`, `song_prefix`, `jsonpaths` and `manifest_prefix` (templated).
    """

    template_fields: Sequence[str] = (*FormOperator.template_fields, "storage")

    def __init__(self, *, storage: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.storage = storage

    @property
    def places(self) -> Storage:
        """The places, read; raises as :meth:`Storage.of` does."""
        return Storage.of(**self.storage)


class PlanClusterOperator(_StorageOperator):
    """Check the form, look at what is there, and say what will be made and what it costs; makes nothing.

    A dry run ends here: the tasks behind are skipped.
    """

    def execute(self, context: "Context") -> dict[str, Any]:  # noqa: ARG002
        """Plan.

        :return: `steps`, and the price as `hourly_usd` and `price`.
        :raises FormError: with all that is wrong in the form.
        :raises ForeignResourceError: if something of these names is there that is not ours.
        :raises ClusterError: if what is there is not what the form says.
        """
        form = self.wanted
        places = self.places
        price = price_of(form)
        account = self.aws.account
        place = network.find_place(self.aws.client("ec2"), form)
        found = survey(self.aws, form.names)
        if found.foreign:
            raise ForeignResourceError("nothing was made:\n" + "\n".join(found.foreign))
        if found.cluster and found.cluster["ClusterStatus"] in ("paused", "pausing"):
            raise ClusterError(f"cluster {form.name} is paused: resume it with sparkify_cluster_pause first")
        if differing := differences(found, form, place):
            raise ClusterError(
                f"{form.name} is there already, but not as the form says, and is not changed:\n"
                + "\n".join(differing)
                + "\nGive what it has, or resize it in the Redshift console"
            )
        steps = planned(found, form)
        self.log.info("Account %s, region %s, %s, %s", account.number, self.region, place.vpc_id, place.subnet_ids)
        self.log.info("Steps:\n%s", "\n".join(steps))
        for what, policy in (
            ("Who may assume the role", trust_document(form, account)),
            ("What the role may do", copy_document(places, account)),
            ("What the workers' policy allows", worker_document(form, places, account)),
        ):
            self.log.info("%s:\n%s", what, as_text(policy, indent=2))
        self.log.info("Cost: %s", price.text)
        if form.dry_run:
            self.log.info("A dry run: nothing is made")
            raise DownstreamTasksSkipped(tasks=sorted(self.downstream_task_ids))
        return {"steps": steps, "hourly_usd": price.hourly, "price": price.text}


class EnsureAccessOperator(_StorageOperator):
    """Have the role that Redshift assumes, which only reads, and the policy for the workers.

    Run twice, it changes nothing the second time; what somebody changed in either is set right.
    """

    def execute(self, context: "Context") -> dict[str, str]:  # noqa: ARG002
        """Make them and return their ARNs."""
        form, account, iam = self.wanted, self.aws.account, self.aws.client("iam")
        places = self.places
        role = access.ensure_role(
            iam,
            form.names,
            trust=trust_document(form, account),
            inline=copy_document(places, account),
            log=self.log,
        )
        worker = worker_document(form, places, account)
        policy = access.ensure_policy(iam, form.names, account, wanted=worker, log=self.log)
        return {"role_arn": role, "worker_policy_arn": policy}


class EnsureNetworkOperator(FormOperator):
    """Have the security group that lets the form's network in and no one else, and the subnet group.

    Run twice, it changes nothing the second time. Given another network it lets that in, and the former no more.
    """

    def execute(self, context: "Context") -> dict[str, Any]:  # noqa: ARG002
        """Make them and return their ids."""
        form, ec2 = self.wanted, self.aws.client("ec2")
        place = network.find_place(ec2, form)
        group = network.ensure_security_group(ec2, form, place, self.log)
        if form.kind == PROVISIONED:
            network.ensure_subnet_group(self.aws.client("redshift"), form.names, place, self.log)
        return {"security_group_id": group, "subnet_ids": list(place.subnet_ids)}


class EnsureWarehouseOperator(FormOperator):
    """Have the cluster, or namespace and workgroup, being made or made; what is there is left as it is.

    Made is it by the provider's RedshiftCreateClusterOperator. Its password Redshift makes and keeps in Secrets
    Manager; nobody here ever has it.
    """

    def execute(self, context: "Context") -> None:
        """Make it, without waiting.

        :raises NotYetError: if AWS does not know everywhere yet what the steps before have made.
        """
        form = self.wanted
        place = network.find_place(self.aws.client("ec2"), form)
        groups = network.find_security_groups(self.aws.client("ec2"), form.names, vpc_id=place.vpc_id)
        owned = [str(group["GroupId"]) for group in groups if form.names.owns(group.get("Tags"))]
        if not owned:
            raise NotYetError(
                f"EC2 does not list the security group {form.names.security_group} yet; if somebody has deleted it, "
                "clear make_network, too"
            )
        role_arn = access.role_arn(self.aws.account, form.names)
        if form.kind != PROVISIONED:
            serverless.ensure(
                self.aws.client("redshift-serverless"),
                form,
                role_arn=role_arn,
                security_group_id=owned[0],
                subnet_ids=place.subnet_ids,
                log=self.log,
            )
        elif provisioned.find(self.aws.client("redshift"), form.names) is None:
            arguments = provisioned.arguments(
                form, role_arn=role_arn, security_group_id=owned[0], subnet_group=form.names.subnet_group
            )
            provisioned.create(self.aws_conn_id, self.region, arguments, context)


def differences(found: Survey, form: UpForm, place: Place) -> list[str]:
    """Tell in what the warehouse that is there is not the one of the form."""
    if form.kind == PROVISIONED:
        if found.namespace or found.workgroup:
            return [f"a serverless workgroup or namespace {form.name} is there, the form says {PROVISIONED}"]
        there = provisioned.differences(found.cluster, form) if found.cluster else []
        # Without a cluster make_network gives the subnet group the form's.
        subnets = network.subnets_of(found.subnet_group) if found.cluster and found.subnet_group else None
    else:
        if found.cluster:
            return [f"a provisioned cluster {form.name} is there, the form says {form.kind}"]
        there = serverless.differences(found.namespace, found.workgroup, form)
        subnets = found.workgroup["subnetIds"] if found.workgroup else None
    if subnets is not None:
        # A form without subnets is content with any of the VPC's.
        fits = set(subnets) <= set(place.subnet_ids) if not form.subnet_ids else set(subnets) == set(place.subnet_ids)
        if not fits:
            wanted = ", ".join(place.subnet_ids)
            there.append(f"its subnets are {', '.join(sorted(subnets))}, the form means {wanted}: it is not moved")
    return there


def planned(found: Survey, form: UpForm) -> list[str]:
    """Tell for each resource whether it is to be made or is there."""
    names = form.names
    parts: list[tuple[str, Any]] = [
        (f"IAM role {names.role}, which Redshift assumes", found.role),
        (f"IAM policy {names.worker_policy}, for Airflow's workers", found.policy),
        (f"security group {names.security_group}: {form.ingress} to port {form.port}", found.security_groups),
    ]
    if form.kind == PROVISIONED:
        size = f"{form.nodes} x {form.node_type}, {'single' if form.nodes == 1 else 'multi'}-node"
        parts += [
            (f"subnet group {names.subnet_group}", found.subnet_group),
            (f"Redshift cluster {names.cluster}: {size}", found.cluster),
        ]
    else:
        parts += [
            (f"serverless namespace {names.cluster}", found.namespace),
            (f"serverless workgroup {names.cluster}: {form.base_capacity} RPUs", found.workgroup),
        ]
    reach = "a public address" if form.publicly_accessible else "no public address"
    return [
        *(f"{'keep' if there else 'make'} {what}" for what, there in parts),
        f"encrypted, {reach}, admin {form.admin_user} with a password that Secrets Manager keeps",
        "check the connection, create the tables",
    ]
