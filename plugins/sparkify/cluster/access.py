"""The role that Redshift assumes and the workers' policy in IAM: found, brought to what they should be, removed."""

from typing import TYPE_CHECKING, Any

from sparkify.cluster.account import Account, found, refusal
from sparkify.cluster.names import COPY_POLICY, Names
from sparkify.cluster.policies import Document, as_text

if TYPE_CHECKING:
    from airflow.sdk.types import Logger

_MISSING, _USED = "NoSuchEntity", "DeleteConflict"
# IAM keeps five versions of a policy; the oldest makes room.
_VERSIONS = 5


def role_arn(account: Account, names: Names) -> str:
    """The ARN of the role, made or not."""
    return account.arn("iam", f"role/{names.role}", regional=False)


def policy_arn(account: Account, names: Names) -> str:
    """The ARN of the workers' policy, made or not."""
    return account.arn("iam", f"policy/{names.worker_policy}", regional=False)


def find_role(iam: Any, names: Names) -> dict[str, Any] | None:
    """Return the role, None if there is none.

    :raises ForeignResourceError: if it is not ours.
    """
    role = found(lambda: iam.get_role(RoleName=names.role)["Role"], _MISSING)
    if role is not None:
        names.require(f"IAM role {names.role}", role.get("Tags"))
    return role


def find_policy(iam: Any, names: Names, account: Account) -> dict[str, Any] | None:
    """Return the workers' policy, None if there is none.

    :raises ForeignResourceError: if it is not ours.
    """
    policy = found(lambda: iam.get_policy(PolicyArn=policy_arn(account, names))["Policy"], _MISSING)
    if policy is not None:
        names.require(f"IAM policy {names.worker_policy}", policy.get("Tags"))
    return policy


def ensure_role(iam: Any, names: Names, *, trust: Document, inline: Document, log: "Logger") -> str:
    """Have the role with exactly this trust and this policy; return its ARN. Idempotent."""
    role = find_role(iam, names)
    if role is None:
        role = iam.create_role(
            RoleName=names.role,
            AssumeRolePolicyDocument=as_text(trust),
            Description=f"Assumed by the Redshift cluster {names.cluster} for COPY; only reads",
            Tags=names.tag_list,
        )["Role"]
        log.info("Made IAM role %s", role["Arn"])
        # A cluster that names a role which IAM does not know everywhere yet is refused.
        iam.get_waiter("role_exists").wait(RoleName=names.role)
    elif role["AssumeRolePolicyDocument"] != trust:
        iam.update_assume_role_policy(RoleName=names.role, PolicyDocument=as_text(trust))
        log.info("Changed who may assume IAM role %s", role["Arn"])
    there = found(lambda: iam.get_role_policy(RoleName=names.role, PolicyName=COPY_POLICY)["PolicyDocument"], _MISSING)
    if there != inline:
        iam.put_role_policy(RoleName=names.role, PolicyName=COPY_POLICY, PolicyDocument=as_text(inline))
        log.info("Set what IAM role %s may read", role["Arn"])
    return str(role["Arn"])


def ensure_policy(iam: Any, names: Names, account: Account, *, wanted: Document, log: "Logger") -> str:
    """Have the workers' policy with exactly this content; return its ARN. Idempotent: no new version of the same."""
    policy = find_policy(iam, names, account)
    if policy is None:
        policy = iam.create_policy(
            PolicyName=names.worker_policy,
            PolicyDocument=as_text(wanted),
            Description=f"For Airflow's workers that load the Redshift cluster {names.cluster}",
            Tags=names.tag_list,
        )["Policy"]
        log.info("Made IAM policy %s: attach it to the identity of Airflow's workers", policy["Arn"])
        return str(policy["Arn"])
    arn = str(policy["Arn"])
    there = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
    if there != wanted:
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        old = [version for version in versions if not version["IsDefaultVersion"]]
        if len(versions) >= _VERSIONS:
            oldest = min(old, key=lambda version: version["CreateDate"])
            iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=as_text(wanted), SetAsDefault=True)
        log.info("Changed IAM policy %s", arn)
    return arn


def remove_role(iam: Any, names: Names) -> str | None:
    """Delete the role with its own policy; return why it stays, None once it is gone. Idempotent.

    :raises ForeignResourceError: if it is not ours.
    """
    if find_role(iam, names) is None:
        return None
    refusal(lambda: iam.delete_role_policy(RoleName=names.role, PolicyName=COPY_POLICY), _MISSING)
    if refusal(lambda: iam.delete_role(RoleName=names.role), _USED):
        return f"IAM role {names.role} has other policies or instance profiles, which somebody else gave it"
    return None


def remove_policy(iam: Any, names: Names, account: Account) -> str | None:
    """Delete the workers' policy; return why it stays, None once it is gone. Idempotent.

    :raises ForeignResourceError: if it is not ours.
    """
    policy = find_policy(iam, names, account)
    if policy is None:
        return None
    if policy.get("AttachmentCount"):
        return f"IAM policy {names.worker_policy} is still attached to {policy['AttachmentCount']}: detach it there"
    arn = policy["Arn"]
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    if refusal(lambda: iam.delete_policy(PolicyArn=arn), _USED):
        return f"IAM policy {names.worker_policy} is still attached: detach it"
    return None
