"""The objects that a task writes for COPY: named after the try that writes them, deleted when of no more use."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkify import s3
from sparkify.audit import TaskRun
from sparkify.identifiers import run_digest

if TYPE_CHECKING:
    from airflow.sdk.types import Logger

# Below the prefix; whatever else lies there is not ours.
_OURS = re.compile(r"[\w.+:~-]+/[0-9a-f]{16}/[\w.-]+-\d+\.(?:(?:\d+\.)?manifest|ledger\.json)")


@dataclass(frozen=True)
class Manifests:
    """Where one try of one task writes: `<prefix>/<dag>/<digest of the run>/<task>-<try>.<kind>`.

    :ivar prefix: `s3://bucket/prefix/` that the worker may write.
    """

    prefix: str
    run: TaskRun
    task_id: str

    def url(self, kind: str) -> str:
        """Name an object of this try."""
        return f"{self._of_task}-{self.run.try_number}.{kind}"

    def tidy(self, client: Any, written: Sequence[str], log: "Logger") -> None:
        """Delete what this try has written, and what earlier tries of the same task have left.

        The load is committed by now, so that failing here must not undo it: it is logged.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            s3.delete(client, *written)
            if self.run.try_number > 1:
                s3.delete(client, *(item.url for item in s3.list_objects(client, f"{self._of_task}-")))
        except (BotoCoreError, ClientError, s3.S3LocationError) as error:
            log.warning("The rows are loaded, but manifests stay behind (%s): %s", ", ".join(written), error)

    @property
    def _of_task(self) -> str:
        return s3.join_url(self.prefix, f"{self.run.dag_id}/{run_digest(self.run)}/{self.task_id}")


def delete_older(client: Any, prefix: str, dag_id: str, before: datetime) -> list[str]:
    """Delete a DAG's manifests that were written before a moment, and return their URLs. Idempotent.

    :param prefix: `s3://bucket/prefix/`; objects there that no task of ours can have written stay.
    :param before: with a zone; S3's own clock says when an object was written.
    :raises S3LocationError: if the prefix may not be listed, or its objects not be deleted.
    """
    old = list(_written_before(client, prefix, dag_id, before))
    s3.delete(client, *old)
    return old


def _written_before(client: Any, prefix: str, dag_id: str, before: datetime) -> Iterator[str]:
    _, base = s3.split_url(s3.join_url(prefix, ""))
    for item in s3.list_objects(client, s3.join_url(prefix, f"{dag_id}/")):
        if item.modified and item.modified < before and _OURS.fullmatch(item.key.removeprefix(base)):
            yield item.url
