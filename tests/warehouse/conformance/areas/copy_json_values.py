"""COPY from JSON: what values become.

Numbers, texts and truth values; the texts of errors are the system tables'.
"""

from __future__ import annotations

from decimal import Decimal

from tests.warehouse.conformance.copying import JSON, fails, loads, rejects

_FORMAT = "copy-parameters-data-format"
_CONVERSION = "copy-parameters-data-conversion"
_CODES = "r_Load_Error_Reference"
_DETAIL = "SYS_LOAD_ERROR_DETAIL"
_MULTIBYTE = "multi-byte-character-load-errors"
_CHARACTERS = "r_Character_types"
_SUPER = "ingest-super"
_BIGINT = "Overflow (Long valid range -9223372036854775808 to 9223372036854775807)"

CASES = [
    loads("null is NULL", _FORMAT, table="a int", body=b'{"a": null}', rows=[(None,)]),
    loads(
        "An empty string is NULL for every type but CHAR and VARCHAR, without any option",
        _FORMAT,
        table="i int, f float, d decimal(4,1), w date, t timestamp, o boolean, c varchar(3)",
        body=b'{"i": "", "f": "", "d": "", "w": "", "t": "", "o": "", "c": ""}',
        rows=[(None, None, None, None, None, None, "")],
    ),
    loads(
        "Blanks alone are NULL for every type but CHAR and VARCHAR",
        _CONVERSION,
        table="i int, w date, c varchar(3)",
        body=b'{"i": "  ", "w": "  ", "c": "  "}',
        rows=[(None, None, "  ")],
    ),
    loads(
        "EMPTYASNULL loads an empty string as NULL, BLANKSASNULL one of blanks",
        _CONVERSION,
        table="a varchar(3), b varchar(3), c varchar(3)",
        body=b'{"a": "", "b": "  ", "c": " x"}',
        options=f"{JSON} emptyasnull blanksasnull",
        rows=[(None, None, " x")],
    ),
    loads(
        "TRIMBLANKS cuts blanks off the end of a VARCHAR",
        _CONVERSION,
        table="a varchar(5)",
        body=b'{"a": " x  "}',
        options=f"{JSON} trimblanks",
        rows=[(" x",)],
    ),
    loads("A string of digits is a number", "observed", table="a int", body=b'{"a": "39"}', rows=[(39,)]),
    loads(
        "A JSON number with nothing but zeros behind its point is a whole number",
        "observed",
        table="a bigint",
        body=b'{"a": 1540919166796.0}',
        rows=[(1540919166796,)],
    ),
    rejects(
        "What is no digit in a number is named with its place",
        _DETAIL,
        table="a int, b bigint",
        body=b'{"a": "abc"}\n{"b": "12x"}',
        faults=[
            (1, "a", "int4", 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer"),
            (2, "b", "int8", 1207, "Invalid digit, Value 'x', Pos 2, Type: Long"),
        ],
    ),
    rejects(
        "A number beyond its type's range is an overflow",
        "observed",
        table="a bigint",
        body=b'{"a": 9223372036854775808}',
        faults=[(1, "a", "int8", 1222, _BIGINT)],
    ),
    loads(
        "A DECIMAL's further digits are cut off, not rounded",
        _CONVERSION,
        table="a decimal(8,2), b decimal",
        body=b'{"a": 20.259, "b": 195.94404}',
        rows=[(Decimal("20.25"), Decimal(195))],
    ),
    loads(
        "ROUNDEC rounds a DECIMAL's further digits",
        _CONVERSION,
        table="a decimal(8,2)",
        body=b'{"a": 20.259}',
        options=f"{JSON} roundec",
        rows=[(Decimal("20.26"),)],
    ),
    loads(
        "A DECIMAL in quotes keeps all its digits",
        _FORMAT,
        table="a decimal(38,10)",
        body=b'{"a": "1234567890123456789012345678.0123456789"}',
        rows=[(Decimal("1234567890123456789012345678.0123456789"),)],
    ),
    rejects(
        "stl_load_errors shows a DECIMAL's precision and scale as its length, an integer's as 0",
        "observed",
        table="d decimal(18, 0), i int",
        body=b'{"d": "1x"}\n{"i": "x"}',
        shown="trim(col_length), trim(raw_line), trim(raw_field_value)",
        faults=[("18, 0", '{"d": "1x"}', "1x"), ("0", '{"i": "x"}', "x")],
    ),
    loads(
        "Escapes are decoded",
        "copy-usage_notes-copy-from-json",
        table="a varchar(40)",
        body=rb'{"a": "tab\t line\n back\\slash \"q\" \u00e9 \ud83d\ude00"}',
        rows=[('tab\t line\n back\\slash "q" é 😀',)],
    ),
    rejects(
        "A VARCHAR's length counts bytes, and a longer string is an error",
        _CHARACTERS,
        table="a varchar(3)",
        body='{"a": "abcd"}\n{"a": "éé"}\n{"a": "abc"}'.encode(),
        faults=[
            (1, "a", "varchar", 1204, "String length exceeds DDL length"),
            (2, "a", "varchar", 1204, "String length exceeds DDL length"),
        ],
    ),
    loads(
        "Blanks beyond a VARCHAR's length are cut off silently",
        _CHARACTERS,
        table="a varchar(3)",
        body=b'{"a": "ab    "}',
        rows=[("ab ",)],
    ),
    loads(
        "TRUNCATECOLUMNS cuts a string to its column's bytes, between characters",
        "copy-parameters-data-load",
        table="a varchar(3), b char(2)",
        body='{"a": "ééé", "b": "xyz"}'.encode(),
        options=f"{JSON} truncatecolumns",
        rows=[("é", "xy")],
    ),
    rejects(
        "A CHAR takes no character of several bytes",
        _MULTIBYTE,
        table="a char(10)",
        body='{"a": "xé"}'.encode(),
        faults=[
            (
                *(1, "a", "char", 1220),
                "Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). Invalid char: c3 a9",
            )
        ],
    ),
    rejects(
        "Bytes that are not UTF-8 are a load error that names them",
        _MULTIBYTE,
        table="a varchar(30)",
        body=b'{"a": "x\xa4y"}',
        faults=[
            (
                *(1, "a", "varchar", 1220),
                "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: a4 (error 3)",
            )
        ],
    ),
    loads(
        "ACCEPTINVCHARS puts a question mark in the place of every byte that is not UTF-8, or what it is told to",
        _CONVERSION,
        table="a varchar(10)",
        body=b'{"a": "x\xa4\xa4y"}',
        options=f"{JSON} acceptinvchars as '^'",
        rows=[("x^^y",)],
    ),
    rejects(
        "ACCEPTINVCHARS does nothing for CHAR",
        _CONVERSION,
        table="a char(10)",
        body=b'{"a": "x\xa4y"}',
        options=f"{JSON} acceptinvchars",
        shown="err_code",
        faults=[(1220,)],
    ),
    loads(
        "true and false load into BOOLEAN, as words as well",
        _FORMAT,
        table="a boolean, b boolean",
        body=b'{"a": true, "b": "false"}',
        rows=[(True, False)],
    ),
    rejects(
        "What is no truth value is a load error of its own code",
        _CODES,
        table="a boolean",
        body=b'{"a": "perhaps"}',
        shown="err_code",
        faults=[(1210,)],
    ),
    rejects(
        "What is no floating point number is a load error of its own code",
        _CODES,
        table="a float8",
        body=b'{"a": "x"}\n{"a": "1e999"}',
        shown="err_code",
        faults=[(1208,), (1208,)],
    ),
    rejects(
        "NULL for a column that is NOT NULL is a load error",
        _CODES,
        table="a int not null, b int",
        body=b'{"b": 1}',
        faults=[(1, "a", "int4", 1213, "Missing data for not-null field")],
    ),
    loads(
        "A SUPER column takes any JSON value",
        _SUPER,
        table="n int, a super",
        body=b'{"n": 1, "a": {"k": [1, "x", null]}}\n{"n": 2, "a": "text"}\n{"n": 3, "a": 1.5}\n{"n": 4}',
        select="select n, json_serialize(a) from t order by 1",
        rows=[(1, '{"k":[1,"x",null]}'), (2, '"text"'), (3, "1.5"), (4, None)],
    ),
    loads(
        "'noshred' loads whole documents into one SUPER column",
        _SUPER,
        table="a super",
        body=b'{"k": {"l": 1}}\n[1, 2]',
        options="json 'noshred'",
        select="select json_serialize(a) from t order by 1",
        rows=[("[1,2]",), ('{"k":{"l":1}}',)],
    ),
    rejects(
        "A document that is not JSON is an error of its own code for 'noshred'",
        _SUPER,
        table="a super",
        body=b'{"k": 1}\n{"k":\n{"k": 3}\n',
        options="json 'noshred'",
        shown="line_number, err_code",
        faults=[(2, 1224)],
    ),
    fails(
        "'noshred' needs one SUPER column",
        _SUPER,
        table="a super, b super",
        options="json 'noshred'",
        error="stand-in: JSON 'noshred' loads one SUPER column and no other",
    ),
]
