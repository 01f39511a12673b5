"""Transactions, sessions and their parameters.

Statements commit one by one unless a block holds them; some statements commit whatever holds them.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_BEGIN = "r_BEGIN"
_SERIAL = "c_serial_isolation"
_CURSOR = "declare"
_PREPARE = "r_PREPARE"
_TABLE = ("create table t (a int)", "insert into t values (1), (2), (3)")

CASES = [
    Case(
        fact="A block rolls back as one, definitions included",
        source=_BEGIN,
        sql=(
            *_TABLE,
            "begin",
            "delete from t",
            "create table u (a int)",
            "rollback",
            "select count(*), (select count(*) from svv_tables where table_name = 'u') from t",
        ),
        rows=[(3, 0)],
    ),
    Case(
        fact="START TRANSACTION and END are other words for BEGIN and COMMIT",
        source=_BEGIN,
        sql=(
            *_TABLE,
            "start transaction",
            "delete from t where a = 1",
            "end work",
            "rollback",
            "select count(*) from t",
        ),
        rows=[(2,)],
    ),
    Case(
        fact="BEGIN takes every isolation level, and none has an effect",
        source=_BEGIN,
        sql=(
            *_TABLE,
            "begin transaction isolation level read uncommitted",
            "show transaction_isolation",
        ),
        rows=[("repeatable read",)],
        differs="SHOW transaction_isolation gives PostgreSQL's name of the level, repeatable read for SNAPSHOT",
    ),
    Case(
        fact="A transaction that is READ ONLY cannot write",
        source=_BEGIN,
        sql=(*_TABLE, "begin read only", "delete from t"),
        error="cannot execute DELETE in a read-only transaction",
        code="25006",
    ),
    Case(
        fact="TRUNCATE commits the transaction that it is in",
        source="r_TRUNCATE",
        sql=(*_TABLE, "begin", "create table kept (a int)", "truncate t", "rollback", "select count(*) from t, kept"),
        rows=[(0,)],
    ),
    Case(
        fact="VACUUM does not run in a block",
        source="r_VACUUM_command",
        sql=(*_TABLE, "begin", "vacuum t"),
        error="VACUUM cannot run inside a transaction block",
        code="25001",
    ),
    Case(
        fact="VACUUM takes FULL, SORT ONLY, DELETE ONLY, REINDEX, a threshold and BOOST",
        source="r_VACUUM_command",
        sql=(
            *_TABLE,
            "vacuum full t to 99 percent boost",
            "vacuum sort only t",
            "vacuum delete only t to 75 percent",
            "vacuum reindex t",
            "select count(*) from t",
        ),
        rows=[(3,)],
    ),
    Case(
        fact="ANALYZE takes columns, PREDICATE COLUMNS and VERBOSE",
        source="r_ANALYZE",
        sql=(*_TABLE, "analyze t (a)", "analyze verbose t predicate columns", "analyze t", "select count(*) from t"),
        rows=[(3,)],
    ),
    Case(
        fact="ANALYZE COMPRESSION proposes encodings",
        source="r_ANALYZE_COMPRESSION",
        sql=(*_TABLE, "analyze compression t"),
        error="ANALYZE COMPRESSION is not supported",
        refused=True,
    ),
    Case(
        fact="LOCK takes several tables, and no mode",
        source="r_LOCK",
        sql=(*_TABLE, "create table u (a int)", "begin", "lock table t, u", "lock t in share mode"),
        error="LOCK takes no mode",
        code="0A000",
    ),
    Case(
        fact="LOCK means something in a block only",
        source="r_LOCK",
        sql=(*_TABLE, "lock t"),
        error="can only be used in transaction blocks",
        code="25P01",
        differs="outside a block it is an error",
    ),
    Case(
        fact="Savepoints do not exist",
        source="c_unsupported-postgresql-features",
        sql=("begin", "savepoint here"),
        error="SAVEPOINT is not supported; Redshift has none",
        code="0A000",
    ),
    Case(
        fact="ROLLBACK TO does not exist",
        source="c_unsupported-postgresql-features",
        sql=("begin", "rollback to here"),
        error="savepoints are not supported; Redshift has none",
        code="0A000",
    ),
    Case(
        fact="A cursor reads the rows of a query in steps, in a block",
        source=_CURSOR,
        sql=(
            *_TABLE,
            "begin",
            "declare c cursor for select a from t order by a",
            "fetch next from c",
            "fetch forward 5 from c",
        ),
        rows=[(2,), (3,)],
    ),
    Case(
        fact="FETCH FORWARD ALL reads what is left",
        source="fetch",
        sql=(*_TABLE, "begin", "declare c cursor for select a from t order by a", "fetch forward all from c"),
        rows=[(1,), (2,), (3,)],
    ),
    Case(
        fact="A cursor lives in a transaction block",
        source=_CURSOR,
        sql=(*_TABLE, "declare c cursor for select a from t"),
        error="can only be used in transaction blocks",
        code="25P01",
    ),
    Case(
        fact="CLOSE ends a cursor",
        source="close",
        sql=(*_TABLE, "begin", "declare c cursor for select a from t", "close c", "fetch next from c"),
        error='cursor "c" does not exist',
        code="34000",
    ),
    Case(
        fact="PREPARE keeps a statement with parameters, EXECUTE runs it",
        source=_PREPARE,
        sql=(
            *_TABLE,
            "prepare bigger (int, varchar(5)) as select a, $2 from t where a > $1 order by a",
            "execute bigger (1, 'x')",
        ),
        rows=[(2, "x"), (3, "x")],
    ),
    Case(
        fact="DEALLOCATE forgets a prepared statement",
        source="r_DEALLOCATE",
        sql=("prepare one as select 1", "deallocate prepare one", "execute one"),
        error='prepared statement "one" does not exist',
        code="26000",
    ),
    Case(
        fact="PREPARE takes SELECT, INSERT, UPDATE and DELETE",
        source=_PREPARE,
        sql="prepare no as drop table t",
        error="PREPARE takes a SELECT, INSERT, UPDATE or DELETE",
        code="0A000",
    ),
    Case(
        fact="EXPLAIN describes the plan of CREATE TABLE AS as well",
        source="r_EXPLAIN",
        sql="explain create table u as select 1 as a",
        error="EXPLAIN of CREATE is not supported",
        refused=True,
    ),
    Case(
        fact="EXPLAIN has no ANALYZE",
        source="r_EXPLAIN",
        sql="explain analyze select 1",
        error="EXPLAIN of ANALYZE is not supported",
        code="0A000",
    ),
    Case(
        fact="Redshift's own parameters are set, shown and reset",
        source="r_SET",
        sql=(
            "set query_group to 'nightly'",
            "set wlm_query_slot_count to 3",
            "set enable_result_cache_for_session = off",
            "show query_group",
        ),
        rows=[("nightly",)],
    ),
    Case(
        fact="A parameter that is reset has its default again",
        source="r_RESET",
        sql=("set wlm_query_slot_count to 3", "reset wlm_query_slot_count", "show wlm_query_slot_count"),
        rows=[("1",)],
    ),
    Case(
        fact="SET LOCAL lasts for the transaction",
        source="r_SET",
        sql=(
            "set wlm_query_slot_count to 2",
            "begin",
            "set local wlm_query_slot_count to 5",
            "commit",
            "show wlm_query_slot_count",
        ),
        rows=[("2",)],
    ),
    Case(
        fact="SET_CONFIG sets a parameter within a query",
        source="r_SET_CONFIG",
        sql=("select set_config('timezone', 'Asia/Tokyo', false)", "show timezone"),
        rows=[("Asia/Tokyo",)],
    ),
    Case(
        fact="SET_CONFIG of a parameter that is only kept and shown is refused; SET takes it",
        source="r_SET_CONFIG",
        sql=("select set_config('query_group', 'test', true)",),
        error="SET_CONFIG takes the name of a parameter that the stand-in does not simulate",
        refused=True,
    ),
    Case(
        fact="search_path is set to a list of schemas",
        source="r_search_path",
        sql=("create table t (a int)", "set search_path to '$user', public, pg_catalog", "show search_path"),
        rows=[('"$user", public, pg_catalog',)],
    ),
    Case(
        fact="SET TIME ZONE and timezone are one parameter",
        source="r_timezone_config",
        sql=("set time zone 'America/New_York'", "show timezone"),
        rows=[("America/New_York",)],
    ),
    Case(
        fact="statement_timeout ends a statement that takes longer",
        source="r_statement_timeout",
        sql=(
            "set statement_timeout to 50",
            "with recursive n(a) as (select 1 as a union all select a + 1 from n where a < 100000000) "
            "select count(*) from n",
        ),
        error="canceling statement due to statement timeout",
        code="57014",
    ),
    Case(
        fact="enable_case_sensitive_identifier keeps the case of quoted names",
        source="r_enable_case_sensitive_identifier",
        sql="set enable_case_sensitive_identifier to true",
        error="enable_case_sensitive_identifier can only be off",
        refused=True,
    ),
    Case(
        fact="error_on_nondeterministic_update makes an UPDATE with several matches fail",
        source="r_error_on_nondeterministic_update",
        sql="set error_on_nondeterministic_update to true",
        error="error_on_nondeterministic_update can only be off",
        refused=True,
    ),
    Case(
        fact="Parameters of PostgreSQL's that Redshift lacks do not exist",
        source="cm_chap_ConfigurationRef",
        sql="set enable_seqscan to off",
        error='unrecognized configuration parameter "enable_seqscan"',
        code="42704",
    ),
    Case(
        fact="SET SESSION AUTHORIZATION lets a superuser act as another user",
        source="r_SET_SESSION_AUTHORIZATION",
        sql="set session authorization awsuser",
        error="SET SESSION AUTHORIZATION is not supported",
        refused=True,
    ),
]
