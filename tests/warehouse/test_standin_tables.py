"""Tables: unenforced keys, byte lengths, LIKE, identities, and the views that show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.warehouse import Warehouse
from tests.warehouse.standin import connect, error, rows

pytestmark = pytest.mark.slow


@pytest.fixture(params=["redshift_connector", "psycopg"])
def client(request: pytest.FixtureRequest, warehouse: Warehouse) -> Iterator[Any]:
    connection = connect(warehouse, request.param)
    rows(connection, "drop schema if exists shapes cascade")
    rows(connection, "create schema shapes")
    yield connection
    connection.close()


def test_distribution_and_sort_keys_are_shown(client):
    rows(
        client,
        "create table shapes.t (a int encode az64, b varchar(20) encode zstd, c timestamp) "
        "distkey(a) compound sortkey(c, a)",
    )
    rows(client, "insert into shapes.t (a) values (1)")
    rows(client, "create table shapes.e (a int) diststyle even")
    shown = 'select diststyle, sortkey1, sortkey_num, tbl_rows from svv_table_info where schema = %s and "table" = %s'
    assert rows(client, shown, ("shapes", "t")) == [("KEY(a)", "c", 2, 1)]
    assert rows(client, shown, ("shapes", "e")) == []  # empty tables are left out
    definition = (
        'select "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def where tablename = %s order by 1'
    )
    assert rows(client, definition, ("t",)) == []  # not in the search path
    rows(client, "set search_path to shapes")
    assert rows(client, definition, ("t",)) == [
        ("a", "integer", "az64", True, 2, False),
        ("b", "character varying(20)", "zstd", False, 0, False),
        ("c", "timestamp without time zone", "none", False, 1, False),
    ]


def test_a_table_like_another_inherits_nulls_lengths_distribution_and_sort_key(client):
    rows(
        client, "create table shapes.t (a int not null default 7, b varchar(3), primary key (a)) distkey(a) sortkey(a)"
    )
    rows(client, "create table shapes.u (like shapes.t)")
    rows(client, "create table shapes.v (like shapes.t including defaults)")
    rows(client, "insert into shapes.v (b) values ('x')")
    assert rows(client, "select a from shapes.v") == [(7,)]
    assert error(client, "insert into shapes.u (b) values ('x')")[0] == "23502"
    assert error(client, "insert into shapes.v (b) values ('éé')")[1] == "Value too long for character type"
    shown = "select diststyle, sortkey1 from svv_table_info where schema = 'shapes' and \"table\" = 'v'"
    assert rows(client, shown) == [("KEY(a)", "a")]


def test_an_identity_numbers_rows_and_refuses_explicit_values(client):
    rows(client, "create table shapes.t (id bigint identity(0, 1), a int)")
    rows(client, "insert into shapes.t (a) values (5), (6)")
    assert rows(client, "select count(distinct id) from shapes.t where id >= 0") == [(2,)]
    assert error(client, "insert into shapes.t (id, a) values (9, 9)")[0] == "428C9"


def test_a_column_is_added_with_its_default_and_encoding(client):
    rows(client, "create table shapes.t (a int) sortkey(a)")
    rows(client, "insert into shapes.t values (1)")
    rows(client, "alter table shapes.t add column b varchar(5) default 'x' encode zstd")
    assert rows(client, "select b from shapes.t") == [("x",)]
    rows(client, "set search_path to shapes")
    definition = "select encoding, sortkey from pg_table_def where tablename = 't' order by \"column\""
    assert rows(client, definition) == [("none", 1), ("zstd", 0)]


def test_a_view_over_rewritten_functions_can_be_made_replaced_and_dropped(client):
    for value in ("1", "2"):
        rows(client, f"create or replace view shapes.v as select nvl(null::int, {value}) as a, getdate() as at")
        assert rows(client, "select a from shapes.v") == [(int(value),)]
    rows(client, "drop view shapes.v")
    assert rows(client, "select table_name from svv_tables where table_schema = 'shapes'") == []


def test_columns_are_shown_with_redshifts_types(client):
    rows(client, "create table shapes.t (a varchar, b decimal, c double precision)")
    shown = (
        "select column_name, data_type, character_maximum_length, numeric_precision from svv_columns "
        "where table_schema = 'shapes' order by ordinal_position"
    )
    assert rows(client, shown) == [
        ("a", "character varying", 256, None),
        ("b", "numeric", None, 18),
        ("c", "double precision", None, 53),
    ]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        # DATEDIFF counts boundaries (Developer Guide: r_DATEDIFF_function).
        ("datediff(year, '2008-12-31', '2009-01-01')", 1),
        ("datediff(week, '2009-01-01', '2009-12-31')", 52),
        ("datediff(week, '2016-08-06', '2016-08-16')", 2),
        ("datediff(day, '2018-01-01 23:59', '2018-01-02 00:01')", 1),
        ("datediff(hour, '2018-01-01 23:59', '2018-01-02 00:01')", 1),
        ("datediff(month, '2018-01-31', '2018-02-01')", 1),
        ("datediff(day, '2018-01-02', '2018-01-01')", -1),
        # EXTRACT is an integer, and knows Redshift's parts.
        ("extract(hour from timestamp '2018-11-04 13:30:59.9')", 13),
        ("extract(second from timestamp '2018-11-04 13:30:59.9')", 59),
        ("extract(dayofweek from timestamp '2018-11-04')", 0),
        ("extract(weekday from date '2018-11-05')", 1),
        ("extract(dayofyear from date '2018-02-01')", 32),
        ("date_part(dow, date '2018-11-04')", 0.0),
        ("to_char(dateadd(month, 1, date '2008-04-30'), 'YYYY-MM-DD')", "2008-05-30"),
        ("to_char(add_months(date '2008-04-30', 1), 'YYYY-MM-DD')", "2008-05-31"),
        ("to_char(dateadd(m, 5, timestamp '2018-01-01'), 'HH24:MI')", "00:05"),
        (
            "to_char(timestamp 'epoch' + 1541121934 * interval '1 second', 'YYYY-MM-DD HH24:MI:SS')",
            "2018-11-02 01:25:34",
        ),
        ("strtol('ff', 16)", 255),
        ("strtol(substring(md5('x'), 1, 15), 16)", 710810379057940483),
        ("strtol('-101', 2)", -5),
        ("concat('a', null)", None),
        ("nvl2(null, 1, 2)", 2),
        ("decode(null, null, 'same', 'other')", "same"),
        ("charindex('b', 'abc')", 2),
        ("avg(a) from (select 1 as a union all select 2) t", 1),
        ("listagg(a, ',') within group (order by a desc) from (select 'x' as a union all select 'y') t", "y,x"),
        ("getdate() = date_trunc('second', getdate())", True),
        (r"'a\'b'", "a'b"),
        ("7 / 2", 3),
    ],
)
def test_a_function_gives_what_redshift_gives(client, expression, value):
    assert rows(client, f"select {expression}") == [(value,)]


def test_result_columns_have_redshifts_names(client):
    cursor = client.cursor()
    cursor.execute("select dateadd(day, 1, date '2018-01-01'), extract(hour from getdate()), avg(1), sysdate")
    names = [column[0] for column in cursor.description]
    assert [n.decode() if isinstance(n, bytes) else n for n in names] == ["date_add", "date_part", "avg", "sysdate"]


def test_a_table_that_a_foreign_key_refers_to_exists(client):
    assert error(client, "create table shapes.t (a int references shapes.nowhere (a))")[0] == "42P01"
    rows(client, "create table shapes.t (a int primary key, b int references shapes.t (a))")
    assert rows(client, "select count(*) from shapes.t") == [(0,)]


def test_the_note_of_a_table_survives_a_rename_and_a_new_name_in_it(client):
    rows(client, "create table shapes.t (a int encode zstd distkey, b int, unique (a)) interleaved sortkey(b, a)")
    rows(client, "alter table shapes.t rename column a to z")
    rows(client, "alter table shapes.t rename to u")
    rows(client, "set search_path to shapes")
    shown = "select \"column\", encoding, distkey, sortkey from pg_table_def where tablename = 'u' order by 1"
    assert rows(client, shown) == [("b", "none", False, 1), ("z", "zstd", True, -2)]
    rows(client, "alter table u drop constraint t_a_key")


def test_a_quote_in_a_statement_does_not_end_the_block_it_runs_in(client):
    text = "$sparkify$; drop schema shapes cascade; do $sparkify$"
    rows(client, f"create view shapes.v as select '{text}'::varchar(80) as a")
    rows(client, f"create table shapes.t as select '{text}'::varchar(80) as a")
    assert rows(client, "select t.a from shapes.t join shapes.v on t.a = v.a") == [(text,)]


def test_a_failed_append_moves_nothing(client):
    rows(client, "create table shapes.t (a int, b varchar(3) not null)")
    rows(client, "create table shapes.s (a int, b varchar(3))")
    rows(client, "insert into shapes.s values (1, 'x')")
    assert error(client, "alter table shapes.t append from shapes.s")[0] == "0A000"
    assert rows(client, "select count(*) from shapes.s") == [(1,)]


def test_if_not_exists_like_another_leaves_the_keys_of_a_table_that_is_there(client):
    rows(client, "create table shapes.t (a int, unique (a))")
    rows(client, "create table if not exists shapes.t (like shapes.t)")
    rows(client, "alter table shapes.t drop constraint t_a_key")
