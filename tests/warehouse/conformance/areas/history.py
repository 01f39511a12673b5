"""Views of statements.

What is recorded of a statement when it has ended, and which of them. The views are up to date for whoever reads them;
a transaction that has read before sees them as they were then.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_TABLE = "create table t (a int)"
_MINE = "pid = pg_backend_pid()"
_LAST = "query = pg_last_query_id()"
_COPY = "copy t from 's3://{bucket}/in/' iam_role '{role}' json 'auto'"
_UNLOAD = "unload ('select 1 as a union all select 2') to 's3://{bucket}/out_' iam_role '{role}' parallel off"
_FILES = {"in/1.json": b'{"a": 1}\n{"a": 2}\n'}
_LONG = f"select a from t where a in ({', '.join(['123456789'] * 30)})"

CASES = [
    Case(
        fact="PG_LAST_QUERY_ID is the query id of the session's last query, under which STL_QUERY has it",
        source="PG_LAST_QUERY_ID",
        sql=(
            _TABLE,
            "insert into t values (1), (2)",
            "select trim(database), trim(label), trim(querytxt), aborted, starttime <= endtime, "
            f"pid = pg_backend_pid() from stl_query where {_LAST}",
        ),
        rows=[("dev", "default", "insert into t values (1), (2)", 0, True, True)],
    ),
    Case(
        fact="PG_LAST_QUERY_ID is -1 before a session's first query",
        source="PG_LAST_QUERY_ID",
        sql="select pg_last_query_id()",
        rows=[(-1,)],
    ),
    Case(
        fact="PG_LAST_QUERY_ID and STL_QUERY leave out what the leader node runs alone: "
        "queries of the catalogue, or of nothing",
        source="PG_LAST_QUERY_ID",
        sql=(
            _TABLE,
            "delete from t",
            "select 1",
            "select count(*) from pg_class c, pg_namespace n where n.oid = c.relnamespace",
            f"select trim(querytxt) from stl_query where {_MINE} order by query",
        ),
        rows=[("delete from t",)],
    ),
    Case(
        fact="Recorded texts are the client's own, with comments, and \\n for a new line",
        source="r_STL_QUERYTEXT",
        sql=(
            _TABLE,
            "/* made by hand */ select\n  nvl(a, 0) from t",
            f"select sequence, trim(text) from stl_querytext where {_LAST}",
        ),
        rows=[(0, "/* made by hand */ select\\n  nvl(a, 0) from t")],
    ),
    Case(
        fact="STL_QUERYTEXT has a long text in rows of 200 characters",
        source="r_STL_QUERYTEXT",
        sql=(
            _TABLE,
            _LONG,
            f"select sequence, octet_length(text), trim(text) from stl_querytext where {_LAST} order by sequence",
        ),
        rows=[(0, 200, _LONG[:200]), (1, 200, _LONG[200:])],
    ),
    Case(
        fact="SET QUERY_GROUP labels the statements that follow",
        source="r_query_group",
        sql=(
            _TABLE,
            "set query_group to 'nightly'",
            "select count(*) from t",
            "reset query_group",
            "select max(a) from t",
            f"select trim(label), trim(substring) from svl_qlog where {_MINE} order by query",
        ),
        rows=[("nightly", "select count(*) from t"), ("default", "select max(a) from t")],
    ),
    Case(
        fact="STL_DDLTEXT has CREATE, ALTER and DROP of tables, views and schemas; CREATE TABLE AS is a query",
        source="r_STL_DDLTEXT",
        sql=(
            _TABLE,
            "create table u as select a from t",
            "drop table u",
            f"select trim(text) from stl_ddltext where {_MINE} and trim(text) not like 'create schema%' "
            "order by starttime",
        ),
        rows=[(_TABLE,), ("drop table u",)],
    ),
    Case(
        fact="SVL_STATEMENTTEXT has queries, DDL and utility statements, and says which is which",
        source="r_SVL_STATEMENTTEXT",
        sql=(
            _TABLE,
            "begin",
            "create table u as select a from t",
            "commit",
            f"select trim(type), trim(text) from svl_statementtext where {_MINE} and text not like '%schema%' "
            "and text not like 'set search_path%' order by starttime",
        ),
        rows=[
            ("DDL", _TABLE),
            ("UTILITY", "begin"),
            ("QUERY", "create table u as select a from t"),
            ("UTILITY", "commit"),
        ],
    ),
    Case(
        fact="The statements of a transaction share its number",
        source="r_SVL_STATEMENTTEXT",
        sql=(
            _TABLE,
            "begin",
            "insert into t values (1)",
            "commit",
            "select count(distinct xid), count(*) from svl_statementtext "
            f"where {_MINE} and xid = (select max(xid) from stl_query where {_MINE})",
        ),
        rows=[(1, 3)],
        differs="the number is the front's own, not the one that SVV_TRANSACTIONS shows.",
    ),
    Case(
        fact="SYS_QUERY_HISTORY has every statement with its type, status and returned rows",
        source="SYS_QUERY_HISTORY",
        sql=(
            _TABLE,
            "insert into t values (1), (2)",
            "select a from t",
            "select 1",
            "select trim(query_type), trim(status), returned_rows, trim(query_text) from sys_query_history "
            "where session_id = pg_backend_pid() and query_text not like '%sche%' "
            "and query_text not like 'set search_path%' order by query_id",
        ),
        rows=[
            ("DDL", "success", 0, _TABLE),
            ("INSERT", "success", 0, "insert into t values (1), (2)"),
            ("SELECT", "success", 2, "select a from t"),
            ("SELECT", "success", 1, "select 1"),
        ],
        differs="statements that are running are not there; queue_time is 0 and returned_bytes NULL.",
    ),
    Case(
        fact="SYS_QUERY_TEXT has a text in rows of 4000 characters",
        source="SYS_QUERY_TEXT",
        sql=(
            _TABLE,
            "delete from t",
            "select sequence, octet_length(text), trim(text) from sys_query_text where query_id = pg_last_query_id()",
        ),
        rows=[(0, 4000, "delete from t")],
    ),
    Case(
        fact="SYS_QUERY_DETAIL shows the steps of queries",
        source="SYS_QUERY_DETAIL",
        sql="select * from sys_query_detail",
        error="sys_query_detail",
        code="42P01",
        differs="it does not exist: there are no steps on slices.",
    ),
    Case(
        fact="COPY's query id is the same in PG_LAST_COPY_ID, STL_LOAD_COMMITS and STL_QUERY",
        source="PG_LAST_COPY_ID",
        sql=(
            _TABLE,
            _COPY,
            "select left(q.querytxt, 6), c.lines_scanned from stl_query q join stl_load_commits c on c.query = q.query "
            "where q.query = pg_last_copy_id() and q.query = pg_last_query_id()",
        ),
        files=_FILES,
        rows=[("copy t", 2)],
    ),
    Case(
        fact="STL_UNLOAD_LOG has a row for each file that an UNLOAD made",
        source="r_STL_UNLOAD_LOG",
        sql=(
            f"{_UNLOAD} csv",
            "select right(trim(path), 7), line_count, transfer_size, trim(file_format) from stl_unload_log "
            f"where {_LAST}",
        ),
        rows=[("out_000", 2, 4, "CSV")],
    ),
    Case(
        fact="SYS_UNLOAD_HISTORY has a row for each UNLOAD, with its format, rows and files",
        source="SYS_UNLOAD_HISTORY",
        sql=(
            _UNLOAD,
            "select status, file_format, unloaded_rows, unloaded_files_count, unloaded_files_size, error_message "
            "from sys_unload_history where query_id = pg_last_unload_id()",
        ),
        rows=[("completed", "Text", 2, 1, 4, None)],
    ),
    Case(
        fact="PG_LAST_UNLOAD_ID is -1 before a session's first UNLOAD",
        source="PG_LAST_UNLOAD_ID",
        sql="select pg_last_unload_id()",
        rows=[(-1,)],
    ),
]
