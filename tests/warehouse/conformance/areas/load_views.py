"""Views of loads.

What COPY leaves behind, whether it loaded or not: errors, files, loads, and the tables to join them with.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_GOOD = {"good/1.json": b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'}
_BAD = {"bad/1.json": b'{"a": 1, "b": "x"}\n{"a": "two", "b": "y"}\n'}
_TABLE = "create table t (a int, b varchar(5))"
_COPY_GOOD = "copy t from 's3://{bucket}/good/' iam_role '{role}' json 'auto'"
_COPY_BAD = "copy t from 's3://{bucket}/bad/' iam_role '{role}' json 'auto' maxerror 5"
_LAST = "query = pg_last_copy_id()"

CASES = [
    Case(
        fact="STL_LOAD_ERRORS names file, line, column, type, value and reason of a field that could not be read",
        source="r_STL_LOAD_ERRORS",
        sql=(
            _TABLE,
            _COPY_BAD,
            "select right(trim(filename), 11), line_number, trim(colname), trim(type), trim(col_length), "
            f"trim(raw_field_value), err_code, trim(err_reason) from stl_load_errors where {_LAST}",
        ),
        files=_BAD,
        rows=[
            (
                *("/bad/1.json", 2, "a", "int4", "0", "two", 1207),
                "Invalid digit, Value 't', Pos 0, Type: Integer",
            )
        ],
    ),
    Case(
        fact="The texts of STL_LOAD_ERRORS are padded with blanks to their columns' lengths",
        source="r_STL_LOAD_ERRORS",
        sql=(
            _TABLE,
            _COPY_BAD,
            "select octet_length(filename), octet_length(colname), octet_length(type), octet_length(raw_line), "
            f"octet_length(err_reason) from stl_load_errors where {_LAST}",
        ),
        files=_BAD,
        rows=[(256, 127, 10, 1024, 100)],
    ),
    Case(
        fact="A view of load errors by table joins STL_LOAD_ERRORS with STV_TBL_PERM",
        source="copy-usage_notes-error-messages",
        sql=(
            _TABLE,
            "create view loadview as (select distinct tbl, trim(name) as table_name, query, starttime, "
            "trim(filename) as input, line_number, colname, err_code, trim(err_reason) as reason "
            "from stl_load_errors sl, stv_tbl_perm sp where sl.tbl = sp.id)",
            _COPY_BAD,
            f"select table_name, line_number, err_code from loadview where {_LAST}",
        ),
        files=_BAD,
        rows=[("t", 2, 1207)],
    ),
    Case(
        fact="STL_LOADERROR_DETAIL has the fields of a failed row up to the one that failed",
        source="r_STL_LOADERROR_DETAIL",
        sql=(
            _TABLE,
            _COPY_BAD,
            f"select line_number, trim(colname), trim(value), trim(type) from stl_loaderror_detail where {_LAST}",
        ),
        files=_BAD,
        rows=[(2, "a", "two", "int4")],
        differs="only the field that failed; FIELD and IS_NULL are NULL.",
    ),
    Case(
        fact="SYS_LOAD_ERROR_DETAIL has the same errors with messages of up to 512 bytes",
        source="SYS_LOAD_ERROR_DETAIL",
        sql=(
            _TABLE,
            _COPY_BAD,
            "select trim(database_name), line_number, trim(column_name), trim(column_type), error_code, "
            "octet_length(error_message) from sys_load_error_detail where query_id = pg_last_copy_id()",
        ),
        files=_BAD,
        rows=[("dev", 2, "a", "int4", 1207, 512)],
    ),
    Case(
        fact="STL_LOAD_COMMITS lists each file of a load with its lines, errors and format",
        source="r_STL_LOAD_COMMITS",
        sql=(
            _TABLE,
            _COPY_GOOD,
            "select right(trim(filename), 12), lines_scanned, errors, status, trim(file_format) "
            f"from stl_load_commits where {_LAST}",
        ),
        files=_GOOD,
        rows=[("/good/1.json", 2, 0, 1, "JSON")],
    ),
    Case(
        fact="SYS_LOAD_HISTORY has a row for each COPY, with its table, status, format and number of rows",
        source="SYS_LOAD_HISTORY",
        sql=(
            _TABLE,
            _COPY_GOOD,
            "select table_name, status, file_format, loaded_rows, source_file_count, source_file_bytes, error_count "
            "from sys_load_history where query_id = pg_last_copy_id()",
        ),
        files=_GOOD,
        rows=[("t", "completed", "json", 2, 1, 38, 0)],
    ),
    Case(
        fact="SYS_LOAD_DETAIL has a row for each file of a COPY, with the bytes and lines that were read",
        source="SYS_LOAD_DETAIL",
        sql=(
            _TABLE,
            _COPY_GOOD,
            "select right(trim(file_name), 12), bytes_scanned, lines_scanned, splits_scanned "
            "from sys_load_detail where query_id = pg_last_copy_id()",
        ),
        files=_GOOD,
        rows=[("/good/1.json", 38, 2, 1)],
        differs="START_TIME is NULL.",
    ),
    Case(
        fact="Load errors are there after the transaction that made them is rolled back",
        source="observed",
        sql=(
            _TABLE,
            "begin",
            _COPY_BAD,
            "rollback",
            "select distinct trim(err_reason) from stl_load_errors where session = pg_backend_pid()",
        ),
        files=_BAD,
        rows=[("Invalid digit, Value 't', Pos 0, Type: Integer",)],
    ),
    Case(
        fact="PG_LAST_COPY_ID is -1 before a session's first COPY",
        source="PG_LAST_COPY_ID",
        sql="select pg_last_copy_id()",
        rows=[(-1,)],
    ),
]
