"""Catalogue and information_schema.

What drivers, dbt and psql read there: tables as they were declared, without the stand-in's own objects.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_TABLE = "create table t (a int primary key, b varchar(5) not null default 'x', c decimal(8, 2)) sortkey (c)"

CASES = [
    Case(
        fact="INFORMATION_SCHEMA.COLUMNS shows the columns of ordinary tables",
        source="c_intro_system_views",
        sql=(
            _TABLE,
            "select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable "
            "from information_schema.columns where table_schema = current_schema() order by ordinal_position",
        ),
        rows=[
            ("a", "integer", None, 32, 0, "NO"),
            ("b", "character varying", 5, None, None, "NO"),
            ("c", "numeric", None, 8, 2, "YES"),
        ],
    ),
    Case(
        fact="PG_GET_LATE_BINDING_VIEW_COLS lists the columns of late-binding views",
        source="PG_GET_LATE_BINDING_VIEW_COLS",
        sql=(
            "select count(*) from pg_get_late_binding_view_cols() cols(view_schema name, view_name name, "
            "col_name name, col_type varchar, col_num int)"
        ),
        rows=[(0,)],
        differs="always empty: late-binding views are refused.",
    ),
    Case(
        fact="A name may begin with the database that the session is connected to",
        source="cross-database-overview",
        sql=(
            "create table dev.public.named_with_its_database_t (a int)",
            "insert into dev.public.named_with_its_database_t values (1)",
            "drop table dev.public.named_with_its_database_t",
            "select count(*) from svv_tables where table_name = 'named_with_its_database_t'",
        ),
        rows=[(0,)],
    ),
    Case(
        fact="A name may begin with another database",
        source="cross-database-overview",
        sql="select * from other.public.t",
        error="cross-database references are not implemented",
        refused=True,
    ),
    Case(
        fact="Parameters may stand as close together as they like",
        source="observed",
        sql=(
            "create table t (a int, b int)",
            'prepare p (int, int) as insert into t ("a","b") values ($1,$2)',
            "execute p (1, 2)",
            "select a, b from t",
        ),
        rows=[(1, 2)],
    ),
]
