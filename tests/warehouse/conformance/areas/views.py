"""Views of tables, rights and locks.

SVV and STV views and PG_TABLE_DEF: what they list.
"""

from __future__ import annotations

from decimal import Decimal

from tests.warehouse.conformance.case import Case

_TABLE = (
    "create table t (a int not null encode az64, b varchar(20) encode zstd default 'x', c timestamp, primary key (a)) "
    "diststyle key distkey (a) compound sortkey (c, a)"
)
_INFO = "from svv_table_info where schema = current_schema()"
_UNRECORDED = "statements are recorded when they have ended"

CASES = [
    Case(
        fact="SVV_TABLE_INFO shows a table's distribution, sort key, widest VARCHAR and rows",
        source="r_SVV_TABLE_INFO",
        sql=(
            _TABLE,
            "insert into t values (1), (2)",
            f'select "table", encoded, diststyle, sortkey1, sortkey_num, max_varchar, tbl_rows {_INFO}',
        ),
        rows=[("t", "Y", "KEY(a)", "c", 2, 20, Decimal(2))],
    ),
    Case(
        fact="SVV_TABLE_INFO leaves out empty tables",
        source="r_SVV_TABLE_INFO",
        sql=(_TABLE, f"select count(*) {_INFO}"),
        rows=[(0,)],
    ),
    Case(
        fact="SVV_TABLE_INFO shows how much of a table is unsorted, skewed, without statistics, and of the disk",
        source="r_SVV_TABLE_INFO",
        sql=(
            _TABLE,
            "insert into t values (1)",
            f"select unsorted, stats_off, skew_rows, pct_used {_INFO}",
        ),
        rows=[(None, None, None, None)],
        differs="these are NULL: there are no slices and no blocks.",
    ),
    Case(
        fact="PG_TABLE_DEF shows the columns of tables in the search path, with encoding, keys and NOT NULL",
        source="r_PG_TABLE_DEF",
        sql=(
            _TABLE,
            'select "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def where tablename = \'t\' '
            "and schemaname = current_schema() order by 1",
        ),
        rows=[
            ("a", "integer", "az64", True, 2, True),
            ("b", "character varying(20)", "zstd", False, 0, False),
            ("c", "timestamp without time zone", "none", False, 1, False),
        ],
    ),
    Case(
        fact="PG_TABLE_DEF shows nothing of tables outside the search path",
        source="r_PG_TABLE_DEF",
        sql=(_TABLE, "set search_path to public", "select count(*) from pg_table_def where tablename = 't'"),
        rows=[(0,)],
    ),
    Case(
        fact="SVV_TABLES lists tables and views with their comments",
        source="r_SVV_TABLES",
        sql=(
            _TABLE,
            "create view v as select a from t",
            "comment on table t is 'of tests'",
            "select table_catalog, table_name, table_type, remarks from svv_tables "
            "where table_schema = current_schema() order by table_name",
        ),
        rows=[("dev", "t", "BASE TABLE", "of tests"), ("dev", "v", "VIEW", None)],
    ),
    Case(
        fact="SVV_COLUMNS lists columns with their types and lengths",
        source="r_SVV_COLUMNS",
        sql=(
            _TABLE,
            "select column_name, is_nullable, data_type, character_maximum_length from svv_columns "
            "where table_schema = current_schema() and table_name = 't' order by ordinal_position",
        ),
        rows=[
            ("a", "NO", "integer", None),
            ("b", "YES", "character varying", 20),
            ("c", "YES", "timestamp without time zone", None),
        ],
    ),
    Case(
        fact="SVV_COLUMNS shows an identity as a default that names seed and step",
        source="observed",
        sql=(
            "create table t (a bigint identity(3, 2), b int)",
            "select left(column_default, 11), split_part(column_default, chr(39), 2) from svv_columns "
            "where table_schema = current_schema() and column_name = 'a'",
        ),
        rows=[('"identity"(', "3,2")],
    ),
    Case(
        fact="SVV_REDSHIFT_COLUMNS shows encoding, distribution key and sort key of every column",
        source="r_SVV_REDSHIFT_COLUMNS",
        sql=(
            _TABLE,
            "select database_name, column_name, data_type, encoding, distkey, sortkey from svv_redshift_columns "
            "where schema_name = current_schema() and table_name = 't' order by ordinal_position",
        ),
        rows=[
            ("dev", "a", "integer", "az64", True, 2),
            ("dev", "b", "character varying(20)", "zstd", False, 0),
            ("dev", "c", "timestamp without time zone", "none", False, 1),
        ],
    ),
    Case(
        fact="SVV_ALL_TABLES and SVV_ALL_COLUMNS say TABLE or VIEW and the types without their lengths",
        source="r_SVV_ALL_COLUMNS",
        sql=(
            _TABLE,
            "select t.table_type, c.column_name, c.data_type, c.character_maximum_length from svv_all_tables t "
            "join svv_all_columns c on c.schema_name = t.schema_name and c.table_name = t.table_name "
            "where t.schema_name = current_schema() and c.column_name = 'b'",
        ),
        rows=[("TABLE", "b", "character varying", 20)],
    ),
    Case(
        fact="SVV_ALL_SCHEMAS and SVV_REDSHIFT_DATABASES list what is local",
        source="r_SVV_ALL_SCHEMAS",
        sql=(
            "select s.database_name, s.schema_type, d.database_type from svv_all_schemas s "
            "join svv_redshift_databases d on d.database_name = s.database_name "
            "where s.schema_name = current_schema()"
        ),
        rows=[("dev", "local", "local")],
    ),
    Case(
        fact="SVV_RELATION_PRIVILEGES lists what is granted on tables and views, and to whom",
        source="r_SVV_RELATION_PRIVILEGES",
        sql=(
            _TABLE,
            "grant select on t to public",
            "select relation_name, privilege_type, identity_name, identity_type, admin_option "
            "from svv_relation_privileges where namespace_name = current_schema()",
        ),
        rows=[("t", "SELECT", "public", "public", False)],
    ),
    Case(
        fact="The SVV_EXTERNAL views list external schemas, tables and columns",
        source="r_SVV_EXTERNAL_TABLES",
        sql=(
            "select (select count(*) from svv_external_schemas) + (select count(*) from svv_external_tables) "
            "+ (select count(*) from svv_external_columns)"
        ),
        rows=[(0,)],
        differs="always empty: there are no external schemas.",
    ),
    Case(
        fact="STV_TBL_PERM gives every table's number, name and rows, the name padded to 72 bytes",
        source="r_STV_TBL_PERM",
        sql=(
            _TABLE,
            "insert into t values (1)",
            "select p.rows, octet_length(p.name), p.temp from stv_tbl_perm p, svv_table_info i "
            "where p.id = i.table_id and i.schema = current_schema()",
        ),
        rows=[(1, 72, 0)],
        differs="one row a table, as on a cluster of one slice.",
    ),
    Case(
        fact="SVV_TRANSACTIONS and STV_LOCKS show who holds a lock on which table",
        source="r_SVV_TRANSACTIONS",
        sql=(
            _TABLE,
            "begin",
            "lock t",
            "select t.txn_owner, t.txn_db, t.lock_mode, t.lockable_object_type, t.granted, l.table_id = t.relation "
            "from svv_transactions t join stv_locks l on l.lock_owner_pid = t.pid "
            "where t.pid = pg_backend_pid() and t.relation is not null",
        ),
        rows=[("awsuser", "dev", "AccessExclusiveLock", "relation", True, True)],
    ),
    Case(
        fact="STV_DB_ISOLATION_LEVEL says which isolation a database has",
        source="c_serial_isolation",
        sql="select trim(db_name), trim(isolation_level) from stv_db_isolation_level where db_name = 'dev'",
        rows=[("dev", "Snapshot Isolation")],
    ),
    Case(
        fact="SVV_MV_INFO lists materialized views",
        source="r_SVV_MV_INFO",
        sql="select database_name, schema_name, user_name, name, is_stale, state, autorewrite, autorefresh "
        "from svv_mv_info",
        rows=[],
        differs="always empty: there are no materialized views.",
    ),
    *(
        Case(
            fact=f"{view.upper()} shows statements that are running",
            source=page,
            sql=f"select * from {view}",
            error=_UNRECORDED,
            refused=True,
        )
        for view, page in (
            ("stv_recents", "r_STV_RECENTS"),
            ("stv_inflight", "r_STV_INFLIGHT"),
        )
    ),
]
