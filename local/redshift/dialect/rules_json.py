"""JSON kept in VARCHAR (text-json-functions in the Database Developer Guide); SUPER's functions are SQL's own."""

from __future__ import annotations

from sqlglot import exp

from local.redshift.dialect.building import call, cast
from local.redshift.errors import StatementSyntaxError, UnsupportedError

_DEEPEST = 5


def extract_path(args: list[exp.Expr]) -> exp.Expr:
    """JSON_EXTRACT_PATH_TEXT(json, key, … [, null_if_invalid]): NULL where a key is missing; keys are not indexes."""
    document, *keys = args
    lenient: exp.Expr = exp.Boolean(this=False)
    if isinstance(keys[-1], exp.Boolean):
        lenient = keys.pop()
    if not keys:
        raise StatementSyntaxError("json_extract_path_text takes a path")
    if len(keys) > _DEEPEST:
        raise UnsupportedError(f"JSON_EXTRACT_PATH_TEXT goes {_DEEPEST} levels deep on Redshift")
    found: exp.Expr = call("redshift_json", cast(document, "text"), lenient)
    for key in keys[:-1]:
        found = call("json_object_field", found, cast(key, "text"))
    return call("json_object_field_text", found, cast(keys[-1], "text"))


def json_parse(args: list[exp.Expr]) -> exp.Expr:
    """JSON_PARSE(text): a SUPER."""
    return call("json_parse", cast(args[0], "text"))
