"""Redshift Serverless as far as the DAGs use it, because moto has none of it.

What it is asked is checked by botocore in the client, and what it answers is checked here against botocore's
description of the service, as botocore's stubber does. How it behaves in time is the documentation's: workgroup and
namespace become available after a look, and vanish after one.
"""

from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import validate_parameters

_MODEL = botocore.session.get_session().get_service_model("redshift-serverless")


class RefusedError(Exception):
    """An error of the service."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ServerlessDouble:
    """The state of one account's serverless warehouses.

    :ivar tells_namespace: whether a namespace's id is told. The stand-in for the warehouse has none to compare it with.
    """

    def __init__(self) -> None:
        self.namespaces: dict[str, dict[str, Any]] = {}
        self.workgroups: dict[str, dict[str, Any]] = {}
        self.snapshots: list[dict[str, Any]] = []
        self.tags: dict[str, list[dict[str, str]]] = {}
        self.tells_namespace = True
        self._made = 0

    def answer(self, action: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer one call."""
        answer: dict[str, Any] = getattr(self, f"_{xform_name(action)}")(asked)
        shape = _MODEL.operation_model(action).output_shape
        assert shape is not None
        validate_parameters(answer, shape)
        return answer

    def _create_namespace(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["manageAdminPassword"] is True
        assert "adminUserPassword" not in asked
        name = asked["namespaceName"]
        if name in self.namespaces:
            raise RefusedError("ConflictException", f"{name} exists")
        arn = self._arn("namespace", asked)
        self.namespaces[name] = {
            "namespaceName": name,
            "namespaceArn": arn,
            **({"namespaceId": arn.rpartition("/")[2]} if self.tells_namespace else {}),
            "dbName": asked["dbName"],
            "adminUsername": asked["adminUsername"],
            "adminPasswordSecretArn": f"arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!{name}",
            "iamRoles": asked["iamRoles"],
            "creationDate": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            "status": "MODIFYING",
        }
        return {"namespace": self.namespaces[name]}

    def _create_workgroup(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["workgroupName"]
        if asked["namespaceName"] not in self.namespaces:
            raise RefusedError("ResourceNotFoundException", "no such namespace")
        self.workgroups[name] = {
            "workgroupName": name,
            "workgroupArn": self._arn("workgroup", asked),
            "namespaceName": asked["namespaceName"],
            "baseCapacity": asked["baseCapacity"],
            "publiclyAccessible": asked["publiclyAccessible"],
            "port": asked["port"],
            "securityGroupIds": asked["securityGroupIds"],
            "subnetIds": asked["subnetIds"],
            "endpoint": {
                "address": f"{name}.123456789012.us-west-2.redshift-serverless.amazonaws.com",
                "port": asked["port"],
            },
            "status": "CREATING",
        }
        return {"workgroup": self.workgroups[name]}

    def _get_namespace(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"namespace": self._look(self.namespaces, asked["namespaceName"])}

    def _get_workgroup(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"workgroup": self._look(self.workgroups, asked["workgroupName"])}

    def _list_tags_for_resource(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"tags": self.tags[asked["resourceArn"]]}

    def _list_snapshots(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked == {}
        return {"snapshots": self.snapshots}

    def _delete_workgroup(self, asked: dict[str, Any]) -> dict[str, Any]:
        workgroup = self.workgroups[asked["workgroupName"]]
        workgroup["status"] = "DELETING"
        return {"workgroup": workgroup}

    def _delete_namespace(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["namespaceName"]
        if name in self.workgroups:
            raise RefusedError("ConflictException", f"the workgroup {name} is still there")
        if "finalSnapshotName" in asked:
            self.snapshots.append({"snapshotName": asked["finalSnapshotName"], "namespaceName": name})
        self.namespaces[name]["status"] = "DELETING"
        return {"namespace": self.namespaces[name]}

    def _look(self, things: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        if name not in things:
            raise RefusedError("ResourceNotFoundException", f"no {name}")
        seen = dict(things[name])
        if seen["status"] == "DELETING":
            del things[name]
        things.get(name, {})["status"] = "AVAILABLE"
        return seen

    def _arn(self, kind: str, asked: dict[str, Any]) -> str:
        self._made += 1
        arn = f"arn:aws:redshift-serverless:us-west-2:123456789012:{kind}/0000-{self._made}"
        self.tags[arn] = asked.get("tags", [])
        return arn
