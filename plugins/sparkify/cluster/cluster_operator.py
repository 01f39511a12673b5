"""What the operators and sensors of the cluster DAGs have in common."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from airflow.sdk import BaseOperator, BaseSensorOperator

from sparkify.cluster.account import Aws
from sparkify.cluster.form import UpForm, name_of
from sparkify.cluster.names import Names


class ClusterOperator(BaseOperator):
    """Base of operators that work on one cluster.

    :param cluster: the cluster's name (templated).
    :param region: its AWS region (templated).
    :param aws_conn_id: the connection of who may provision.
    """

    template_fields: Sequence[str] = ("cluster", "region")
    ui_color = "#dfe8f6"

    def __init__(self, *, cluster: str, region: str, aws_conn_id: str = "aws_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cluster = cluster
        self.region = region
        self.aws_conn_id = aws_conn_id

    @property
    def names(self) -> Names:
        """The names of all that the cluster consists of; FormError if its own is none."""
        return Names(name_of(self.cluster), self.region)

    @cached_property
    def aws(self) -> Aws:
        """The clients."""
        return Aws(self.aws_conn_id, self.region)


class FormOperator(ClusterOperator):
    """Base of operators that make what the form of sparkify_cluster_up says.

    :param form: the DAG's params as a JSON object (templated).
    """

    template_fields: Sequence[str] = (*ClusterOperator.template_fields, "form")
    template_fields_renderers: ClassVar[dict[str, str]] = {"form": "json"}

    def __init__(self, *, form: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.form = form

    @property
    def wanted(self) -> UpForm:
        """The form, read; FormError with all that is wrong in it."""
        return UpForm.parse(self.form, region=self.region)


class ClusterSensor(ClusterOperator, BaseSensorOperator):
    """Base of sensors that look at one cluster again and again, and leave the worker free in between."""

    ui_color = "#eef2e0"
