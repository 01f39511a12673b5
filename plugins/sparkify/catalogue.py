"""What a synchronised staging table holds of an S3 prefix, and what is to be copied to bring it up to date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparkify.identifiers import table_name
from sparkify.s3 import S3Object
from sparkify.session import Session

LEDGER_COLUMNS = ("object_key", "etag")


@dataclass(frozen=True)
class Difference:
    """The listing against the ledger.

    :ivar whole: everything must be copied anew, because an object changed or is gone and COPY does not tell
        which rows came from it.
    :ivar to_copy: the objects to copy.
    """

    whole: bool
    to_copy: tuple[S3Object, ...]


def compare(listed: Sequence[S3Object], ledger: Mapping[str, str]) -> Difference:
    """Tell what to copy, given what is listed and the ledger's ETag by key."""
    now = {item.key: item.etag for item in listed}
    if any(now.get(key) != etag for key, etag in ledger.items()):
        return Difference(True, tuple(listed))
    return Difference(False, tuple(item for item in listed if item.key not in ledger))


def read_ledger(session: Session, ledger: str) -> dict[str, str]:
    """Return the ledger's ETag by key."""
    rows = session.fetch(f"select object_key, etag from {table_name(ledger)}")
    return {str(key): str(etag) for key, etag in rows}
