"""Data frames of pandas, written and read by redshift_connector."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas
import pytest
import redshift_connector

from local.warehouse import Warehouse
from tests.warehouse.standin import connect, rows

pytestmark = pytest.mark.slow

_COLUMNS = {
    "id": "int",
    "big": "bigint",
    "name": "varchar(20)",
    "amount": "double precision",
    "price": "decimal(8, 2)",
    "ok": "boolean",
    "day": "date",
    "at": "timestamp",
}
_ROWS = [
    (1, 2**40, "Köln", 1.5, Decimal("2.50"), True, date(2018, 11, 12), datetime(2018, 11, 12, 1, 2, 3, 4000)),
    (2, -1, "", -0.25, Decimal("-0.01"), False, date(1969, 12, 31), datetime(2000, 1, 1)),
    (3, None, None, None, None, None, None, None),
]


@pytest.fixture
def client(warehouse: Warehouse) -> Iterator[Any]:
    with closing(connect(warehouse, "redshift_connector")) as connection:
        yield connection


@pytest.fixture
def table(client: Any) -> Iterator[str]:
    name = f"public.frame_{uuid.uuid4().hex[:8]}"
    rows(client, f"create table {name} ({', '.join(map(' '.join, _COLUMNS.items()))})")
    yield name
    rows(client, f"drop table {name}")


def _frame(values: list[tuple[Any, ...]]) -> pandas.DataFrame:
    # As objects, because a column of numbers has no NULL but NaN, which is a number.
    return pandas.DataFrame(values, columns=list(_COLUMNS), dtype=object)


@pytest.mark.parametrize("count", [1, 3])
def test_a_frame_comes_back_as_it_was_written(client, table, count):
    cursor = client.cursor()
    cursor.write_dataframe(_frame(_ROWS[:count]), table)
    cursor.execute(f"select * from {table} order by id")
    found = cursor.fetch_dataframe()
    assert list(found.columns) == list(_COLUMNS)
    assert [tuple(None if pandas.isna(value) else value for value in row) for row in found.values.tolist()] == [
        (*row[:7], row[7] and pandas.Timestamp(row[7])) for row in _ROWS[:count]
    ]


def test_columns_of_pandas_own_types_are_written_and_read_back_as_such(client, table):
    frame = pandas.DataFrame(
        {
            "id": pandas.array([1, 2], dtype="int64"),
            "big": pandas.array([3, 4], dtype="int64"),
            "name": ["a", "b"],
            "amount": [0.5, 1.5],
            "price": [Decimal("1.00"), Decimal("2.00")],
            "ok": [True, False],
            "day": [date(2018, 11, 1), date(2018, 11, 2)],
            "at": pandas.to_datetime(["2018-11-01 00:00:00.123", "2018-11-02 12:00"], format="ISO8601"),
        }
    )
    cursor = client.cursor()
    cursor.write_dataframe(frame, table)
    cursor.execute(f"select * from {table} order by id")
    found = cursor.fetch_dataframe()
    assert [str(found.dtypes[name]) for name in ("id", "big", "amount", "ok")] == ["int64", "int64", "float64", "bool"]
    assert found["at"].tolist() == frame["at"].tolist()
    assert found["name"].tolist() == ["a", "b"]


def test_a_result_without_rows_is_a_frame_with_columns(client, table):
    cursor = client.cursor()
    cursor.execute(f"select id, name from {table}")
    found = cursor.fetch_dataframe()
    assert found.empty
    assert list(found.columns) == ["id", "name"]


def test_a_frame_is_not_written_to_a_table_that_does_not_exist(client):
    with pytest.raises(redshift_connector.InterfaceError, match="Invalid table name"):
        client.cursor().write_dataframe(_frame(_ROWS), "public.nowhere")
