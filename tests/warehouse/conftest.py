"""The pipeline on the stand-in, with empty tables for every test."""

import pytest

from local.warehouse import Warehouse
from tests.pipeline import Pipeline


@pytest.fixture(params=["redshift", "postgres"])
def pipeline(
    request: pytest.FixtureRequest, warehouse: Warehouse, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Pipeline:
    """The DAGs on empty tables, once by redshift_connector and once by psycopg."""
    made = Pipeline(warehouse, bucket, monkeypatch, request.param)
    made.manage_tables("reset", "reset")
    return made
