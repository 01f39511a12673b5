"""Redshift Serverless call by call, by botocore's stubber: moto has none of it.

The stubber compares each call's parameters with what is expected, and each answer with the service's description.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import Stubber

from sparkify.cluster import serverless
from sparkify.cluster.names import Names
from tests.cluster.forms import form
from tests.cluster.runs import NAME, REGION

log: Any = logging.getLogger(__name__)
NAMES = Names(NAME, REGION)
ROLE = f"arn:aws:iam::123456789012:role/{NAME}-{REGION}-copy"
ARN = "arn:aws:redshift-serverless:us-west-2:123456789012:{}/0000"
NAMESPACE = {
    "namespaceName": NAME,
    "namespaceArn": ARN.format("namespace"),
    "status": "AVAILABLE",
    "creationDate": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
}
WORKGROUP = {"workgroupName": NAME, "workgroupArn": ARN.format("workgroup"), "status": "AVAILABLE"}


class Told(Stubber):
    """A stubber with what the steps of the tests have in common."""

    def __init__(self) -> None:
        make: Any = boto3.client
        self.to = make("redshift-serverless", region_name="us-west-2", aws_access_key_id="x", aws_secret_access_key="x")
        super().__init__(self.to)

    def missing(self, kind: str) -> None:
        self.add_client_error(f"get_{kind}", "ResourceNotFoundException", expected_params={f"{kind}Name": NAME})

    def there(self, kind: str, thing: dict[str, Any]) -> None:
        self.add_response(f"get_{kind}", {kind: thing}, {f"{kind}Name": NAME})
        self.add_response(
            "list_tags_for_resource", {"tags": NAMES.lower_tag_list}, {"resourceArn": thing[f"{kind}Arn"]}
        )


def test_namespace_and_workgroup_are_made_with_exactly_this() -> None:
    told = Told()
    told.missing("namespace")
    told.add_response(
        "create_namespace",
        {"namespace": NAMESPACE},
        {
            "namespaceName": NAME,
            "dbName": "sparkify",
            "adminUsername": "sparkify_admin",
            "manageAdminPassword": True,
            "iamRoles": [ROLE],
            "defaultIamRoleArn": ROLE,
            "tags": [{"key": "Project", "value": "sparkify"}, {"key": "sparkify:cluster", "value": NAME}],
        },
    )
    told.missing("workgroup")
    told.add_response(
        "create_workgroup",
        {"workgroup": WORKGROUP},
        {
            "workgroupName": NAME,
            "namespaceName": NAME,
            "baseCapacity": 16,
            "publiclyAccessible": False,
            "port": 5439,
            "securityGroupIds": ["sg-1"],
            "subnetIds": ["subnet-1", "subnet-2", "subnet-3"],
            "tags": [{"key": "Project", "value": "sparkify"}, {"key": "sparkify:cluster", "value": NAME}],
        },
    )
    with told:
        serverless.ensure(
            told.to,
            form(kind="serverless", base_capacity=16),
            role_arn=ROLE,
            security_group_id="sg-1",
            subnet_ids=("subnet-1", "subnet-2", "subnet-3"),
            log=log,
        )
    told.assert_no_pending_responses()


def test_a_deletion_goes_step_by_step_and_waits_while_the_service_is_busy() -> None:
    told = Told()
    told.there("workgroup", WORKGROUP)
    told.add_response("delete_workgroup", {"workgroup": WORKGROUP}, {"workgroupName": NAME})
    told.there("workgroup", {**WORKGROUP, "status": "DELETING"})
    told.missing("workgroup")
    told.there("namespace", NAMESPACE)
    told.add_client_error("delete_namespace", "ConflictException")
    told.missing("workgroup")
    told.there("namespace", NAMESPACE)
    told.add_response(
        "delete_namespace",
        {"namespace": NAMESPACE},
        {"namespaceName": NAME, "finalSnapshotName": f"{NAME}-final-20260102030405"},
    )
    told.missing("workgroup")
    told.there("namespace", {**NAMESPACE, "status": "DELETING"})
    told.missing("workgroup")
    told.missing("namespace")
    with told:
        looks = [serverless.delete_step(told.to, NAMES, snapshot=True, log=log) for _ in range(6)]
    assert looks == [False] * 5 + [True]
    told.assert_no_pending_responses()
