"""COPY of CSV, delimited and fixed-width text.

What a record is, what its fields are, and what is said of records that are none.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from tests.warehouse.conformance.case import Case

_FORMAT = "copy-parameters-data-format"
_CONVERSION = "copy-parameters-data-conversion"
_ERRORS = (
    "select line_number, trim(colname), position, trim(raw_field_value), err_code, trim(err_reason) "
    "from stl_load_errors where query = pg_last_copy_id() order by line_number"
)


def _copy(options: str, *, bucket: str = "{bucket}") -> str:
    return f"copy t from 's3://{bucket}/data' iam_role '{{role}}' {options}"


def _loads(
    fact: str,
    options: str,
    data: bytes,
    rows: list[tuple[object, ...]],
    *,
    source: str = _FORMAT,
    columns: str = "a int, b varchar(40)",
    differs: str = "",
) -> Case:
    """A fact that the loaded rows show."""
    return Case(
        fact=fact,
        source=source,
        sql=(f"create table t ({columns})", _copy(options), "select * from t order by 1"),
        files={"data": data},
        rows=rows,
        differs=differs,
    )


def _fails(
    fact: str,
    options: str,
    data: bytes,
    errors: list[tuple[object, ...]],
    *,
    source: str = _CONVERSION,
    columns: str = "a int, b varchar(40)",
    ask: str = _ERRORS,
    differs: str = "",
) -> Case:
    """A fact that the load errors of a COPY with MAXERROR show."""
    return Case(
        fact=fact,
        source=source,
        sql=(f"create table t ({columns})", _copy(f"{options} maxerror 100"), ask),
        files={"data": data},
        rows=errors,
        differs=differs,
    )


def _excluded(one: str, other: str, *, source: str = _FORMAT) -> Case:
    return Case(
        fact=f"COPY: {one.partition(' ')[0].upper()} cannot be used with {other.partition(' ')[0].upper()}",
        source=source,
        sql=("create table t (a int, b varchar(40))", _copy(f"{one} {other}", bucket="none")),
        error="cannot be used with",
        code="42601",
    )


def _refused(what: str, options: str, *, source: str = _FORMAT) -> Case:
    return Case(
        fact=f"COPY loads {what}",
        source=source,
        sql=("create table t (a int, b varchar(40))", _copy(options, bucket="none")),
        error="not supported",
        refused=True,
    )


CASES = [
    _loads(
        "COPY expects text with the delimiter | unless it is told otherwise",
        "",
        b"1|one\n2|two\n",
        [(1, "one"), (2, "two")],
    ),
    _loads("DELIMITER names another character", "delimiter ','", b"1,one\n", [(1, "one")]),
    _loads("DELIMITER takes \\t for a tab", "delimiter as '\\t'", b"1\tone\n", [(1, "one")]),
    _loads(
        "DELIMITER takes an octal number for what cannot be printed", r"delimiter '\001'", b"1\x01one\n", [(1, "one")]
    ),
    _loads("The last line needs no line end", "", b"1|one\n2|two", [(1, "one"), (2, "two")]),
    _loads(
        "A delimiter may end the record",
        "",
        b"1|one|\n2|two|\n",
        [(1, "one"), (2, "two")],
        source="t_preparing-input-data",
    ),
    _loads(
        "CSV keeps delimiters and line ends between quotation marks, and takes doubled ones for one",
        "csv",
        b'1,"one, 1"\n2,"two\nlines"\n3,"A ""quoted"" word"\n',
        [(1, "one, 1"), (2, "two\nlines"), (3, 'A "quoted" word')],
    ),
    _loads("FORMAT AS CSV is the same as CSV", "format as csv", b"1,one\n", [(1, "one")]),
    _loads("CSV has another delimiter if DELIMITER says so", "csv delimiter '|'", b'1|"a|b"\n', [(1, "a|b")]),
    _loads(
        "QUOTE AS names CSV's quotation mark, and others are ordinary then",
        "csv quote as '%'",
        b'1,%All "non-musical" theatre%\n2,%50%% off%\n',
        [(1, 'All "non-musical" theatre'), (2, "50% off")],
        source="r_COPY_command_examples",
    ),
    _loads("CSV ignores white space around quotation marks", "csv", b'1, "one" \n', [(1, "one")]),
    _loads(
        "CSV takes a backslash as it is", "csv", rb"1,a\b" + b"\n", [(1, r"a\b")], source="copy-parameters-data-format"
    ),
    _loads(
        "CSV with a header is loaded with IGNOREHEADER",
        "csv ignoreheader 1",
        b"a,b\n1,one\n",
        [(1, "one")],
        source=_CONVERSION,
    ),
    _loads(
        "FIXEDWIDTH cuts a line into fields of so many characters, whatever their labels",
        "fixedwidth 'venueid:3, 2:5'",
        b"1  Park \n22 Field\n",
        [(1, "Park "), (22, "Field")],
    ),
    _loads(
        "FIXEDWIDTH counts characters, not bytes",
        "fixedwidth 'a:1,b:4'",
        "1çaés\n".encode(),
        [(1, "çaés")],
        source=_CONVERSION,
    ),
    _loads(
        "ESCAPE takes the character behind a backslash as a part of the value",
        "escape",
        b"1|A \\| B\\\\C\n2|two\\\nlines\n",
        [(1, "A | B\\C"), (2, "two\nlines")],
        source=_CONVERSION,
    ),
    _loads("ESCAPE knows no numbers: \\012 is 012", "escape", b"1|\\012\n", [(1, "012")], source=_CONVERSION),
    _loads(
        "With ESCAPE, \\N and \\\\N are NULL as long as NULL AS names nothing else",
        "escape",
        b"1|\\N\n2|\\\\N\n",
        [(1, None), (2, None)],
        source=_CONVERSION,
    ),
    _loads("Without ESCAPE a backslash is a character", "", b"1|a\\b\n", [(1, "a\\b")], source=_CONVERSION),
    _loads(
        "REMOVEQUOTES removes single and double quotation marks around a field, and keeps delimiters within",
        "removequotes",
        b"1|'one'\n2|\"t|wo\"\n3|Blue'\n4|''Black''\n",
        [(1, "one"), (2, "t|wo"), (3, "Blue'"), (4, "'Black'")],
        source=_CONVERSION,
    ),
    _loads(
        "REMOVEQUOTES with ESCAPE keeps escaped quotation marks",
        "removequotes escape",
        b"1|'A Midsummer Night\\'s Dream'\n",
        [(1, "A Midsummer Night's Dream")],
        source=_CONVERSION,
    ),
    _loads("\\N is NULL by default", "", b"\\N|\\N\n", [(None, None)], source=_CONVERSION),
    _loads(
        "NULL AS names what is NULL, and \\N is a text then",
        "null as 'fred'",
        b"fred|\\N\n1|fred\n",
        [(1, None), (None, "\\N")],
        source=_CONVERSION,
    ),
    _loads(
        "NULL AS '\\N' is the default's own string", r"null as '\N' csv", b"1,\\N\n", [(1, None)], source=_CONVERSION
    ),
    _loads(
        "NULL AS '\\000' takes a NUL for NULL",
        r"csv null as '\000'",
        b"15,\0\n",
        [(15, None)],
        source="tutorial-loading-run-copy",
    ),
    _loads(
        "An empty field is '' in VARCHAR and NULL in every other type",
        "",
        b"1|||\n",
        [(1, "", None, None)],
        source=_CONVERSION,
        columns="a int, b varchar(4), c int, d date",
    ),
    _loads(
        "EMPTYASNULL makes an empty field NULL", "emptyasnull", b"1|\n2| \n", [(1, None), (2, " ")], source=_CONVERSION
    ),
    _loads("NULL AS '' is the same as EMPTYASNULL", "null as ''", b"1|\n", [(1, None)], source=_CONVERSION),
    _loads("BLANKSASNULL makes a blank field NULL", "blanksasnull", b"1|   \n", [(1, None)], source=_CONVERSION),
    _loads("TRIMBLANKS cuts the blanks at a VARCHAR's end", "trimblanks", b"1| a  \n", [(1, " a")], source=_CONVERSION),
    _loads(
        "TRUNCATECOLUMNS cuts what is too long",
        "truncatecolumns",
        b"1|abcdef\n",
        [(1, "abc")],
        source=_CONVERSION,
        columns="a int, b varchar(3)",
    ),
    _loads(
        "FILLRECORD fills missing columns at the end of a record: VARCHAR with '', all else with NULL",
        "fillrecord",
        b"1|x\n2\n",
        [(1, "x", None, None), (2, "", None, None)],
        source=_CONVERSION,
        columns="a int, b varchar(4), c int, d char(2)",
    ),
    _loads(
        "FILLRECORD with EMPTYASNULL fills VARCHAR with NULL",
        "fillrecord emptyasnull csv",
        b"1\n",
        [(1, None)],
        source=_CONVERSION,
    ),
    _loads(
        "IGNOREBLANKLINES passes over blank lines",
        "ignoreblanklines",
        b"\n1|one\n\n2|two\n",
        [(1, "one"), (2, "two")],
        source=_CONVERSION,
    ),
    _loads(
        "IGNOREHEADER passes over so many lines of each file",
        "ignoreheader as 2",
        b"x\ny\n1|one\n",
        [(1, "one")],
        source=_CONVERSION,
    ),
    _loads(
        "COPY cuts the digits that a DECIMAL has no place for",
        "",
        b"1|20.259\n",
        [(1, Decimal("20.25"))],
        source=_CONVERSION,
        columns="a int, b decimal(8,2)",
    ),
    _loads(
        "ROUNDEC rounds them",
        "roundec",
        b"1|20.259\n",
        [(1, Decimal("20.26"))],
        source=_CONVERSION,
        columns="a int, b decimal(8,2)",
    ),
    _loads(
        "DATEFORMAT and TIMEFORMAT read texts",
        "dateformat 'MM-DD-YYYY' timeformat 'DD.MM.YYYY HH:MI:SS'",
        b"11-30-2018|30.11.2018 12:00:05\n",
        [(date(2018, 11, 30), datetime(2018, 11, 30, 12, 0, 5))],
        source=_CONVERSION,
        columns="a date, b timestamp",
    ),
    _loads(
        "TIMEFORMAT 'epochmillisecs' reads texts, too",
        "timeformat 'epochmillisecs' csv",
        b"1,1541106106796\n",
        [(1, datetime(2018, 11, 1, 21, 1, 46, 796000))],
        source=_CONVERSION,
        columns="a int, b timestamp",
    ),
    _loads(
        "ACCEPTINVCHARS replaces bytes that are not UTF-8",
        "acceptinvchars as '^'",
        b"1|a\xa4b\n",
        [(1, "a^b")],
        source=_CONVERSION,
    ),
    _loads(
        "A SUPER column takes a field's JSON",
        "csv",
        b'1,"{""x"":[1,null]}"\n',
        [(1, '{"x":[1,null]}')],
        source="ingest-super",
        columns="a int, b super",
    ),
    Case(
        fact="A column list names the fields' columns in their order, and the others have their DEFAULT",
        source="copy-parameters-column-mapping",
        sql=(
            "create table t (a int, b varchar(4), c int default 7)",
            "copy t (b, a) from 's3://{bucket}/data' iam_role '{role}'",
            "select * from t",
        ),
        files={"data": b"one|1\n"},
        rows=[(1, "one", 7)],
    ),
    _fails(
        "A number with a point is no integer: 1207, with the column, its place in the line and its text",
        "",
        b"1|one|20200407.0\n",
        [(1, "c", 6, "20200407.0", 1207, "Invalid digit, Value '.', Pos 8, Type: Long")],
        source="observed",
        columns="a int, b varchar(4), c bigint",
    ),
    _fails(
        "A text that is too long is 1204, and its position is the field's in the line",
        "",
        b"1|one\n2|three\n",
        [(2, "b", 2, "three", 1204, "String length exceeds DDL length")],
        source="r_STL_LOAD_ERRORS",
        columns="a int, b varchar(4)",
    ),
    _fails(
        "More fields than columns are 1202, Extra column(s) found",
        "",
        b"1|public|event\n",
        [(1202, "Extra column(s) found")],
        source="r_COPY_command_examples",
        ask="select err_code, trim(err_reason) from stl_load_errors where query = pg_last_copy_id()",
    ),
    _fails(
        "Fewer fields than columns are 1214, Delimiter not found",
        "",
        b"1\n2|two\n",
        [(1, 1214, "Delimiter not found")],
        source="system-tables-for-troubleshooting-data-loads",
        ask="select line_number, err_code, trim(err_reason) from stl_load_errors where query = pg_last_copy_id()",
    ),
    _fails(
        "A quotation mark within a CSV field that is not quoted is 1214, and the value shown ends before it",
        "csv",
        b'1,aaaa"zzzz\n2,two\n',
        [(1, "b", "aaaa", 1214, "Invalid quote formatting for CSV")],
        source="observed",
        ask="select line_number, trim(colname), trim(raw_field_value), err_code, trim(err_reason) from stl_load_errors "
        "where query = pg_last_copy_id()",
    ),
    _fails(
        "REMOVEQUOTES does not load a field with a quotation mark at its beginning and none at its end",
        "removequotes",
        b"1|'Blue\n2|\"Blue\n3|red\n",
        [(1,), (2,)],
        ask="select line_number from stl_load_errors where query = pg_last_copy_id() order by 1",
    ),
    _fails(
        "A NUL ends a record, and anything but a line's end behind it is an error",
        "csv",
        b"15,NUL next,\0,x\n",
        [("15,NUL next,", True)],
        source="tutorial-loading-run-copy",
        ask="select trim(raw_line), trim(err_reason) like 'Missing newline: Unexpected character 0x2c found at%' "
        "from stl_load_errors where query = pg_last_copy_id()",
    ),
    _fails(
        "NULL for a NOT NULL column is 1213",
        "csv null as 'none'",
        b"1,none\n",
        [(1, "b", 1213, "Missing data for not-null field")],
        source="r_Load_Error_Reference",
        columns="a int, b varchar(40) not null",
        ask="select line_number, trim(colname), err_code, trim(err_reason) from stl_load_errors "
        "where query = pg_last_copy_id()",
    ),
    _fails(
        "A byte that is not UTF-8 is 1220",
        "",
        b"1|a\xa4b\n",
        [(1220, "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: a4 (error 3)")],
        source="multi-byte-character-load-errors",
        ask="select err_code, trim(err_reason) from stl_load_errors where query = pg_last_copy_id()",
    ),
    Case(
        fact="COPY of text fails as a whole at the first bad record without MAXERROR",
        source="copy-parameters-data-load",
        sql=("create table t (a int, b varchar(40))", _copy("csv")),
        files={"data": b"1,one\nx,two\n"},
        error="Load into table 't' failed.  Check 'sys_load_error_detail' system table for details.",
    ),
    _excluded("csv", "fixedwidth 'a:1,b:2'"),
    _excluded("csv", "removequotes"),
    _excluded("csv", "escape"),
    _excluded("fixedwidth 'a:1,b:2'", "delimiter '|'"),
    _excluded("fixedwidth 'a:1,b:2'", "escape", source=_CONVERSION),
    Case(
        fact="QUOTE can be used with CSV only",
        source=_FORMAT,
        sql=("create table t (a int)", _copy("quote '%'", bucket="none")),
        error="QUOTE can be used with CSV only",
        code="42601",
    ),
    _refused("PARQUET", "format as parquet"),
    _refused("ORC", "format as orc"),
    _refused("AVRO", "format as avro 'auto'"),
    _refused("SHAPEFILE", "shapefile"),
    _refused("encrypted files", "csv encrypted", source="copy-parameters-data-source-s3"),
    *(
        Case(
            fact=f"COPY loads from {source}",
            source="copy-parameters-data-source",
            sql=("create table t (a int)", f"copy t from '{url}' iam_role '{{role}}' {more}"),
            error="not supported",
            refused=True,
        )
        for source, url, more in (
            ("DynamoDB", "dynamodb://Movies", "readratio 50"),
            ("Amazon EMR", "emr://j-1/output/part-*", "delimiter '|'"),
            ("remote hosts over SSH", "s3://none/manifest", "ssh"),
        )
    ),
]
