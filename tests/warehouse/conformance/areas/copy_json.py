"""COPY from JSON: which objects, which documents, which columns."""

from __future__ import annotations

import bz2
import gzip
import sys

from tests.warehouse.conformance.case import Case
from tests.warehouse.conformance.copying import JSON, copy, fails, loads, rejects

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FORMAT = "copy-parameters-data-format"
_SOURCE = "copy-parameters-data-source-s3"
_USAGE = "copy-usage_notes-copy-from-json"
_CONVERSION = "copy-parameters-data-conversion"
_KEYS = {"paths.json": b'{"jsonpaths": ["$[0]", "$[1]"]}'}
_MEMBERS = {"paths.json": b"{\"jsonpaths\": [\"$['x']['y']\", \"$['z'][1]\"]}"}
_DOTS = {"paths.json": b'{"jsonpaths": ["$.x.y", "$.z[1]"]}'}
_PATHS = "json 's3://{bucket}/paths.json'"
_ONE, _TWO = b'{"a": 1}\n', b'{"a": 2}\n'
_BOTH: list[tuple[object, ...]] = [(1,), (2,)]


def _paths(body: bytes, fact: str) -> Case:
    return fails(fact, _USAGE, error="stand-in", table="a int, b int", options=_PATHS, files={"paths.json": body})


