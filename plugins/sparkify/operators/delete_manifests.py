"""Delete the manifests that failed runs have left, by age."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from sparkify.manifests import delete_older
from sparkify.operators.drop_staging import last_moment

if TYPE_CHECKING:
    from airflow.sdk import Context


class DeleteOldManifestsOperator(BaseOperator):
    """Delete a DAG's manifests that are older than some days; other objects under the prefix stay.

    A run deletes its own when its COPY has committed, so what is there is of failed tries. Run twice, the second run
    finds nothing.

    :param of_dag: whose manifests they are.
    :param manifest_prefix: `s3://bucket/prefix/` (templated).
    :param region: the bucket's region (templated).
    :param keep_days: for how many days they stay (templated).
    :param before: the moment that the days are counted back from, ISO 8601 (templated).
    :param aws_conn_id: the worker's own access to S3.
    """

    template_fields: Sequence[str] = ("manifest_prefix", "region", "keep_days", "before")
    ui_color = "#e8e8e8"

    def __init__(
        self,
        *,
        of_dag: str,
        manifest_prefix: str,
        region: str,
        keep_days: str,
        before: str,
        aws_conn_id: str = "aws_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.of_dag = of_dag
        self.manifest_prefix = manifest_prefix
        self.region = region
        self.keep_days = keep_days
        self.before = before
        self.aws_conn_id = aws_conn_id

    def execute(self, context: "Context") -> list[str]:  # noqa: ARG002
        """Delete them and return their URLs.

        :raises S3LocationError: if the prefix may not be listed, or its objects not be deleted.
        """
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        client = S3Hook(aws_conn_id=self.aws_conn_id, region_name=self.region).get_conn()
        before = last_moment(self.before, self.keep_days)
        deleted = delete_older(client, self.manifest_prefix, self.of_dag, before)
        self.log.info("Deleted %s manifests from before %s: %s", len(deleted), before, ", ".join(deleted))
        return deleted
