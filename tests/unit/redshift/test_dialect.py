"""One case a rewrite: what a Redshift statement becomes for PostgreSQL."""

from __future__ import annotations

import pytest
from sqlglot import exp

from local.redshift.dialect.permitted import PERMITTED, check
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.statements import plans
from local.redshift.errors import RedshiftError, StatementSyntaxError, UnsupportedError


def planned(text: str) -> Plan:
    (plan,) = plans(text)
    return plan


@pytest.mark.parametrize(
    ("redshift", "postgres"),
    [
        ("select getdate(), sysdate", "SELECT GETDATE(), REDSHIFT_SYSDATE() AS sysdate"),
        ("select nvl(a, 0) from t", "SELECT COALESCE(a, 0) FROM t"),
        ("select nvl2(a, 1, 2) from t", "SELECT CASE WHEN NOT (a) IS NULL THEN 1 ELSE 2 END FROM t"),
        (
            "select decode(a, 1, 'x', 'y') from t",
            "SELECT CASE WHEN REDSHIFT_SAME(a, 1) THEN 'x' ELSE 'y' END FROM t",
        ),
        (
            "select extract(weekday from ts) from t",
            "SELECT REDSHIFT_EXTRACT('dow', ts) AS date_part FROM t",
        ),
        ("select date_part(h, ts) from t", "SELECT REDSHIFT_PART('hour', ts) AS pgdate_part FROM t"),
        (
            "select datediff(day, a, b) from t",
            "SELECT REDSHIFT_DATEDIFF('day', a, b) AS date_diff FROM t",
        ),
        (
            "select dateadd(m, 5, ts) from t",
            "SELECT ((ts) + (CAST(5 AS BIGINT)) * REDSHIFT_INTERVAL('1 minute')) AS date_add FROM t",
        ),
        ("select concat(a, b) from t", "SELECT (CAST(a AS TEXT) || CAST(b AS TEXT)) FROM t"),
        ("select charindex('a', b) from t", "SELECT STRPOS(b, 'a') AS charindex FROM t"),
        ("select a::decimal from t", "SELECT CAST(a AS DECIMAL(18, 0)) FROM t"),
        (
            "select cast(a as varchar(3)) from t",
            "SELECT CAST(REDSHIFT_CUT(CAST(a AS TEXT), 3) AS VARCHAR(3)) AS a FROM t",
        ),
        (
            "select listagg(a, ',') within group (order by b) from t",
            "SELECT REDSHIFT_LISTAGG(STRING_AGG(CAST(a AS TEXT), ',' ORDER BY b)) AS listagg FROM t",
        ),
        ("select listagg(a) from t", "SELECT REDSHIFT_LISTAGG(STRING_AGG(CAST(a AS TEXT), '')) AS listagg FROM t"),
        ("delete t where a = 1", "DELETE FROM t WHERE a = 1"),
        (
            "select nvl(a::varchar(2), nvl(b, sysdate)), len(isnull(c, 'x')) from t",
            "SELECT COALESCE(CAST(REDSHIFT_CUT(CAST(a AS TEXT), 2) AS VARCHAR(2)), COALESCE(b, REDSHIFT_SYSDATE())), "
            "LEN(COALESCE(c, 'x')) FROM t",
        ),
        ('select "Level" from "Users"', 'SELECT "level" FROM "users"'),
        ("select top 3 a from t", "SELECT a FROM t LIMIT 3"),
        ("select a from t minus select b from u", "SELECT a FROM t EXCEPT SELECT b FROM u"),
        (
            "select timestamp 'epoch' + ts / 1000 * interval '1 second' from t",
            "SELECT CAST('epoch' AS TIMESTAMP) + ts / 1000 * INTERVAL '1 SECOND' FROM t",
        ),
        (r"select 'a\'b\\c' from t", r"SELECT 'a''b\c' FROM t"),
        (
            "delete from t using u where t.a = u.a and t.b >= $1",
            "DELETE FROM t USING u WHERE t.a = u.a AND t.b >= $1",
        ),
    ],
)
def test_a_query_is_rewritten(redshift, postgres):
    assert planned(redshift).sql == postgres


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("insert into t (a) values (1) returning a", "RETURNING"),
        ("insert into t (a) select 1 on conflict do nothing", "ON CONFLICT"),
        ("select a is distinct from b from t", "IS DISTINCT FROM"),
        ("select array[1, 2]", "arrays"),
        ("select string_agg(a, ',') from t", "string_agg"),
        ("select array_agg(a) from t", "array_agg"),
        ("select now()", "now"),
        ("select current_timestamp", "CURRENT_TIMESTAMP"),
        ("select pg_sleep(1)", "pg_sleep"),
        ("select pg_read_file('/etc/passwd')", "pg_read_file"),
        ("select a from t for update", "FOR UPDATE"),
        ("select distinct on (a) a from t", "DISTINCT ON"),
        ("select a from t except all select 1", "EXCEPT ALL"),
        ("select * exclude a from t", "EXCLUDE"),
        ("select b, count(*) from t group by all", "GROUP BY ALL"),
        ("select a = any('{1}') from t", "array"),
        ("select * from (values (1)) v (a)", "VALUES"),
        ("with recursive n as (select 1 as i union all select i + 1 from n) select i from n", "columns named"),
        ("select sum(a) over (order by b) from t", "frame clause"),
        ("select sum(a) over w from t window w as (order by b)", "named windows"),
        ("select a ~* 'x' from t", "~*"),
        ("select regexp_substr(a, '(?=b)') from t", "(?"),
        (r"select regexp_replace(a, '(b)', '\\1') from t", "back references"),
        ("select approximate sum(a) from t", "APPROXIMATE"),
        ("select * from t pivot (sum(a) for b in ('x'))", "PIVOT"),
        ("delete t, u where a = 1", "several tables"),
        ("select * from t join u using (a) qualify row_number() over (order by a) = 1", "USING"),
        ("select a::json from t", "JSON"),
        ("select count(*) filter (where a) from t", "FILTER"),
        ("create table t (a serial)", "serial"),
        ("create table t (a uuid)", "uuid"),
        ("create table t (a int[])", "arrays"),
        ("create table t (a int check (a > 0))", "check"),
        ("create index i on t (a)", "CREATE INDEX"),
        ("savepoint a", "SAVEPOINT"),
        ("rollback to a", "savepoints"),
        ("copy t from stdin", "STDIN"),
        ("copy t to 's3://b/k'", "TO"),
        ("set session authorization postgres", "AUTHORIZATION"),
        ("do $$ begin end $$", "DO"),
        ("set enable_case_sensitive_identifier to on", "enable_case_sensitive_identifier"),
        ("lock table t in share mode", "mode"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_reason(statement, reason):
    with pytest.raises(RedshiftError) as caught:
        plans(statement)
    assert caught.value.code in ("0A000", "42601")
    assert reason.lower() in caught.value.message.lower()


def _kinds(kind: type[exp.Expr]) -> set[type[exp.Expr]]:
    return {kind}.union(*(_kinds(below) for below in kind.__subclasses__()))


def test_whatever_sqlglot_can_read_is_refused_unless_it_is_permitted_by_name():
    unknown = _kinds(exp.Expr) - PERMITTED
    assert exp.Command in unknown
    assert len(unknown) > 500
    for kind in unknown:
        with pytest.raises(UnsupportedError):
            check(exp.Paren(this=kind()))


@pytest.mark.parametrize(
    ("redshift", "postgres"),
    [
        (
            "select * from t qualify row_number() over (order by a) = 1 order by b limit 2",
            "SELECT (redshift_qualified.redshift_0).* FROM (SELECT COALESCE(t.*) AS redshift_0, b AS redshift_1, "
            "ROW_NUMBER() OVER (ORDER BY a) = 1 AS redshift_keep FROM t) AS redshift_qualified "
            "WHERE redshift_qualified.redshift_keep ORDER BY redshift_qualified.redshift_1 LIMIT 2",
        ),
        (
            "select a, rank() over (order by b) as r from t qualify r < 3 limit 1",
            'SELECT redshift_qualified.redshift_0 AS "a", redshift_qualified.redshift_1 AS "r" FROM '
            "(SELECT a AS redshift_0, RANK() OVER (ORDER BY b) AS redshift_1, (RANK() OVER (ORDER BY b)) < 3 AS "
            "redshift_keep FROM t) AS redshift_qualified WHERE redshift_qualified.redshift_keep LIMIT 1",
        ),
    ],
)
def test_qualify_becomes_a_query_around_the_query(redshift, postgres):
    assert planned(redshift).sql == postgres


@pytest.mark.parametrize(
    "statement", ["selec 1", "select from where", "create table t", "copy t from 's3://b/k' bogus"]
)
def test_what_cannot_be_read_is_a_syntax_error(statement):
    with pytest.raises(StatementSyntaxError):
        plans(statement)


def test_a_table_keeps_its_attributes_and_its_keys_are_not_enforced():
    plan = planned(
        "create table if not exists public.songplays (songplay_id varchar(32) not null encode zstd, "
        "start_time timestamp, user_id int references users (user_id), primary key (songplay_id)) "
        "distkey(user_id) compound sortkey(start_time)"
    )
    assert plan.tag == "CREATE TABLE"
    assert '"songplay_id" varchar(32) not null check (octet_length("songplay_id"::text) <= 32)' in plan.sql
    assert "primary key" not in plan.sql
    assert '"distkey": "user_id"' in plan.sql


@pytest.mark.parametrize(
    ("type_", "postgres"),
    [
        ("varchar", "varchar(256)"),
        ("text", "varchar(256)"),
        ("varchar(max)", "varchar(65535)"),
        ("char", "char(1)"),
        ("decimal", "numeric(18,0)"),
        ("numeric(5,2)", "numeric(5,2)"),
        ("float", "double precision"),
        ("float4", "real"),
        ("timestamp without time zone", "timestamp"),
        ("bigint", "bigint"),
    ],
)
def test_types_have_redshifts_defaults(type_, postgres):
    assert f'"a" {postgres}' in planned(f"create table t (a {type_})").sql


def test_an_identity_may_start_at_zero():
    plan = planned("create table t (a bigint identity(0, 1))")
    assert "generated always as identity (start with 0 increment by 1 minvalue 0)" in plan.sql


def test_conflicting_distributions_are_refused():
    with pytest.raises(RedshiftError, match="DISTKEY"):
        plans("create table t (a int) diststyle even distkey(a)")
    with pytest.raises(RedshiftError, match='"b"'):
        plans("create table t (a int) sortkey(b)")


def test_lock_stays_postgres_own_so_that_it_takes_no_snapshot():
    assert planned("lock table staging.lock_songplays").sql == (
        'lock table "staging"."lock_songplays" in access exclusive mode'
    )
    assert planned("lock staging.x").sql == 'lock table "staging"."x" in access exclusive mode'


@pytest.mark.parametrize(
    ("statement", "postgres"),
    [
        ("begin transaction", "begin"),
        ("begin isolation level serializable", "begin"),
        ("start transaction", "begin"),
        ("end", "commit"),
        ("abort", "rollback"),
        ("set statement_timeout to 5000", "set statement_timeout to 5000"),
        ("set query_group to 'x'", "set redshift.query_group to 'x'"),
        ("set search_path to a, b", "set search_path to a, b"),
        ("vacuum full t to 90 percent", 'vacuum "t"'),
        ("analyze t predicate columns", 'analyze "t"'),
    ],
)
def test_a_command_is_rewritten(statement, postgres):
    assert planned(statement).sql == postgres


def test_the_catalogue_may_be_asked_in_postgres_own_words():
    text = "select c.oid::regclass from pg_catalog.pg_class c where c.relname operator(pg_catalog.~) '^(x)$'"
    assert planned(text).sql == text
    with pytest.raises(UnsupportedError):
        plans("select c.oid::regclass from pg_catalog.pg_class c, t")


def test_many_plain_rows_are_passed_on_as_they_are():
    text = "insert into t (a, b) values (1, 'x''y'), (-2.5, null), ($1, default)"
    assert planned(text).sql == text
    assert planned(r"insert into t (a) values ('a\\b')").sql == r"INSERT INTO t (a) VALUES ('a\b')"
