"""What all threats have in common: the pipeline on the stand-in, and a table that an injection would drop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.warehouse import Warehouse
from tests.pipeline import Pipeline
from tests.warehouse.test_pipeline_changes import Source

# What would come of text that became SQL, whatever it stood in: a literal, a name, a comment, a parenthesis.
PAYLOADS = (
    "x'; drop table canary; --",
    'x"; drop table canary; --',
    "x */ drop table canary; /*",
    "x\n; drop table canary\n;",
    "x\\'; drop table canary; --",
)


@pytest.fixture
def pipeline(warehouse: Warehouse, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    """The DAGs on empty tables, by redshift_connector; the canary must be there in the end."""
    made = Pipeline(warehouse, bucket, monkeypatch)
    made.manage_tables("reset", "reset")
    made.execute("create table canary (alive integer)")
    yield made
    made.execute("drop table canary")


@pytest.fixture
def source(pipeline: Pipeline, tmp_path: Path) -> Source:
    """A folder and a bucket that hold the same."""
    return Source(pipeline, tmp_path)