CASES = [
    loads(
        "FROM names a prefix of keys, not a folder: every key that starts with it is loaded",
        _SOURCE,
        table="a int",
        body=_ONE,
        files={"database.bak": _TWO},
        source="data",
        rows=_BOTH,
    ),
    fails(
        "A prefix without any object is an error that names it without its bucket",
        "observed",
        source="2018/11/",
        error="The specified S3 prefix '2018/11/' does not exist",
        detail="code:      8001",
    ),
    loads(
        "A manifest's objects are loaded as often as they are named",
        _SOURCE,
        table="a int",
        body=_ONE,
        options=f"manifest {JSON}",
        source="m",
        files={"m": b'{"entries": [{"url": "s3://{bucket}/data/1.json"}, {"url": "s3://{bucket}/data/1.json"}]}'},
        rows=[(1,), (1,)],
    ),
    loads(
        "What a manifest names without insisting may be missing",
        _SOURCE,
        table="a int",
        body=_ONE,
        options=f"{JSON} manifest",
        source="m",
        files={"m": b'{"entries": [{"url": "s3://{bucket}/data/1.json"}, {"url": "s3://{bucket}/none"}]}'},
        rows=[(1,)],
    ),
    fails(
        "A mandatory object of a manifest that is missing fails the load",
        "observed",
        options=f"manifest {JSON}",
        source="m",
        files={"m": b'{"entries": [{"url": "s3://{bucket}/none", "mandatory": true}]}'},
        error="Mandatory url is not present in manifest file.",
        detail="Manifest file location=s3://{bucket}/m url=s3://{bucket}/none",
    ),
    fails(
        "A load fails where nothing that its manifest names exists, mandatory or not",
        _SOURCE,
        options=f"manifest {JSON}",
        source="m",
        files={"m": b'{"entries": [{"url": "s3://{bucket}/none", "mandatory": false}]}'},
        error="stand-in: no file that the manifest names exists",
    ),
    fails(
        "A manifest is one object, never a prefix",
        "r_Load_Error_Reference",
        options=f"manifest {JSON}",
        source="dat",
        error="COPY with MANIFEST parameter requires full path of an S3 object.",
    ),
    loads(
        "Documents need white space between them, of any kind, or none at all",
        _USAGE,
        table="a int, b varchar(5)",
        body=b'{"a":1}{"a":2}\n\n{\n  "a": 3,\n  "b": "}{"\n}\t{"a":4}\r\n{"a":5}',
        rows=[(1, None), (2, None), (3, "}{"), (4, None), (5, None)],
    ),
    rejects(
        "A comma between documents is a load error, and the documents around it are loaded",
        _FORMAT,
        table="a int",
        body=b'{"a": 1}\n,\n{"a": 2}\n',
        shown="line_number, err_code",
        faults=[(2, 1216)],
    ),
    rejects(
        "Documents wrapped in an array are one row, which has no members",
        "observed",
        table="a int",
        body=b'[{"a": 1}, {"a": 2}]',
        faults=[(1, "a", "int4", 1216, "Invalid JSONPath format: Member is not an object.")],
    ),
    loads(
        "Key order is of no importance and keys without a column are passed over",
        _USAGE,
        table="a int, b int",
        body=b'{"c": 1, "b": 2, "a": 3}',
        rows=[(3, 2)],
    ),
    loads(
        "'auto' takes a key for a column's name only if it is written the same, and loads NULL otherwise",
        _USAGE,
        table="firstname varchar(5), level varchar(5)",
        body=b'{"firstName": "Ann", "level": "free"}',
        rows=[(None, "free")],
    ),
    loads(
        "JSON without a word behind it is 'auto'",
        _FORMAT,
        table="a int",
        body=b'{"a": 1}',
        options="format as json",
        rows=[(1,)],
    ),
    loads(
        "'auto ignorecase' matches keys in any case",
        _FORMAT,
        table="firstname varchar(5)",
        body=b'{"firstName": "Ann"}',
        options="format json as 'auto ignorecase'",
        rows=[("Ann",)],
    ),
    loads(
        "Bracketed jsonpaths fetch members of members and elements, by place in the column list",
        _USAGE,
        table="b int, a int",
        body=b'{"x": {"y": 1}, "z": [2, 3]}',
        options=_PATHS,
        columns="(a, b)",
        files=_MEMBERS,
        rows=[(3, 1)],
    ),
    loads(
        "Dotted jsonpaths fetch the same as bracketed ones",
        _USAGE,
        table="a int, b int",
        body=b'{"x": {"y": 1}, "z": [2, 3]}',
        options=_PATHS,
        files=_DOTS,
        rows=[(1, 3)],
    ),
    loads(
        "An array at the root is one row, for jsonpaths of its elements",
        _USAGE,
        table="a int, b varchar(5)",
        body=b'[1, "x"]\n[2, "y"]',
        options=_PATHS,
        files=_KEYS,
        rows=[(1, "x"), (2, "y")],
    ),
    loads(
        "A member that a jsonpath does not find is NULL",
        _USAGE,
        table="a int, b int",
        body=b'{"z": [2, 3]}',
        options=_PATHS,
        files=_DOTS,
        rows=[(None, 3)],
    ),
    rejects(
        "An element that a jsonpath does not find is a load error",
        _USAGE,
        table="a int, b int",
        body=b'{"x": {"y": 1}, "z": [2]}',
        options=_PATHS,
        files=_DOTS,
        faults=[(1, "b", "int4", 1216, "Invalid JSONPath format: Not an array or index out of range.")],
    ),
    loads(
        "A jsonpath to an object loads its text into a VARCHAR",
        _USAGE,
        table="a varchar(50), b int",
        body=b'{"x": {"y": {"k": [true, null]}}, "z": [0, 1]}',
        options=_PATHS,
        files=_DOTS,
        select="select replace(a, ' ', '') from t",
        rows=[('{"k":[true,null]}',)],
    ),
    loads(
        "A jsonpaths file whose key is another word counts as 'auto'",
        _USAGE,
        table="a int",
        body=b'{"a": 1, "b": 2}',
        options=_PATHS,
        files={"paths.json": b'{"paths": ["$.b"]}'},
        rows=[(1,)],
    ),
    _paths(b'{"jsonpaths": ["$.a", "$.b"', "A jsonpaths file that is not JSON fails the load"),
    _paths(b'{"jsonpaths": ["$.a", "$.b"]}{}', "A jsonpaths file with a second object fails the load"),
    _paths(b'{"jsonpaths": ["$.a", "$.b"]} x', "A jsonpaths file with anything behind its object fails the load"),
    _paths(b'{"jsonpaths": ["$.a", ""]}', "An empty jsonpath fails the load"),
    _paths(b'{"jsonpaths": ["$.a", 1]}', "A jsonpath that is not a string fails the load"),
    _paths(b'{"jsonpaths": ["$.a"]}', "A jsonpaths file needs one jsonpath a column"),
    _paths(b'{"jsonpaths": ["$.a[*]", "$.b"]}', "Jsonpaths have no wildcards"),
    _paths(b'{"jsonpaths": ["$[\'a\']", "$.b"]}', "A jsonpaths file does not mix the bracketed with the dotted form"),
    loads(
        "Without a column list every column is in it: one without a key is NULL, not its DEFAULT",
        "copy-parameters-column-mapping",
        table="a int, b int default 5",
        body=b'{"a": 1}',
        rows=[(1, None)],
    ),
    loads(
        "A column outside the list gets its DEFAULT, or NULL without one",
        "copy-parameters-column-mapping",
        table="a int, b int default 5, c int",
        body=b'{"a": 1, "b": 2, "c": 3}',
        columns="(a)",
        rows=[(1, 5, None)],
    ),
    loads(
        "IDENTITY columns number themselves unless EXPLICIT_IDS is there",
        "copy-parameters-column-mapping",
        table="a int, id bigint identity(1, 1)",
        body=b'{"a": 1, "id": 70}',
        rows=[(1, 1)],
    ),
    loads(
        "EXPLICIT_IDS loads an IDENTITY column from the data",
        _CONVERSION,
        table="a int, id bigint identity(1, 1)",
        body=b'{"a": 1, "id": 70}',
        options=f"{JSON} explicit_ids",
        rows=[(1, 70)],
    ),
    fails(
        "An IDENTITY column in the list needs EXPLICIT_IDS",
        _CONVERSION,
        table="a int, id bigint identity(1, 1)",
        columns="(a, id)",
        error="stand-in: identity column",
        code="42601",
    ),
    loads(
        "A column GENERATED BY DEFAULT AS IDENTITY may be in the list without EXPLICIT_IDS",
        _CONVERSION,
        table="a int, id bigint generated by default as identity(1, 1)",
        body=b'{"a": 1, "id": 70}',
        columns="(a, id)",
        rows=[(1, 70)],
    ),
    Case(
        fact="A table that does not exist cannot be loaded",
        source="observed",
        sql=copy().replace("copy t", "copy no_table"),
        error="Cannot COPY into nonexistent table no_table",
    ),
    *(
        loads(
            f"{option.upper()} has to be said for objects that are compressed with it",
            "copy-parameters-file-compression",
            table="a int",
            body=compress(_ONE) + compress(_TWO),
            options=f"{option} {JSON}",
            rows=_BOTH,
        )
        for option, compress in (("gzip", gzip.compress), ("bzip2", bz2.compress), ("zstd", zstd.compress))
    ),
    fails(
        "LZOP is a compression too",
        "copy-parameters-file-compression",
        options=f"lzop {JSON}",
        error="stand-in: LZOP is not supported",
        refused=True,
    ),
    *(
        loads(
            f"ENCODING {option.upper()} converts the data to UTF-8",
            _CONVERSION,
            table="a varchar(20)",
            body='{"a": "Zürich €"}\n'.encode(codec),
            options=f"{JSON} encoding as {option}",
            rows=[("Zürich €",)],
        )
        for option, codec in (
            ("utf8", "utf-8"),
            ("utf16", "utf-16"),
            ("utf16le", "utf-16-le"),
            ("utf16be", "utf-16-be"),
        )
    ),
    loads(
        "ENCODING UTF16LE takes a byte order mark as well",
        _CONVERSION,
        table="a varchar(20)",
        body='\ufeff{"a": "é"}'.encode("utf-16-le"),
        options=f"{JSON} encoding utf16le",
        rows=[("é",)],
    ),
    rejects(
        "ENCODING UTF16 needs a byte order mark; a file without one is skipped with an error",
        _CONVERSION,
        table="a varchar(20)",
        body='{"a": "é"}'.encode("utf-16-le"),
        options=f"{JSON} encoding utf16",
        shown="err_code",
        faults=[(1221,)],
    ),
    loads(
        "IGNOREHEADER leaves out lines, whatever they hold",
        _CONVERSION,
        table="a int",
        body=b'{"a":\n9}\n{"a": 1}\n',
        options=f"{JSON} ignoreheader as 2",
        rows=[(1,)],
    ),
    loads(
        "Parameters stand in any order, with and without AS",
        "observed",
        table="a int",
        body=b'{"a": 1}',
        options="compupdate preset statupdate on comprows 100 maxerror as 3 region 'us-west-2' format json as 'auto' "
        "timeformat 'auto' dateformat as 'auto' roundec",
        rows=[(1,)],
    ),
    *(
        fails(
            f"{option.split()[0].upper()} cannot be used with JSON",
            _FORMAT,
            options=f"{JSON} {option}",
            error=f"stand-in: {option.split()[0].upper()} cannot be used with JSON",
            code="42601",
        )
        for option in (
            *("csv", "delimiter as '|'", "escape", "fillrecord", "fixedwidth 'a:3'", "ignoreblanklines"),
            *("null as 'x'", "removequotes"),
        )
    ),
    fails(
        "READRATIO is for DynamoDB",
        "copy-parameters-data-source-dynamodb",
        options=f"{JSON} readratio 50",
        error="stand-in: READRATIO is for DynamoDB only",
        code="42601",
    ),
]
