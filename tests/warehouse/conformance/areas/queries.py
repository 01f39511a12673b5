"""Queries and changes of rows.

A statement is rewritten as a whole or refused; nothing that PostgreSQL alone knows gets through.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_T = (
    "create table t (a int, b varchar(5))",
    "insert into t values (1, 'x'), (2, 'y'), (3, 'y'), (4, null)",
)


def _refused(fact: str, source: str, sql: str, error: str) -> Case:
    return Case(fact=fact, source=source, sql=(*_T, sql), error=error, code="0A000")


CASES = [
    Case(
        fact="QUALIFY filters by window functions, also with SELECT *, and adds no column",
        source="r_QUALIFY_clause",
        sql=(*_T, "select * from t qualify row_number() over (partition by b order by a desc) = 1 order by a"),
        rows=[(1, "x"), (3, "y"), (4, None)],
    ),
    Case(
        fact="LIMIT and ORDER BY come after QUALIFY",
        source="r_QUALIFY_clause",
        sql=(
            *_T,
            "select t.*, row_number() over (partition by b order by a desc) as rn from t qualify rn = 1 "
            "order by t.a desc limit 2",
        ),
        rows=[(4, None, 1), (3, "y", 1)],
    ),
    Case(
        fact="QUALIFY works with groups, joins and DISTINCT",
        source="r_QUALIFY_clause",
        sql=(
            *_T,
            "select distinct x.b, count(*) as n from t as x join t as u on x.b = u.b group by x.b "
            "qualify rank() over (order by count(*) desc) = 1",
        ),
        rows=[("y", 4)],
    ),
    Case(
        fact="TOP n limits the rows",
        source="r_SELECT_list",
        sql=(*_T, "select top 2 a from t order by a desc"),
        rows=[(4,), (3,)],
    ),
    Case(
        fact="MINUS is EXCEPT",
        source="r_UNION",
        sql=(*_T, "select a from t minus select 1 order by a"),
        rows=[(2,), (3,), (4,)],
    ),
    _refused("EXCEPT and INTERSECT take no ALL", "r_UNION", "select a from t except all select 1", "EXCEPT ALL"),
    Case(
        fact="NULLs come last in ascending order and first in descending order",
        source="r_ORDER_BY_clause",
        sql=(*_T, "select b from t order by b desc limit 2 offset 0"),
        rows=[(None,), ("y",)],
    ),
    Case(
        fact="NULLS FIRST and NULLS LAST say otherwise",
        source="r_ORDER_BY_clause",
        sql=(*_T, "select b from t order by b nulls first limit 2"),
        rows=[(None,), ("x",)],
    ),
    Case(
        fact="Quoted names fold to lower case as others do",
        source="r_names",
        sql=(*_T, 'select "A" as "Big" from "T" where "B" = \'x\''),
        rows=[(1,)],
    ),
    Case(
        fact="A recursive common table expression names its columns and is joined by UNION ALL",
        source="r_WITH_clause",
        sql="with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) select i from n order by i",
        rows=[(1,), (2,), (3,)],
    ),
    _refused(
        "A recursive common table expression cannot be joined by UNION",
        "r_WITH_clause",
        "with recursive n(i) as (select 1 union select i + 1 from n where i < 3) select i from n",
        "UNION ALL",
    ),
    Case(
        fact="UPDATE … FROM takes values from other tables",
        source="r_UPDATE",
        sql=(
            *_T,
            "update t set b = u.b from (select 4 as a, 'z' as b) u where t.a = u.a",
            "select b from t where a = 4",
        ),
        rows=[("z",)],
    ),
    Case(
        fact="DELETE … USING joins other tables",
        source="r_DELETE",
        sql=(*_T, "delete from t using (select 'y' as b) u where t.b = u.b", "select a from t order by a"),
        rows=[(1,), (4,)],
    ),
    Case(
        fact="DELETE needs no FROM",
        source="r_DELETE",
        sql=(*_T, "delete t where a > 1", "select a from t"),
        rows=[(1,)],
    ),
    Case(
        fact="WITH may stand before UPDATE and DELETE",
        source="r_DELETE",
        sql=(*_T, "with gone as (select 2 as a) delete from t using gone where t.a = gone.a", "select count(*) from t"),
        rows=[(3,)],
    ),
    Case(
        fact="INSERT takes rows of VALUES, DEFAULT among them, or a query's",
        source="r_INSERT_30",
        sql=(
            "create table t (a int default 7, b varchar(5))",
            "insert into t values (default, 'x'), (2, null)",
            "insert into t (b) select 'q'",
            "select a, b from t order by a, b",
        ),
        rows=[(2, None), (7, "q"), (7, "x")],
    ),
    Case(
        fact="Functions inside functions are Redshift's too",
        source="r_NVL_function",
        sql="select nvl(null::varchar(3), nvl(concat('ab', null), 'abcdef'::varchar(2))), "
        "len(nvl('äö'::varchar(2), ''))",
        rows=[("ab", 1)],
    ),
    Case(
        fact="Functions may be called by their schema, pg_catalog",
        source="c_SQL_functions",
        sql="select pg_catalog.len('abc'), pg_catalog.date_part('day', '2018-11-05'::timestamp)",
        rows=[(3, 5.0)],
    ),
    Case(
        fact="A column may be used by its alias further on in the same select list",
        source="r_SELECT_list",
        sql=(*_T, "select a + 1 as more, more * 2 from t"),
        error="more",
        code="42703",
        refused=True,
    ),
    Case(
        fact="Some correlated subqueries are not supported",
        source="r_correlated_subqueries",
        sql=(*_T, "select a from t where a = (select max(u.a) from t u where u.b = t.b and u.a <= t.a) order by a"),
        rows=[(1,), (2,), (3,)],
        differs="every correlated subquery is carried out",
    ),
    Case(
        fact="PIVOT and UNPIVOT turn rows into columns and back",
        source="r_FROM_clause-pivot-unpivot-examples",
        sql=(*_T, "select * from t pivot (count(a) for b in ('x', 'y'))"),
        error="PIVOT",
        refused=True,
    ),
    Case(
        fact="GROUP BY ALL groups by whatever is not aggregated",
        source="r_GROUP_BY_clause",
        sql=(*_T, "select b, count(*) from t group by all"),
        error="GROUP BY ALL",
        refused=True,
    ),
    Case(
        fact="SELECT * EXCLUDE leaves columns out",
        source="r_EXCLUDE_list",
        sql=(*_T, "select * exclude b from t"),
        error="EXCLUDE",
        refused=True,
    ),
    Case(
        fact="SELECT … INTO makes a table",
        source="r_SELECT_INTO",
        sql=(*_T, "select a into u from t"),
        error="CREATE TABLE AS",
        refused=True,
    ),
    _refused("There is no RETURNING", "r_INSERT_30", "insert into t (a) values (1) returning a", "RETURNING"),
    _refused(
        "There is no ON CONFLICT", "r_INSERT_30", "insert into t (a) values (1) on conflict do nothing", "ON CONFLICT"
    ),
    _refused(
        "There is no IS DISTINCT FROM",
        "c_unsupported-postgresql-features",
        "select a is distinct from 1 from t",
        "IS DISTINCT",
    ),
    _refused("There is no DISTINCT ON", "r_SELECT_list", "select distinct on (b) a from t", "DISTINCT ON"),
    _refused(
        "VALUES is no relation",
        "c_unsupported-postgresql-features",
        "select * from (values (1, 2)) as v (a, b)",
        "VALUES as a relation",
    ),
    _refused("There are no arrays", "c_unsupported-postgresql-datatypes", "select array[1, 2] from t", "arrays"),
    _refused("There is no LATERAL", "r_FROM_clause30", "select * from t, lateral (select t.a) u", "LATERAL"),
    _refused("There is no FOR UPDATE", "r_SELECT_synopsis", "select a from t for update", "FOR UPDATE"),
]
