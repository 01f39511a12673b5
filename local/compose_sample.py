"""Puts a simulated month into the compose stack's S3: what its service `sample` runs."""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from local.compose_env import MANIFESTS, SOURCE
from local.mirror import ensure_bucket
from local.simulator import simulate

FIRST_DAY = date(2018, 11, 1)
DAYS = 30
_THREADS = 8
_LAST = "log_json_path.json"  # uploaded when all else is there, so its presence says that nothing lacks


def main() -> None:
    """Make both buckets and fill the source, once; nothing that a user puts there is removed.

    Reads SPARKIFY_S3_ENDPOINT and boto3's own AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """
    s3 = boto3.client(
        "s3",
        endpoint_url=os.environ["SPARKIFY_S3_ENDPOINT"],
        region_name="us-west-2",
        config=Config(s3={"addressing_style": "path"}, max_pool_connections=16),
    )
    source, manifests = urlsplit(SOURCE).netloc, urlsplit(MANIFESTS).netloc
    ensure_bucket(s3, manifests)
    ensure_bucket(s3, source)
    if s3.list_objects_v2(Bucket=source, Prefix=_LAST, MaxKeys=1)["KeyCount"]:
        sys.stdout.write(f"{SOURCE} is filled already\n")
        return
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(_THREADS) as pool:
        folder = Path(name)
        summary = simulate(folder, start=FIRST_DAY, days=DAYS)
        files = [path for path in folder.rglob("*.json") if path.name != _LAST]

        def put(path: Path) -> None:
            s3.put_object(Bucket=source, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())

        list(pool.map(put, files))
        put(folder / _LAST)
    sys.stdout.write(f"{SOURCE} holds {summary.events:,} events and {summary.songs:,} songs\n")


if __name__ == "__main__":
    main()
