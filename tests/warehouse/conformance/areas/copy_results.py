"""COPY: authorisation, results, and what is recorded."""

from __future__ import annotations

from tests.warehouse.conformance.case import Case
from tests.warehouse.conformance.copying import JSON, copy, fails, loads, rejects

_AUTHORISATION = "copy-parameters-authorization"
_LOAD = "copy-parameters-data-load"
_FAILED = "Load into table 't' failed.  Check 'sys_load_error_detail' system table for details."
_MIXED = b'{"a": 1}\n{"a": "x"}\n{"a": "y"}\n{"a": 4}\n'
_KEYS = "aws_access_key_id=x;aws_secret_access_key=y"


def _authorised(fact: str, clause: str) -> Case:
    return Case(
        fact=fact,
        source=_AUTHORISATION,
        sql=("create table t (a int)", f"copy t from 's3://{{bucket}}/data/' {clause} {JSON}", "select a from t"),
        rows=[(1,)],
        files={"data/1.json": b'{"a": 1}'},
    )


def _unauthorised(fact: str, clause: str, error: str, code: str = "42601") -> Case:
    return Case(
        fact=fact,
        source=_AUTHORISATION,
        sql=("create table t (a int)", f"copy t from 's3://{{bucket}}/data/' {clause} {JSON}"),
        error=error,
        code=code,
        files={"data/1.json": b'{"a": 1}'},
    )


