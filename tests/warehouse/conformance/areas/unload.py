"""UNLOAD: what it takes and what it refuses; what COPY makes of the files.

What the files are called and what is in them is tested beside these cases, with an S3 client.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from tests.warehouse.conformance.case import Case

_PAGE = "r_UNLOAD"
_ROWS = "select 1 as a, ''one, |1''::varchar(20) as b union all select 2, null order by 1"


def _unload(options: str, *, query: str = _ROWS, bucket: str = "{bucket}") -> str:
    return f"unload ('{query}') to 's3://{bucket}/out_' iam_role '{{role}}' {options}"


def _reloads(
    fact: str,
    unload: str,
    copy: str,
    *,
    query: str = _ROWS,
    columns: str = "a int, b varchar(20)",
    rows: list[tuple[object, ...]] | None = None,
    before: tuple[str, ...] = (),
    source: str = _PAGE,
    differs: str = "",
) -> Case:
    """A fact that shows when COPY reads the files again."""
    return Case(
        fact=fact,
        source=source,
        sql=(
            *before,
            f"create table t ({columns})",
            _unload(unload, query=query),
            f"copy t from 's3://{{bucket}}/out_' iam_role '{{role}}' {copy}",
            "select * from t order by 1",
        ),
        rows=rows or [(1, "one, |1"), (2, None)],
        differs=differs,
    )


def _excluded(one: str, other: str) -> Case:
    names = f"{one.partition(' ')[0].upper()} cannot be used with {other.partition(' ')[0].upper()}"
    return Case(
        fact=f"UNLOAD: {names}",
        source=_PAGE,
        sql=_unload(f"{one} {other}", bucket="none"),
        error="cannot be used with",
        code="42601",
    )


def _refused(fact: str, options: str, *, query: str = _ROWS, bucket: str = "none") -> Case:
    sql = _unload(options, query=query, bucket=bucket)
    return Case(fact=fact, source=_PAGE, sql=sql, error="not supported", refused=True)


CASES = [
    _reloads("UNLOAD with ESCAPE is what COPY with ESCAPE reads", "escape null as '@'", "escape null as '@'"),
    _reloads(
        "UNLOAD with ADDQUOTES is what COPY with REMOVEQUOTES reads",
        "addquotes null as '@'",
        "removequotes null as '@'",
        differs="numbers are quoted, too, as the parameter's description has it and one of its examples has not",
    ),
    _reloads("UNLOAD as CSV is what COPY as CSV reads", "csv null as '@'", "csv null as '@'"),
    _reloads(
        "UNLOAD as CSV writes a header with HEADER",
        "format as csv header null as '@'",
        "csv ignoreheader 1 null as '@'",
    ),
    _reloads("UNLOAD as JSON is what COPY with JSON 'auto' reads", "format json", "json 'auto'"),
    _reloads(
        "UNLOAD with FIXEDWIDTH pads the values; a NULL is white space",
        "fixedwidth 'a:3,b:10'",
        "fixedwidth 'a:3,b:10' trimblanks blanksasnull",
    ),
    _reloads("UNLOAD's null is an empty string if NULL AS says nothing", "csv", "csv", rows=[(1, "one, |1"), (2, "")]),
    _reloads("UNLOAD with GZIP is what COPY with GZIP reads", "csv gzip null as '@'", "csv gzip null as '@'"),
    _reloads("UNLOAD with BZIP2 is what COPY with BZIP2 reads", "csv bzip2 null as '@'", "csv bzip2 null as '@'"),
    _reloads("UNLOAD with ZSTD is what COPY with ZSTD reads", "csv zstd null as '@'", "csv zstd null as '@'"),
    _reloads(
        "UNLOAD writes serially with PARALLEL OFF or FALSE",
        "parallel off csv null as '@'",
        "csv null as '@'",
        differs="with PARALLEL ON it writes two files, a cluster one or more for each slice",
    ),
    Case(
        fact="UNLOAD with MANIFEST writes a manifest that COPY takes",
        source=_PAGE,
        sql=(
            "create table t (a int, b varchar(20))",
            _unload("manifest csv null as '@'"),
            "copy t from 's3://{bucket}/out_manifest' iam_role '{role}' manifest csv null as '@'",
            "select count(*) from t",
        ),
        rows=[(2,)],
    ),
    _reloads(
        "UNLOAD writes dates, times, decimals and truth values as COPY reads them",
        "csv",
        "csv",
        query="select 1 as a, ''2018-11-30''::date as b, ''2018-11-30 12:00:00.25''::timestamp as c, "
        "1.50::decimal(8,2) as d, true as e, 0.1::float8 as f",
        columns="a int, b date, c timestamp, d decimal(8,2), e bool, f float8",
        rows=[(1, date(2018, 11, 30), datetime(2018, 11, 30, 12, 0, 0, 250000), Decimal("1.50"), True, 0.1)],
        differs="a FLOAT is written so that it reads as the same number; on Redshift precision may be lost",
    ),
    _reloads(
        "CHAR's padding is not unloaded",
        "delimiter ',' addquotes",
        "delimiter ',' removequotes",
        query="select 1 as a, ''Phoenix, AZ''::char(20) as b",
        rows=[(1, "Phoenix, AZ")],
        source="r_UNLOAD_command_examples",
    ),
    _reloads(
        "UNLOAD takes quotes in its query doubled or behind a backslash",
        "csv null as '@'",
        "csv null as '@'",
        query="select 1 as a, \\'it\\' as b",
        rows=[(1, "it")],
    ),
    _reloads(
        "UNLOAD sees the session's temporary tables and its transaction's own rows",
        "csv null as '@'",
        "csv null as '@'",
        before=("create temp table mine (a int, b varchar(20))", "insert into mine values (1, 'x')"),
        query="select a, b from mine",
        rows=[(1, "x")],
    ),
    Case(
        fact="UNLOAD's query speaks Redshift's dialect",
        source=_PAGE,
        sql=(
            "create table t (a int, b int)",
            _unload(
                "csv",
                query="select datediff(year, ''2008-12-31''::date, ''2009-01-01''::date) as a, nvl(null, 3) as b",
            ),
            "copy t from 's3://{bucket}/out_' iam_role '{role}' csv",
            "select * from t",
        ),
        rows=[(1, 3)],
    ),
    _reloads(
        "UNLOAD writes SUPER as JSON, and its NULL as JSON's null whatever NULL AS says",
        "csv null as '@'",
        "csv",
        before=(
            "create temp table mine (a int, b super)",
            """insert into mine values (1, json_parse('{"x":[1,"two"]}')), (2, null)""",
        ),
        query="select a, b from mine",
        rows=[(1, '{"x":[1,"two"]}'), (2, "null")],
        source="unload-super-csv",
    ),
    _reloads(
        "UNLOAD writes SUPER nested into its JSON",
        "json",
        "json 'auto'",
        before=(
            "create temp table mine (a int, b super)",
            """insert into mine values (1, json_parse('{"x":[1,"two"]}'))""",
        ),
        query="select a, b from mine",
        columns="a int, b varchar(40)",
        rows=[(1, '{"x":[1,"two"]}')],
    ),
    _refused("UNLOAD writes SUPER with ESCAPE", "escape", query="select json_parse(''1'') as a", bucket="{bucket}"),
    Case(
        fact="PG_LAST_UNLOAD_COUNT is the number of rows of the session's last UNLOAD",
        source="PG_LAST_UNLOAD_COUNT",
        sql=(_unload("csv"), "select pg_last_unload_count()"),
        rows=[(2,)],
    ),
    Case(
        fact="PG_LAST_UNLOAD_COUNT is 0 before the first UNLOAD",
        source="PG_LAST_UNLOAD_COUNT",
        sql="select pg_last_unload_count()",
        rows=[(0,)],
    ),
    Case(
        fact="UNLOAD fails if there are files that start with its prefix",
        source="observed",
        sql=_unload("csv"),
        files={"out_old": b"x"},
        error="Specified unload destination on S3 is not empty",
        detail="8001",
    ),
    Case(
        fact="UNLOAD with ALLOWOVERWRITE overwrites files of the same names",
        source=_PAGE,
        sql=(
            "create table t (a int, b varchar(20))",
            _unload("csv parallel off"),
            _unload("csv parallel off allowoverwrite", query="select 3 as a, ''x'' as b"),
            "copy t from 's3://{bucket}/out_' iam_role '{role}' csv",
            "select a from t",
        ),
        rows=[(3,)],
    ),
    Case(
        fact="UNLOAD with CLEANPATH removes what starts with its prefix",
        source=_PAGE,
        sql=(
            "create table t (a int, b varchar(20))",
            _unload("csv cleanpath"),
            "copy t from 's3://{bucket}/out_' iam_role '{role}' csv",
            "select a from t order by 1",
        ),
        files={"out_old": b"9,old\n"},
        rows=[(1,), (2,)],
    ),
    Case(
        fact="UNLOAD takes no LIMIT in the outer SELECT",
        source=_PAGE,
        sql=_unload("csv", query="select 1 as a limit 10", bucket="none"),
        error="LIMIT",
        code="42601",
        differs="the message is the stand-in's own: Redshift's is not known",
    ),
    Case(
        fact="UNLOAD takes a LIMIT in a subquery",
        source=_PAGE,
        sql=(
            _unload("csv", query="select a from (select 1 as a union all select 2 limit 1) as x"),
            "select pg_last_unload_count()",
        ),
        rows=[(1,)],
    ),
    Case(
        fact="UNLOAD takes no TOP in the outer SELECT",
        source=_PAGE,
        sql=_unload("csv", query="select top 10 1 as a", bucket="none"),
        error="TOP",
        code="42601",
        differs="the message is the stand-in's own: Redshift's is not known",
    ),
    Case(
        fact="UNLOAD as JSON needs a name of its own for every column",
        source=_PAGE,
        sql=_unload("json", query="select 1 as a, 2 as a"),
        error="needs a name of its own for every column",
        differs="the message is the stand-in's own: Redshift's is not known",
    ),
    Case(
        fact="A value that is longer than its FIXEDWIDTH is not cut",
        source=_PAGE,
        sql=_unload("fixedwidth 'a:3,b:4'"),
        error="FIXEDWIDTH 4",
        differs="it is an error; what Redshift does is not documented",
    ),
    Case(
        fact="UNLOAD to a role that the cluster may not assume is an error that names it",
        source="observed",
        sql=_unload("csv", bucket="none").replace("{role}", "arn:aws:iam::000000000000:role/other"),
        error="is not authorized to assume IAM Role arn:aws:iam::000000000000:role/other",
    ),
    Case(
        fact="UNLOAD needs an authorisation",
        source=_PAGE,
        sql="unload ('select 1 as a') to 's3://none/out_'",
        error="needs an authorisation",
        code="42601",
    ),
    Case(
        fact="MAXFILESIZE is between 5 MB and 6.2 GB",
        source=_PAGE,
        sql=_unload("csv maxfilesize 4 mb", bucket="none"),
        error="MAXFILESIZE is between 5 MB and 6.2 GB",
        code="22023",
    ),
    _reloads(
        "UNLOAD takes all its options in any order",
        "maxfilesize as 6.2 gb allowoverwrite parallel true null '@' region 'us-west-2' delimiter ',' escape",
        "delimiter ',' escape null '@'",
    ),
    _excluded("csv", "fixedwidth 'a:3,b:9'"),
    _excluded("csv", "addquotes"),
    *(_excluded("json", other) for other in ("delimiter ','", "header", "fixedwidth 'a:3,b:9'", "addquotes", "escape")),
    _excluded("json", "null as 'x'"),
    _excluded("fixedwidth 'a:3,b:9'", "delimiter ','"),
    _excluded("fixedwidth 'a:3,b:9'", "header"),
    _excluded("cleanpath", "allowoverwrite"),
    _refused("UNLOAD writes PARQUET", "format as parquet"),
    _refused("UNLOAD writes folders with PARTITION BY", "csv partition by (a)"),
    _refused("UNLOAD encrypts with a key of KMS", "kms_key_id 'x' encrypted"),
    _refused("UNLOAD encrypts with a MASTER_SYMMETRIC_KEY", "master_symmetric_key 'x' encrypted"),
    _refused("UNLOAD takes ROWGROUPSIZE for PARQUET", "rowgroupsize 32 mb"),
    _reloads(
        "UNLOAD takes ENCRYPTED AUTO, which is the default where a bucket has no key",
        "encrypted auto csv null as '@'",
        "csv null as '@'",
        differs="what encrypts the objects is the S3 service behind the stand-in, if anything does",
    ),
]
