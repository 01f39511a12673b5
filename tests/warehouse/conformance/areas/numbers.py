"""Numbers.

Where a decimal's scale is PostgreSQL's and not Redshift's, the value is the same up to the digits shown.
"""

from __future__ import annotations

from decimal import Decimal

from tests.warehouse.conformance.case import Case

CASES = [
    Case(
        fact="Dividing whole numbers drops the remainder",
        source="r_OPERATOR_SYMBOLS",
        sql="select 7 / 2, -7 / 2, 7 % 3, -7 % 3",
        rows=[(3, -3, 1, -1)],
    ),
    Case(
        fact="A decimal put into an INT column is rounded, into a decimal column to its scale",
        source="r_INSERT_30",
        sql=(
            "create table t (a int, b decimal(5,2))",
            "insert into t values (1.1, 100.8976)",
            "select a, b from t",
        ),
        rows=[(1, Decimal("100.90"))],
    ),
    Case(
        fact="A cast of a decimal to INT rounds",
        source="r_CAST_function",
        sql="select cast(109.652 as int), 2.5::decimal(2,1)::int",
        rows=[(110, 3)],
    ),
    Case(
        fact="DECIMAL without a precision is DECIMAL(18,0)",
        source="r_Numeric_types201",
        sql="select 12.5::decimal, '12.4'::numeric",
        rows=[(Decimal(13), Decimal(12))],
    ),
    Case(
        fact="The sum, difference and product of decimals keep every digit of their scales",
        source="r_numeric_computations201",
        sql="select 1.25::decimal(5,2) + 1.5::decimal(5,1), 1.25::decimal(5,2) * 1.5::decimal(5,1)",
        rows=[(Decimal("2.75"), Decimal("1.875"))],
    ),
    Case(
        fact="The quotient of decimals has the larger of 4 and s1+p2-s2+1 digits behind the point",
        source="r_numeric_computations201",
        sql="select 10.00::decimal(4,2) / 3.00::decimal(4,2)",
        rows=[(Decimal("3.3333333333333333"),)],
        differs="PostgreSQL's scale, sixteen significant digits at least; cast the quotient to the scale that you need",
    ),
    Case(
        fact="A result of more than 38 digits is a numeric overflow",
        source="r_numeric_computations201",
        sql="select 99999999999999999999::decimal(20,0) * 99999999999999999999::decimal(20,0)",
        rows=[(Decimal("9999999999999999999800000000000000000001"),)],
        differs="intermediate results have as many digits as they need",
    ),
    Case(
        fact="ROUND goes away from zero at the half, also to places before the point",
        source="r_ROUND",
        sql="select round(2.5), round(-2.5), round(28.05, 1), round(178, -2)",
        rows=[(Decimal(3), Decimal(-3), Decimal("28.1"), 200)],
    ),
    Case(
        fact="ROUND and TRUNC of DOUBLE PRECISION take places too",
        source="r_ROUND",
        sql="select round(1.26::float, 1), trunc(1.26::float, 1)",
        rows=[(1.3, 1.2)],
    ),
    Case(
        fact="TRUNC keeps the argument's type and cuts towards zero",
        source="r_TRUNC",
        sql="select trunc(28.05), trunc(28.05, 1), trunc(-28.9), trunc(178, -2)",
        rows=[(Decimal(28), Decimal("28.0"), Decimal(-28), 100)],
    ),
    Case(
        fact="LOG is of base 10, LN and DLOG1 natural",
        source="r_LOG",
        sql="select log(100), dlog10(1000), ln(1)",
        rows=[(2.0, 3.0, 0.0)],
    ),
    Case(
        fact="Nothing divides by zero",
        source="r_OPERATOR_SYMBOLS",
        sql="select 1 / (1 - 1)",
        error="division by zero",
        code="22012",
        differs="the text and SQLSTATE are PostgreSQL's; Redshift's are not documented",
    ),
    Case(
        fact="A whole number that does not fit its type is an error",
        source="r_Numeric_types201",
        sql="select 2147483647::int + 1::int",
        error="out of range",
        code="22003",
        differs="the text and SQLSTATE are PostgreSQL's; Redshift's are not documented",
    ),
    Case(
        fact="A text that is no number cannot be cast to one",
        source="r_CAST_function",
        sql="select 'abc'::varchar(3)::int",
        error="invalid input syntax",
        code="22P02",
        differs="the text and SQLSTATE are PostgreSQL's; Redshift's are not documented",
    ),
    Case(
        fact="NVL, COALESCE, NULLIF, GREATEST and LEAST; the last two leave NULLs out",
        source="r_NVL_function",
        sql="select nvl(null, 2), coalesce(null, null, 3), nullif(1, 1), greatest(1, null, 3), least(null, 2)",
        rows=[(2, 3, None, 3, 2)],
    ),
    Case(
        fact="NVL2 chooses by NULL, DECODE by equality in which NULL equals NULL",
        source="r_DECODE_expression",
        sql="select nvl2(null, 'x', 'y'), nvl2(1, 'x', 'y'), decode(null, null, 'same', 'other'), "
        "decode(3, 1, 'a', 2, 'b')",
        rows=[("y", "x", "same", None)],
    ),
    Case(
        fact="A text compares with a number, which is converted",
        source="c_Supported_data_types",
        sql="select 'abc'::varchar(5) = 5",
        error="operator does not exist",
        code="42883",
        refused=True,
    ),
]
