"""The pipeline on the stand-in, with empty tables for every test, and a bucket for tests of the stand-in itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.warehouse import Warehouse
from tests.conftest import make_bucket
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(params=["redshift", "postgres"])
def pipeline(
    request: pytest.FixtureRequest, warehouse: Warehouse, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Pipeline:
    """The DAGs on empty tables, once by redshift_connector and once by psycopg."""
    made = Pipeline(warehouse, bucket, monkeypatch, request.param)
    made.manage_tables("reset", "reset")
    return made


@pytest.fixture(scope="session")
def shared_bucket(s3: S3Client) -> str:
    """One bucket for all: the S3 server gives every bucket volumes of its own, and has not many."""
    return make_bucket(s3)
