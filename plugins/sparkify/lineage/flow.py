"""What a task reads and writes, in our own words: operators import this, and OpenLineage's code only when asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.providers.common.sql.operators.sql import SQLCheckResult


@dataclass(frozen=True)
class Objects:
    """Objects in S3 that are read.

    :ivar url: the s3:// URL of the prefix that they share.
    :ivar files: how many were read, or None before they are.
    :ivar read: their URLs, if they are to be named.
    """

    url: str
    files: int | None = None
    read: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A table that is checked.

    :ivar rows: how many rows the checks looked at, if one of them counts.
    :ivar results: what they found, or nothing before they have.
    """

    table: str
    rows: int | None = None
    results: "tuple[SQLCheckResult, ...]" = ()


@dataclass(frozen=True)
class Written:
    """A table that is written.

    :ivar rows: how many rows were inserted or changed, or None before they are.
    :ivar query: the SELECT that gives its rows, without a parameter; tells what is read.
    """

    table: str
    rows: int | None = None
    query: str | None = None


@dataclass(frozen=True)
class Flow:
    """What a task reads and writes."""

    objects: tuple[Objects, ...] = ()
    checked: tuple[Checked, ...] = ()
    written: tuple[Written, ...] = ()
