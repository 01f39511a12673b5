"""Makes a bucket hold exactly a data set's files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.processes import raise_if_cancelled
from local.s3 import REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_THREADS = 8
_DELETE_AT_ONCE = 1000  # S3's own limit


@dataclass(frozen=True)
class Mirrored:
    """What a mirroring did, in objects."""

    uploaded: int
    kept: int
    deleted: int


def mirror(
    s3: S3Client, bucket: str, files: Mapping[str, Path], progress: Callable[[int, int], None] | None = None
) -> Mirrored:
    """Upload what is new or differs, delete what `files` lacks, leave the rest. Idempotent; makes the bucket.

    :param files: local file by key. :param progress: called with objects done and in all.
    """
    ensure_bucket(s3, bucket)
    held = _etags(s3, bucket)
    done = 0

    def put(item: tuple[str, Path]) -> bool:
        raise_if_cancelled()
        key, path = item
        # One PUT per object, so its ETag is the MD5 of its bytes.
        with path.open("rb") as body:
            digest = hashlib.file_digest(body, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            if held.get(key) == digest:
                return False
            body.seek(0)
            s3.put_object(Bucket=bucket, Key=key, Body=body)
        return True

    uploaded = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for changed in pool.map(put, files.items()):
            uploaded += changed
            done += 1
            if progress:
                progress(done, len(files))
    gone = sorted(held.keys() - files.keys())
    for at in range(0, len(gone), _DELETE_AT_ONCE):
        some = gone[at : at + _DELETE_AT_ONCE]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in some]})
    return Mirrored(uploaded, len(files) - uploaded, len(gone))


def ensure_bucket(s3: S3Client, bucket: str) -> None:
    """Make the bucket unless it is there."""
    if bucket not in {found["Name"] for found in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})


def _etags(s3: S3Client, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}
