"""Aggregates and window functions.

Ordered windows need a frame, which PostgreSQL would give by default.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tests.warehouse.conformance.case import Case

_SALES = (
    "create table t (a int, b varchar(5), c decimal(8,2), d timestamp)",
    "insert into t values (1, 'x', 1.5, '2018-11-01'), (2, 'y', 2.5, '2018-11-03'), (3, 'y', 3.25, null), "
    "(4, 'y', null, null)",
)

CASES = [
    Case(
        fact="AVG of whole numbers is whole",
        source="r_AVG",
        sql=(*_SALES, "select avg(a), avg(c) = 7.25 / 3 from t"),
        rows=[(2, True)],
    ),
    Case(
        fact="AVG of a decimal keeps the argument's scale",
        source="observed",
        sql=(*_SALES, "select avg(c)::decimal(8,4) from t"),
        rows=[(Decimal("2.4167"),)],
        differs="the average has as many digits as PostgreSQL gives it",
    ),
    Case(
        fact="SUM of INT is a BIGINT, SUM of BIGINT a NUMERIC",
        source="r_SUM",
        sql=(*_SALES, "select sum(a), sum(9223372036854775807 - a) from t where a < 3"),
        rows=[(3, Decimal("18446744073709551611"))],
    ),
    Case(
        fact="STDDEV and VARIANCE are DOUBLE PRECISION whatever they are of, and NULL for one row",
        source="r_STDDEV_functions",
        sql=(*_SALES, "select stddev(a), variance(a), stddev_pop(c), stddev(a - a) from t where a in (1, 3)"),
        rows=[(1.4142135623730951, 2.0, 0.875, 0.0)],
    ),
    Case(
        fact="LISTAGG puts nothing between the values unless it is told, leaves NULLs out, and can be ordered",
        source="r_LISTAGG",
        sql=(
            *_SALES,
            "select listagg(a) within group (order by a), listagg(c, ';') within group (order by a desc), "
            "listagg(distinct b, ',') within group (order by b) from t",
        ),
        rows=[("1234", "3.25;2.50;1.50", "x,y")],
    ),
    Case(
        fact="LISTAGG of nothing is NULL",
        source="r_LISTAGG",
        sql=(*_SALES, "select listagg(b) from t where a > 9"),
        rows=[(None,)],
    ),
    Case(
        fact="LISTAGG ends with an error where its result is longer than a VARCHAR",
        source="r_LISTAGG",
        sql=(*_SALES, "select listagg(repeat('x', 20000)) from t"),
        error="Result size exceeds LISTAGG limit",
    ),
    Case(
        fact="LISTAGG … WITHIN GROUP over a window",
        source="r_WF_LISTAGG",
        sql=(*_SALES, "select listagg(a) within group (order by a) over (partition by b) from t"),
        error="over a window",
        refused=True,
    ),
    Case(
        fact="MEDIAN and PERCENTILE_CONT interpolate, exactly for decimals and for moments too",
        source="r_PERCENTILE_CONT",
        sql=(
            *_SALES,
            "select median(a), median(c), median(d), percentile_cont(0.25) within group (order by a), "
            "percentile_cont(0.25) within group (order by a desc) from t",
        ),
        rows=[(Decimal("2.5"), Decimal("2.50"), datetime(2018, 11, 2), Decimal("1.75"), Decimal("3.25"))],
    ),
    Case(
        fact="MEDIAN may be a window function",
        source="r_WF_MEDIAN",
        sql=(*_SALES, "select a, median(a) over (partition by b) from t order by a"),
        rows=[(1, Decimal(1)), (2, Decimal(3)), (3, Decimal(3)), (4, Decimal(3))],
    ),
    Case(
        fact="MEDIAN of a DATE",
        source="r_MEDIAN",
        sql=(*_SALES, "select median(d::date) from t"),
        error="TIMESTAMP",
        refused=True,
    ),
    Case(
        fact="PERCENTILE_DISC",
        source="r_WF_PERCENTILE_DISC",
        sql=(*_SALES, "select percentile_disc(0.5) within group (order by a) over () from t"),
        error="WITHIN GROUP",
        refused=True,
    ),
    Case(
        fact="APPROXIMATE COUNT(DISTINCT) is off by some two in a hundred",
        source="r_COUNT",
        sql=(*_SALES, "select approximate count(distinct b) from t"),
        rows=[(2,)],
        differs="the count is exact",
    ),
    Case(
        fact="ANY_VALUE gives one of the values",
        source="r_ANY_VALUE",
        sql=(*_SALES, "select any_value(b) from t where b = 'y'"),
        rows=[("y",)],
    ),
    Case(
        fact="RATIO_TO_REPORT is each value's share of the partition's sum",
        source="r_WF_RATIO_TO_REPORT",
        sql=(*_SALES, "select a, ratio_to_report(a) over () from t order by a"),
        rows=[(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)],
    ),
    Case(
        fact="An aggregate over an ordered window requires a frame clause",
        source="r_WF_SUM",
        sql=(*_SALES, "select sum(a) over (order by a) from t"),
        error="frame clause",
        code="0A000",
    ),
    Case(
        fact="With its frame, an aggregate over an ordered window runs on",
        source="r_WF_SUM",
        sql=(*_SALES, "select a, sum(a) over (order by a rows unbounded preceding) from t order by a"),
        rows=[(1, 1), (2, 3), (3, 6), (4, 10)],
    ),
    Case(
        fact="A frame is made of ROWS; there is no RANGE",
        source="r_Window_function_synopsis",
        sql=(*_SALES, "select sum(a) over (order by a range unbounded preceding) from t"),
        error="ROWS",
        code="0A000",
    ),
    Case(
        fact="Ranking functions, LAG and LEAD need no frame",
        source="r_Window_function_synopsis",
        sql=(
            *_SALES,
            "select a, rank() over (order by b), row_number() over (partition by b order by a desc), "
            "lag(a, 1) over (order by a), lead(a) over (order by a), ntile(2) over (order by a) from t order by a",
        ),
        rows=[(1, 1, 1, None, 2, 1), (2, 2, 3, 1, 3, 1), (3, 2, 2, 2, 4, 2), (4, 2, 1, 3, None, 2)],
    ),
    Case(
        fact="FIRST_VALUE, LAST_VALUE, LAG and LEAD may ignore NULLs",
        source="r_WF_first_value",
        sql=(*_SALES, "select first_value(c ignore nulls) over (order by a rows unbounded preceding) from t"),
        error="IGNORE NULLS",
        refused=True,
    ),
    Case(
        fact="ROLLUP, CUBE and GROUPING SETS, told apart by GROUPING",
        source="r_GROUP_BY_aggregation-extensions",
        sql=(*_SALES, "select grouping(b), b, sum(a) from t group by rollup (b) order by 1, 2"),
        rows=[(0, "x", 1), (0, "y", 9), (1, None, 10)],
    ),
    Case(
        fact="STRING_AGG and ARRAY_AGG are PostgreSQL's",
        source="c_unsupported-postgresql-functions",
        sql=(*_SALES, "select string_agg(b, ',') from t"),
        error="string_agg",
        code="0A000",
    ),
    Case(
        fact="FILTER (WHERE …) is PostgreSQL's",
        source="c_Aggregate_Functions",
        sql=(*_SALES, "select count(*) filter (where a > 1) from t"),
        error="FILTER",
        code="0A000",
    ),
    Case(
        fact="COUNT(DISTINCT …) takes one expression",
        source="r_COUNT",
        sql=(*_SALES, "select count(distinct a, b) from t"),
        error="several expressions",
        code="0A000",
    ),
]