CASES = [
    _authorised("IAM_ROLE names a role", "iam_role '{role}'"),
    _authorised("IAM_ROLE default is the cluster's default role", "iam_role default"),
    _authorised("Roles may be chained, without blanks between them", "iam_role '{role},{role}'"),
    _authorised("CREDENTIALS name a role as well", "credentials 'aws_iam_role={role}'"),
    _authorised("WITH CREDENTIALS AS is the same", "with credentials as 'aws_iam_role={role}'"),
    Case(
        fact="A role that the cluster may not assume is an error that names it, in a chain too",
        source="observed",
        sql=(
            "create table t (a int)",
            "copy t from 's3://{bucket}/x' iam_role '{role},arn:aws:iam::000000000000:role/other' json",
        ),
        error="is not authorized to assume IAM Role arn:aws:iam::000000000000:role/other",
    ),
    _unauthorised(
        "Two authorisations are one too many",
        "iam_role '{role}' access_key_id 'x' secret_access_key 'y'",
        "stand-in: COPY takes one authorisation, not several",
    ),
    _unauthorised("An authorisation is needed", "", "stand-in: COPY needs an authorisation"),
    _unauthorised(
        "ACCESS_KEY_ID and SECRET_ACCESS_KEY belong together",
        "access_key_id 'x'",
        "stand-in: COPY needs ACCESS_KEY_ID and SECRET_ACCESS_KEY together",
    ),
    *(
        _unauthorised(
            f"Keys that S3 does not know are S3's error: {form}",
            clause,
            "S3ServiceException:",
            "XX000",
        )
        for form, clause in {
            "ACCESS_KEY_ID and SECRET_ACCESS_KEY": "access_key_id 'x' secret_access_key 'y'",
            "with a SESSION_TOKEN": "access_key_id 'x' secret_access_key 'y' session_token 'z'",
            "in CREDENTIALS": f"credentials '{_KEYS}'",
            "in CREDENTIALS with a token": f"credentials '{_KEYS};token=z'",
        }.items()
    ),
    _unauthorised(
        "Encrypted data need a master_symmetric_key",
        f"credentials '{_KEYS};master_symmetric_key=k'",
        "stand-in: COPY of encrypted data",
        "0A000",
    ),
    fails(
        "A load with one bad row fails",
        "observed",
        body=_MIXED,
        error=_FAILED,
    ),
    fails(
        "A load fails when as many rows fail as MAXERROR says",
        _LOAD,
        body=_MIXED,
        options=f"{JSON} maxerror 2",
        error=_FAILED,
    ),
    loads(
        "Fewer bad rows than MAXERROR are skipped",
        _LOAD,
        table="a int",
        body=_MIXED,
        options=f"{JSON} maxerror as 3",
        rows=[(1,), (4,)],
    ),
    fails(
        "MAXERROR 1 stops at the first bad row, as 0 does",
        _LOAD,
        body=_MIXED,
        options=f"{JSON} maxerror 1",
        error=_FAILED,
    ),
    fails(
        "MAXERROR is at most 100000",
        _LOAD,
        options=f"{JSON} maxerror 100001",
        error="stand-in: max_errors 100001 is not between 0 and 100000",
        code="22023",
    ),
    loads(
        "IGNOREALLERRORS skips bad rows however many",
        _LOAD,
        table="a int",
        body=_MIXED,
        options=f"{JSON} ignoreallerrors",
        rows=[(1,), (4,)],
    ),
    fails(
        "IGNOREALLERRORS excludes MAXERROR",
        _LOAD,
        options=f"{JSON} ignoreallerrors maxerror 5",
        error="stand-in: IGNOREALLERRORS excludes MAXERROR",
        code="42601",
    ),
    loads("NOLOAD reads and loads nothing", _LOAD, table="a int", body=b'{"a": 1}', options=f"{JSON} noload", rows=[]),
    fails("NOLOAD finds bad rows", _LOAD, body=_MIXED, options=f"{JSON} noload", error=_FAILED),
    rejects(
        "A load error's line is the last one of its document",
        "copy-usage_notes-copy-from-json",
        table="a int",
        body=b'{"a": 1}\n\n{\n "a":\n "x"\n}\n{"a": 2}{"a": "y"}',
        shown="line_number, trim(raw_field_value)",
        faults=[(6, "x"), (7, "y")],
    ),
    rejects(
        "stl_load_errors has texts of fixed width, blank padded",
        "r_STL_LOAD_ERRORS",
        table="a int",
        body=b'{"a": "x"}',
        shown="octet_length(filename), octet_length(colname), octet_length(type), octet_length(err_reason)",
        faults=[(256, 127, 10, 100)],
    ),
    Case(
        fact="Load errors outlive the rollback of their load",
        source="r_STL_LOAD_ERRORS",
        sql=(
            "create table t (a int)",
            copy(f"{JSON} maxerror 100"),
            "begin",
            copy(f"{JSON} maxerror 100"),
            "rollback",
            "select count(*) from stl_load_errors where session = pg_backend_pid()",
        ),
        rows=[(4,)],
        files={"data/1.json": _MIXED},
    ),
    Case(
        fact="A COPY in a transaction block is rolled back with it",
        source="copy-usage_notes-multiple-files",
        sql=("create table t (a int)", "begin", copy(), "rollback", "select count(*) from t"),
        rows=[(0,)],
        files={"data/1.json": b'{"a": 1}'},
    ),
    loads(
        "pg_last_copy_count() is how many rows the session's last COPY has loaded",
        "PG_LAST_COPY_COUNT",
        table="a int",
        body=_MIXED,
        options=f"{JSON} maxerror 10",
        select="select pg_last_copy_count()",
        rows=[(2,)],
    ),
    Case(
        fact="pg_last_copy_id() is -1 before the session's first COPY",
        source="PG_LAST_COPY_ID",
        sql="select pg_last_copy_id()",
        rows=[(-1,)],
    ),
    loads(
        "sys_load_history has a row for every load",
        "SYS_LOAD_HISTORY",
        table="a int",
        body=_MIXED,
        options=f"{JSON} maxerror 10",
        select="select trim(status), trim(table_name), loaded_rows, source_file_count, error_count "
        "from sys_load_history where query_id = pg_last_copy_id()",
        rows=[("completed", "t", 2, 1, 2)],
    ),
    loads(
        "stl_load_commits has a row for every file",
        "r_STL_LOAD_COMMITS",
        table="a int",
        body=b'{"a": 1}\n{"a": 2}\n',
        select="select lines_scanned, errors, trim(file_format) from stl_load_commits where query = pg_last_copy_id()",
        rows=[(2, 0, "JSON")],
    ),
    fails(
        "The bucket's region has to be named where it is not the cluster's",
        "copy-parameters-data-source-s3",
        options=f"{JSON} region as 'eu-west-1'",
        error="stand-in: there is no region eu-west-1 here",
        differs="there is one region here, and another one is refused",
    ),
]
