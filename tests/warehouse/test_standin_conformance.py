"""Every fact of the conformance suite, with redshift_connector and with psycopg, and the table made of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from local.warehouse import Warehouse
from tests.conftest import make_bucket
from tests.warehouse.conformance.case import Case, all_areas
from tests.warehouse.conformance.document import DOCUMENT, render
from tests.warehouse.standin import connect, error, rows

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FACTS = [pytest.param(case, id=f"{area.title}: {case.fact}") for area in all_areas() for case in area.cases]


@pytest.fixture(params=["redshift_connector", "psycopg"])
def client(request: pytest.FixtureRequest, warehouse: Warehouse) -> Iterator[Any]:
    """A session whose search path starts with an empty schema that goes with it."""
    schema = f"fact_{uuid.uuid4().hex[:12]}"
    connection = connect(warehouse, request.param)
    rows(connection, f"create schema {schema}")
    rows(connection, f"set search_path to {schema}, public")
    yield connection
    connection.close()
    with connect(warehouse) as sweeper:
        rows(sweeper, f"drop schema {schema} cascade")


@pytest.mark.slow
@pytest.mark.parametrize("case", _FACTS)
def test_the_stand_in_keeps_to_the_fact(
    case: Case, client: Any, warehouse: Warehouse, request: pytest.FixtureRequest
) -> None:
    bucket = _bucket(case, request)
    *before, last = (_filled(text, bucket, warehouse.iam_role) for text in case.statements)
    for statement in before:
        rows(client, statement)
    if case.error is None:
        assert rows(client, last) == case.rows
        return
    code, message, detail = error(client, last)
    assert _filled(case.error, bucket, warehouse.iam_role) in message
    assert _filled(case.detail, bucket, warehouse.iam_role) in detail
    assert code == (case.code or ("0A000" if case.refused else "XX000"))


def test_the_conformance_table_is_current() -> None:
    assert DOCUMENT.read_text() == render(all_areas()), "run ./sparkify docs"


@pytest.fixture(scope="session")
def facts_bucket(s3: S3Client) -> str:
    """One bucket for all facts: making one takes the S3 server longer than most facts."""
    return make_bucket(s3)


def _bucket(case: Case, request: pytest.FixtureRequest) -> str:
    """The bucket with this case's objects and no others, if it asks for one."""
    if not any("{bucket}" in statement for statement in case.statements):
        return ""
    bucket: str = request.getfixturevalue("facts_bucket")
    s3: S3Client = request.getfixturevalue("s3")
    for left in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
        s3.delete_object(Bucket=bucket, Key=left["Key"])
    for key, body in case.files.items():
        s3.put_object(Bucket=bucket, Key=key, Body=_filled(body.decode("latin-1"), bucket, "").encode("latin-1"))
    return bucket


def _filled(text: str, bucket: str, role: str) -> str:
    return text.replace("{bucket}", bucket).replace("{role}", role)
