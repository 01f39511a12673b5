"""Identifiers: Redshift folds them to lower case, quoted or not; and how they are quoted for PostgreSQL."""

from __future__ import annotations

import re

from local.redshift.dialect.tokens import Kind, Token
from local.redshift.errors import StatementSyntaxError, UnsupportedError

_LONGEST = 63


def identifier(token: Token) -> str:
    """Return the name that a token stands for.

    Redshift keeps names of up to 127 bytes, PostgreSQL 63: longer ones are refused rather than cut.
    """
    if token.kind not in (Kind.WORD, Kind.QUOTED):
        raise StatementSyntaxError(f'syntax error at or near "{token.value}"')
    return folded(token.value)


def folded(name: str) -> str:
    """Return a name as Redshift keeps it (enable_case_sensitive_identifier is off by default)."""
    if not name:
        raise StatementSyntaxError("zero-length delimited identifier")
    if len(name.encode()) > _LONGEST:
        raise UnsupportedError(f"the name {name} is longer than {_LONGEST} bytes")
    return re.sub("[A-Z]", lambda letter: letter.group().lower(), name)


def quote(name: str) -> str:
    """Return an identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Return a string literal for PostgreSQL."""
    quoted = "'" + value.replace("'", "''") + "'"
    return f" E{quoted.replace(chr(92), chr(92) * 2)}" if "\\" in value else quoted


def regclass(name: str) -> str:
    """Return the expression for a relation whose name is quoted already."""
    return f"{literal(name)}::regclass"


def words(text: str) -> frozenset[str]:
    """Return the words of a text: how long lists of names are kept readable."""
    return frozenset(text.split())
