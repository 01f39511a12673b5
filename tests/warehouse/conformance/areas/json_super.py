"""JSON and SUPER.

SUPER columns hold documents; what is inside them is reached with JSON_SERIALIZE and the text functions, not by paths.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

CASES = [
    Case(
        fact="A SUPER column holds what JSON_PARSE makes of a text, and drivers get JSON without white space",
        source="JSON_PARSE",
        sql=(
            "create table t (id int, s super)",
            """insert into t select 1, json_parse('{"b": [10001, "a b"], "a": null}')""",
            "select s from t",
        ),
        rows=[('{"b":[10001,"a b"],"a":null}',)],
    ),
    Case(
        fact="A number or a boolean put into a SUPER column is one there",
        source="r_SUPER_type",
        sql=(
            "create table t (id int, s super)",
            "insert into t values (1, 5), (2, 1.22), (3, null)",
            "select s, json_typeof(s), is_integer(s), is_scalar(s) from t order by id",
        ),
        rows=[("5", "number", True, True), ("1.22", "number", False, True), (None, None, False, False)],
    ),
    Case(
        fact="A text put into a SUPER column is a JSON string, not parsed",
        source="r_SUPER_type",
        sql=(
            "create table t (s super)",
            "insert into t select 'abc'::varchar(3)",
            "insert into t select '[1]'::super",
            "select s, s::varchar(10) from t order by 2",
        ),
        rows=[('"[1]"', "[1]"), ('"abc"', "abc")],
    ),
    Case(
        fact="A string literal put straight into a SUPER column is a JSON string",
        source="r_SUPER_type",
        sql=("create table t (s super)", "insert into t values ('[1, 2]')", "select is_array(s) from t"),
        rows=[(True,)],
        differs="it is read as JSON, and a literal that is no JSON is an error; write JSON_PARSE or a cast",
    ),
    Case(
        fact="JSON_SERIALIZE is JSON_PARSE's inverse",
        source="JSON_SERIALIZE",
        sql="""select json_serialize(json_parse('[10001,10002,"abc"]'))""",
        rows=[('[10001,10002,"abc"]',)],
    ),
    Case(
        fact="JSON_TYPEOF and the IS_… functions tell a SUPER's type",
        source="c_Type_Info_Functions",
        sql="select json_typeof(json_parse('[1,2]')), json_typeof(json_parse('{}')), json_typeof(json_parse('true')), "
        "is_array(json_parse('[]')), is_object(json_parse('{}')), is_boolean(json_parse('true')), "
        "is_varchar(json_parse('\"x\"')), is_smallint(json_parse('40000')), is_bigint(json_parse('40000'))",
        rows=[("array", "object", "boolean", True, True, True, True, False, True)],
    ),
    Case(
        fact="GET_ARRAY_LENGTH counts an array's elements and is NULL for anything else",
        source="get_array_length",
        sql="select get_array_length(json_parse('[1,[2,3]]')), get_array_length(json_parse('{}'))",
        rows=[(2, None)],
    ),
    Case(
        fact="JSON_PARSE of what is not JSON is an error; CAN_JSON_PARSE tells before",
        source="CAN_JSON_PARSE",
        sql="select can_json_parse('[10001,10002,\"abc\"]'), can_json_parse('This is a string.')",
        rows=[(True, False)],
    ),
    Case(
        fact="Dots and brackets lead into a SUPER",
        source="query-super",
        sql=("create table t (s super)", "select s[0] from t"),
        error="SUPER navigation",
        refused=True,
    ),
    Case(
        fact="A name behind a SUPER column leads into it",
        source="query-super",
        sql=("create table t (s super)", "select t.s.name from t"),
        error="t",
        code="42P01",
        refused=True,
    ),
    Case(
        fact="A SUPER column compares with plain values by its dynamic type",
        source="query-super",
        sql=("create table t (s super)", "select count(*) from t where s = 5"),
        error="operator does not exist",
        code="42883",
        refused=True,
    ),
    Case(
        fact="JSON_EXTRACT_PATH_TEXT follows keys, case counts, and a key that is missing gives NULL",
        source="JSON_EXTRACT_PATH_TEXT",
        sql="""select json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6'), """
        """json_extract_path_text('{"a":1}', 'A'), json_extract_path_text('{"f2":{"f3":1}}', 'f2')""",
        rows=[("star", None, '{"f3":1}')],
    ),
    Case(
        fact="JSON_EXTRACT_PATH_TEXT of what is not JSON is an error",
        source="JSON_EXTRACT_PATH_TEXT",
        sql="""select json_extract_path_text('{"a":1', 'a')""",
        error="JSON parsing error",
    ),
    Case(
        fact="With null_if_invalid, what is not JSON gives NULL",
        source="JSON_EXTRACT_PATH_TEXT",
        sql="""select json_extract_path_text('{"a":1', 'a', true), json_extract_array_element_text('[1', 0, true), """
        "json_array_length('[1', true)",
        rows=[(None, None, None)],
    ),
    Case(
        fact="JSON_EXTRACT_ARRAY_ELEMENT_TEXT counts from 0 and is NULL outside the array",
        source="JSON_EXTRACT_ARRAY_ELEMENT_TEXT",
        sql="select json_extract_array_element_text('[111,112,113]', 2), "
        "json_extract_array_element_text('[111,112,113]', 3), json_extract_array_element_text('[111,112,113]', -1)",
        rows=[("113", None, None)],
    ),
    Case(
        fact="JSON_ARRAY_LENGTH counts the outer array's elements",
        source="JSON_ARRAY_LENGTH",
        sql="""select json_array_length('[11,12,13,{"f1":21,"f2":[25,26]},14]')""",
        rows=[(5,)],
    ),
    Case(
        fact="IS_VALID_JSON is about objects, IS_VALID_JSON_ARRAY about arrays",
        source="IS_VALID_JSON",
        sql="""select is_valid_json('{"a":{"b":1}}'), is_valid_json('{1:"a"}'), is_valid_json('[1,2,3]'), """
        """is_valid_json_array('["a",["b",1]]'), is_valid_json_array('{"a":1}'), is_valid_json_array('[1,2,]')""",
        rows=[(True, False, False, True, False, False)],
    ),
    Case(
        fact="There are no JSON and JSONB types",
        source="c_unsupported-postgresql-datatypes",
        sql="select '{}'::jsonb",
        error="JSONB",
        code="0A000",
    ),
]
