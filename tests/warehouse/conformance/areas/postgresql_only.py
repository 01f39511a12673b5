"""What PostgreSQL has and Redshift has not.

It is refused here as there, so that nothing works on the laptop alone.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_FEATURES = "c_unsupported-postgresql-features"
_TYPES = "c_unsupported-postgresql-datatypes"
_FUNCTIONS = "c_unsupported-postgresql-functions"
_DDL = "c_redshift-sql-implementated-differently"


def _refused(what: str, source: str, *sql: str, says: str, code: str = "0A000") -> Case:
    return Case(fact=f"{what} does not exist", source=source, sql=sql, error=says, code=code)


def _type(name: str) -> Case:
    return _refused(f"The column type {name}", _TYPES, f"create table t (a {name})", says="Redshift has none")


CASES = [
    _refused(
        "INSERT … RETURNING",
        "r_INSERT_30",
        "create table t (a int)",
        "insert into t values (1) returning a",
        says="RETURNING is not supported; Redshift has none",
    ),
    _refused(
        "UPDATE … RETURNING",
        "r_UPDATE",
        "create table t (a int)",
        "update t set a = 1 returning a",
        says="RETURNING is not supported; Redshift has none",
    ),
    _refused(
        "DELETE … RETURNING",
        "r_DELETE",
        "create table t (a int)",
        "delete from t returning a",
        says="RETURNING is not supported; Redshift has none",
    ),
    _refused(
        "INSERT … ON CONFLICT",
        "r_INSERT_30",
        "create table t (a int)",
        "insert into t values (1) on conflict do nothing",
        says="ON CONFLICT is not supported; Redshift has none",
    ),
    _refused(
        "IS DISTINCT FROM",
        _FEATURES,
        "select 1 is distinct from 2",
        says="IS DISTINCT FROM is not supported; Redshift has none",
    ),
    _refused(
        "SELECT … FOR UPDATE",
        "r_SELECT_synopsis",
        "create table t (a int)",
        "select a from t for update",
        says="FOR UPDATE is not supported; Redshift has none",
    ),
    _refused(
        "LATERAL", _FEATURES, "create table t (a int)", "select x.b from t, lateral (select t.a as b) x", says="LATERAL"
    ),
    _refused("An ARRAY constructor of PostgreSQL's", _TYPES, "select array[1, 2]", says="array"),
    _refused(
        "The aggregate STRING_AGG",
        _FUNCTIONS,
        "create table t (a int)",
        "select string_agg(a, ',') from t",
        says="string_agg",
    ),
    _refused(
        "The aggregate ARRAY_AGG", _FUNCTIONS, "create table t (a int)", "select array_agg(a) from t", says="array_agg"
    ),
    _refused(
        "GENERATE_SERIES for tables",
        _FUNCTIONS,
        "create table t as select generate_series(1, 3) as a",
        says="generate_series",
    ),
    _refused(
        "A CHECK constraint",
        _FEATURES,
        "create table t (a int check (a > 0))",
        says="CHECK constraints are not supported; Redshift has none",
    ),
    _refused(
        "An EXCLUDE constraint",
        _FEATURES,
        "create table t (a int, exclude (a with =))",
        says="EXCLUDE constraints are not supported; Redshift has none",
    ),
    _refused(
        "CREATE INDEX",
        _FEATURES,
        "create table t (a int)",
        "create index on t (a)",
        says="CREATE INDEX is not supported; Redshift has none",
    ),
    _refused(
        "CREATE UNIQUE INDEX",
        _FEATURES,
        "create table t (a int)",
        "create unique index on t (a)",
        says="Redshift has none",
    ),
    _refused(
        "CREATE SEQUENCE", _FEATURES, "create sequence s", says="CREATE SEQUENCE is not supported; Redshift has none"
    ),
    _refused(
        "CREATE TRIGGER",
        _FEATURES,
        "create table t (a int)",
        "create trigger g before insert on t for each row execute function f()",
        says="CREATE TRIGGER is not supported; Redshift has none",
    ),
    _refused(
        "CREATE TYPE",
        _TYPES,
        "create type mood as enum ('sad', 'ok')",
        says="CREATE TYPE is not supported; Redshift has none",
    ),
    _refused(
        "CREATE DOMAIN", _FEATURES, "create domain d as int", says="CREATE DOMAIN is not supported; Redshift has none"
    ),
    _refused(
        "CREATE EXTENSION",
        _FEATURES,
        "create extension hstore",
        says="CREATE EXTENSION is not supported; Redshift has none",
    ),
    _refused(
        "CREATE RULE",
        _FEATURES,
        "create table t (a int)",
        "create rule r as on insert to t do instead nothing",
        says="CREATE RULE is not supported; Redshift has none",
    ),
    _refused(
        "A partition of a table",
        _FEATURES,
        "create table t (a int) partition by range (a)",
        says="syntax error",
        code="42601",
    ),
    _refused(
        "Inheritance of tables",
        _FEATURES,
        "create table u (a int)",
        "create table t (b int) inherits (u)",
        says="syntax error",
        code="42601",
    ),
    _refused("A tablespace", _FEATURES, "create table t (a int) tablespace fast", says="syntax error", code="42601"),
    _refused(
        "An unlogged table",
        _DDL,
        "create unlogged table t (a int)",
        says="CREATE UNLOGGED is not supported; Redshift has none",
    ),
    _refused(
        "CREATE VIEW … WITH CHECK OPTION",
        "r_CREATE_VIEW",
        "create table t (a int)",
        "create view v as select a from t with check option",
        says="syntax error",
        code="42601",
    ),
    _refused("DO", _FEATURES, "do $$ begin null; end $$", says="DO is not supported; Redshift has none"),
    _refused("LISTEN", _FEATURES, "listen channel", says="LISTEN is not supported; Redshift has none"),
    _refused("NOTIFY", _FEATURES, "notify channel", says="NOTIFY is not supported; Redshift has none"),
    _refused("CLUSTER", _FEATURES, "cluster", says="CLUSTER is not supported; Redshift has none"),
    _refused("REINDEX", _FEATURES, "reindex table t", says="REINDEX is not supported; Redshift has none"),
    _refused("DISCARD", _FEATURES, "discard all", says="DISCARD is not supported; Redshift has none"),
    _refused(
        "A cursor WITH HOLD",
        "declare",
        "begin",
        "declare c cursor with hold for select 1",
        says="cursors WITH HOLD are not supported; Redshift has none",
    ),
    _refused(
        "SET of a column's default",
        "r_ALTER_TABLE",
        "create table t (a int)",
        "alter table t alter column a set default 5",
        says="ALTER COLUMN SET/DROP DEFAULT is not supported",
    ),
    _refused(
        "COPY from standard input",
        "r_COPY",
        "create table t (a int)",
        "copy t from stdin",
        says="COPY … FROM STDIN is not supported",
    ),
    _refused("SHOW ALL", "r_SHOW", "show all", says="unrecognized configuration parameter", code="42704"),
    *map(_type, ("serial", "bigserial", "uuid", "json", "jsonb", "bytea", "money", "inet", "xml", "hstore", "bit")),
    _refused(
        "A column of arrays", _TYPES, "create table t (a int[])", says="arrays are not supported; Redshift has none"
    ),
]
