"""Cases of COPY: a table, an object, an option, and what is in the table or in the system tables then."""

from __future__ import annotations

from collections.abc import Mapping

from tests.warehouse.conformance.case import Case

JSON = "json 'auto'"
Row = tuple[object, ...]


def copy(options: str = JSON, *, columns: str = "", source: str = "data/") -> str:
    """A COPY into the table t."""
    return f"copy t {columns} from 's3://{{bucket}}/{source}' iam_role '{{role}}' {options}"


def loads(
    fact: str,
    page: str,
    *,
    table: str,
    body: bytes,
    rows: list[Row],
    options: str = JSON,
    columns: str = "",
    source: str = "data/",
    select: str = "select * from t order by 1",
    files: Mapping[str, bytes] | None = None,
    differs: str = "",
) -> Case:
    """What a table holds after a COPY.

    :param table: its columns. :param body: the object data/1.json. :param select: the question.
    """
    return Case(
        fact=fact,
        source=page,
        sql=(f"create table t ({table})", copy(options, columns=columns, source=source), select),
        rows=rows,
        files={"data/1.json": body, **(files or {})},
        differs=differs,
    )


def rejects(
    fact: str,
    page: str,
    *,
    table: str,
    body: bytes,
    faults: list[Row],
    options: str = JSON,
    shown: str = "line_number, trim(colname), trim(type), err_code, trim(err_reason)",
    files: Mapping[str, bytes] | None = None,
) -> Case:
    """What stl_load_errors says of rows that a COPY with MAXERROR has skipped.

    :param faults: line, column, type, code and reason of each, or what `shown` asks for.
    """
    return Case(
        fact=fact,
        source=page,
        sql=(
            f"create table t ({table})",
            copy(f"{options} maxerror 100"),
            f"select {shown} from stl_load_errors where query = pg_last_copy_id() order by line_number",
        ),
        rows=faults,
        files={"data/1.json": body, **(files or {})},
    )


def fails(
    fact: str,
    page: str,
    *,
    error: str,
    table: str = "a int",
    body: bytes = b'{"a": 1}',
    options: str = JSON,
    columns: str = "",
    source: str = "data/",
    code: str = "",
    detail: str = "",
    refused: bool = False,
    differs: str = "",
    files: Mapping[str, bytes] | None = None,
) -> Case:
    """A COPY that ends with an error."""
    return Case(
        fact=fact,
        source=page,
        sql=(f"create table t ({table})", copy(options, columns=columns, source=source)),
        error=error,
        code=code,
        detail=detail,
        refused=refused,
        differs=differs,
        files={"data/1.json": body, **(files or {})},
    )
