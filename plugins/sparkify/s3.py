"""S3 objects as the worker sees them: listed, and written and deleted under the manifest prefix."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from sparkify.failures import aws_permanent
from sparkify.layout import Layout, Period
from sparkify.window import Window

_COMPRESSION = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd"}


class S3LocationError(AirflowFailException):
    """A location that is no s3:// URL, does not exist, or is not open to the worker."""


@dataclass(frozen=True, order=True)
class S3Object:
    """One object's key and ETag (the latter without its quotes), and when it was written."""

    bucket: str
    key: str
    etag: str
    modified: datetime | None = field(default=None, compare=False)

    @property
    def url(self) -> str:
        """The object's s3:// URL."""
        return f"s3://{self.bucket}/{self.key}"


def split_url(url: str) -> tuple[str, str]:
    """Split `s3://bucket/key` into bucket and key (which may be empty).

    :raises S3LocationError: if it is not one.
    """
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise S3LocationError(f"{url!r} is not an S3 location: expected s3://bucket/prefix")
    return bucket, key


def join_url(source: str, key: str) -> str:
    """Return `key` within `source`, or `key` itself if it is an s3:// URL of its own."""
    return key if key.startswith("s3://") else f"{source.rstrip('/')}/{key}"


def list_objects(client: Any, url: str) -> Iterator[S3Object]:
    """Yield the objects below an s3:// prefix in key order; the zero-byte "folders" of consoles are left out.

    :param client: a boto3 S3 client.
    :raises S3LocationError: if the bucket does not exist or may not be listed. Other errors of S3 pass as they
        are, to be retried.
    """
    bucket, prefix = split_url(url)
    with _naming(url, "listed"):
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                if not item["Key"].endswith("/"):
                    yield S3Object(bucket, item["Key"], item["ETag"].strip('"'), item.get("LastModified"))


def find_objects(client: Any, source: str, layout: Layout, window: Window) -> list[tuple[Period, S3Object]]:
    """Return the log objects whose period overlaps the window, with their period, oldest first.

    Costs one listing per directory of the layout, a month say, and not one per object.

    :raises S3LocationError: as :func:`list_objects`.
    """
    periods: dict[str, list[Period]] = {}
    for period in layout.periods(window):
        periods.setdefault(period.prefix, []).append(period)
    _, base = split_url(join_url(source, ""))
    found = []
    for prefix, wanted in periods.items():
        for item in list_objects(client, join_url(source, prefix)):
            key = item.key.removeprefix(base)
            found += [(period, item) for period in wanted if period.pattern.fullmatch(key)]
    return sorted(found, key=lambda pair: (pair[0].window.start, pair[1].key))


def compression(objects: Iterable[S3Object]) -> str | None:
    """Tell COPY's compression option by the objects' suffix, or None.

    :raises S3LocationError: if they differ: one COPY takes one compression.
    """
    kinds = {
        next((option for suffix, option in _COMPRESSION.items() if item.key.endswith(suffix)), None) for item in objects
    }
    if len(kinds) > 1:
        raise S3LocationError(
            f"objects are compressed in different ways ({', '.join(sorted(str(kind) for kind in kinds))}): one "
            "COPY reads one kind; narrow the layout or the window"
        )
    return kinds.pop() if kinds else None


def fingerprint(objects: Iterable[S3Object]) -> str:
    """Condense keys and ETags into a text of fixed length, the same in whatever order they are listed."""
    digest = hashlib.sha256()
    for line in sorted(f"{item.key!r} {item.etag!r}\n" for item in objects):
        digest.update(line.encode())
    return digest.hexdigest()


def put_manifest(client: Any, url: str, objects: Iterable[S3Object]) -> None:
    """Write a COPY manifest of `objects`, every one mandatory: one that vanished must fail the load."""
    entries = [{"url": item.url, "mandatory": True} for item in objects]
    _put(client, url, _json({"entries": entries}))


def put_rows(client: Any, url: str, rows: Iterable[dict[str, str]]) -> None:
    """Write `rows` as JSON lines, for a COPY with json 'auto'."""
    _put(client, url, "\n".join(map(_json, rows)))


def delete(client: Any, *urls: str) -> None:
    """Delete objects; one that is not there is no error."""
    for url in urls:
        bucket, key = split_url(url)
        with _naming(url, "deleted"):
            client.delete_object(Bucket=bucket, Key=key)


def _json(value: Any) -> str:
    # Characters as they are: what COPY makes of an escaped one beyond the first 65,536 is not documented.
    return json.dumps(value, ensure_ascii=False)


def _put(client: Any, url: str, text: str) -> None:
    bucket, key = split_url(url)
    with _naming(url, "written"):
        client.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")


@contextmanager
def _naming(url: str, done: str) -> Iterator[None]:
    """Name the place and the remedy of what a retry cannot mend; other errors of S3 pass, to be retried."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if not aws_permanent(error):
            raise
        code = error.response.get("Error", {}).get("Code", "")
        raise S3LocationError(
            f"{url} cannot be {done}: {code}. Check the Variable that names it, and the rights of the worker's "
            "connection there"
        ) from error
