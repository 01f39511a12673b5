"""S3 clients; the front's own is made once, in the parent, and inherited by every session."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config as ClientConfig

from local.redshift.config import S3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@cache
def own(s3: S3) -> S3Client:
    """Return the client with the front's own keys, which stand for the assumed role."""
    return with_keys(s3, s3.access_key, s3.secret_key)


def with_keys(s3: S3, access_key: str, secret_key: str, session_token: str | None = None) -> S3Client:
    """Return a client with these keys, temporary ones if there is a session token."""
    client = botocore.session.Session().create_client(
        "s3",
        region_name=s3.region,
        endpoint_url=s3.endpoint_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=session_token,
        config=ClientConfig(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=16,
            s3={"addressing_style": "path"},
            proxies={},
        ),
    )
    return cast("S3Client", client)
