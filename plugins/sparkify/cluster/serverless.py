"""A serverless workgroup and its namespace, both of the cluster's name: found, compared, made and deleted."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkify.cluster.account import code_of, found, not_yet
from sparkify.cluster.form import UpForm
from sparkify.cluster.names import Names

if TYPE_CHECKING:
    from airflow.sdk.types import Logger

_MISSING = "ResourceNotFoundException"
# The service answers so while the other of the two is changing.
_BUSY = "ConflictException"


def find_namespace(serverless: Any, names: Names) -> dict[str, Any] | None:
    """Return the namespace, None if there is none.

    :raises ForeignResourceError: if it is not ours.
    """
    return _find(serverless, names, "namespace", lambda: serverless.get_namespace(namespaceName=names.cluster))


def find_workgroup(serverless: Any, names: Names) -> dict[str, Any] | None:
    """Return the workgroup, None if there is none.

    :raises ForeignResourceError: if it is not ours.
    """
    return _find(serverless, names, "workgroup", lambda: serverless.get_workgroup(workgroupName=names.cluster))


def differences(namespace: dict[str, Any] | None, workgroup: dict[str, Any] | None, form: UpForm) -> list[str]:
    """Tell in what they differ from the form: none of it is changed by making them again."""
    pairs: list[tuple[str, Any, Any]] = []
    if namespace:
        pairs += [
            ("dbName", namespace.get("dbName"), form.database),
            ("adminUsername", namespace.get("adminUsername"), form.admin_user),
        ]
    if workgroup:
        pairs += [
            ("baseCapacity", workgroup.get("baseCapacity"), form.base_capacity),
            ("publiclyAccessible", workgroup.get("publiclyAccessible"), form.publicly_accessible),
            ("port", workgroup.get("port"), form.port),
        ]
    return [f"{key} is {found}, the form says {wanted}" for key, found, wanted in pairs if found != wanted]


def ensure(
    serverless: Any,
    form: UpForm,
    *,
    role_arn: str,
    security_group_id: str,
    subnet_ids: tuple[str, ...],
    log: "Logger",
) -> None:
    """Have namespace and workgroup; does not wait until they are available. Idempotent.

    :raises NotYetError: if the service is busy with the namespace, or does not know the new role yet.
    """
    names = form.names
    if find_namespace(serverless, names) is None:
        with not_yet(names.cluster, _BUSY), not_yet(role_arn, "ValidationException", about="IAM role"):
            serverless.create_namespace(
                namespaceName=names.cluster,
                dbName=form.database,
                adminUsername=form.admin_user,
                # Redshift makes the password and keeps it in Secrets Manager. Encrypted it is always, by a key of AWS.
                manageAdminPassword=True,
                iamRoles=[role_arn],
                defaultIamRoleArn=role_arn,
                tags=names.lower_tag_list,
            )
        log.info("Made namespace %s", names.cluster)
    if find_workgroup(serverless, names) is None:
        with not_yet(names.cluster, _BUSY):
            serverless.create_workgroup(
                workgroupName=names.cluster,
                namespaceName=names.cluster,
                baseCapacity=form.base_capacity,
                publiclyAccessible=form.publicly_accessible,
                port=form.port,
                securityGroupIds=[security_group_id],
                subnetIds=list(subnet_ids),
                tags=names.lower_tag_list,
            )
        log.info("Made workgroup %s", names.cluster)


def delete_step(serverless: Any, names: Names, *, snapshot: bool, log: "Logger") -> bool:
    """Take the next step of a deletion: first the workgroup, when that is gone the namespace; True once both are.

    :param snapshot: whether the namespace leaves a final one.
    """
    from botocore.exceptions import ClientError

    try:
        if (workgroup := find_workgroup(serverless, names)) is not None:
            if workgroup["status"] != "DELETING":
                serverless.delete_workgroup(workgroupName=names.cluster)
                log.info("Deleting workgroup %s", names.cluster)
            return False
        namespace = find_namespace(serverless, names)
        if namespace is None:
            return True
        if namespace["status"] != "DELETING":
            final = {"finalSnapshotName": names.final_snapshot(created(namespace))} if snapshot else {}
            serverless.delete_namespace(namespaceName=names.cluster, **final)
            log.info("Deleting namespace %s %s", names.cluster, f"with the final snapshot {final}" if final else "")
    except ClientError as error:
        if code_of(error) != _BUSY:
            raise
        log.info("Not yet: %s", error)
    return False


def snapshots(serverless: Any, names: Names) -> list[dict[str, Any]]:
    """Return the snapshots of a namespace of this name, those of its earlier lives included."""
    # Not asked for by the namespace's name: it may be gone, and then the service may know no such namespace.
    pages = serverless.get_paginator("list_snapshots").paginate()
    return [item for page in pages for item in page["snapshots"] if item.get("namespaceName") == names.cluster]


def created(namespace: dict[str, Any]) -> datetime:
    """When a namespace was created."""
    moment: datetime = namespace["creationDate"]
    return moment


def _find(serverless: Any, names: Names, kind: str, ask: Any) -> dict[str, Any] | None:
    answer = found(ask, _MISSING)
    if answer is None:
        return None
    item = dict(answer[kind])
    tags = serverless.list_tags_for_resource(resourceArn=item[f"{kind}Arn"])["tags"]
    names.require(f"Redshift Serverless {kind} {names.cluster}", tags)
    return item
