"""What the history says of a statement before it has run: the client's own text without its secrets, and its kind."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from local.redshift.dialect.names import words
from local.redshift.dialect.tokens import Kind, Statement, Token, tokenize

# What is kept of a text, in characters.
_LONGEST = 65_535
# The names of what is shown by the history; a statement with one of them in it wants it up to date.
_HISTORY = re.compile(
    r"\b(?:stl_(?:query|querytext|ddltext|utilitytext)|svl_(?:qlog|statementtext)|sys_query_(?:history|text))\b", re.I
)
_LAST_QUERY = re.compile(r"\bpg_last_query_id\b", re.I)
_TYPES = {
    **{word: word.upper() for word in ("select", "insert", "update", "delete", "copy", "unload")},
    "with": "SELECT",
    "(": "SELECT",
    "merge": "OTHER",
}
# r_STL_DDLTEXT: these of these are DDL, all else that is no query is UTILITY.
_DDL = ("create", "drop", "alter")
_DDL_OBJECTS = ("schema", "table", "view")
_BETWEEN = ("or", "replace", "local", "temp", "temporary")
# The words whose string, behind them with or without AS, is a secret.
_SECRET = words(
    "credentials access_key_id secret_access_key session_token token master_symmetric_key encryption_key password"
)
_CATALOGUE = ("pg_", "information_schema")
_SECRETIVE = ("copy", "unload", "create", "alter")


@dataclass(frozen=True, slots=True)
class Origin:
    """One statement as the client wrote it.

    :param text: its text, secrets masked. :param type: SYS_QUERY_HISTORY's query_type.
    :param leader: whether it reads nothing but the catalogue, or nothing at all: Redshift's leader node runs such a
        query alone, and STL_QUERY does not know of it (Developer Guide, c_sql-functions-leader-node).
    :param reads: whether it reads the history. :param asks_last: whether it calls PG_LAST_QUERY_ID.
    """

    text: str
    type: str
    leader: bool = False
    reads: bool = False
    asks_last: bool = False


def origins(text: str, statements: Sequence[Statement]) -> list[Origin]:
    """Return each statement's origin. :param text: the text that they were read from."""
    pieces = [text.strip()] if len(statements) == 1 else _pieces(text)
    return [_origin(piece, statement) for piece, statement in zip(pieces, statements, strict=True)]


def _pieces(text: str) -> list[str]:
    """Return the statements' own texts, with the comments before them and their semicolons."""
    found: list[str] = []
    start, filled, end = 0, False, 0
    for token in tokenize(text):
        filled, end = filled or not token.symbol(";"), token.end
        if token.symbol(";"):
            if filled:
                found.append(text[start:end].strip())
            start, filled = end, False
    if filled:
        found.append(text[start:].strip())
    return found


def _origin(piece: str, statement: Statement) -> Origin:
    tokens = statement.tokens
    type_ = _type(tokens)
    shown = _masked(piece) if tokens[0].word(*_SECRETIVE) else piece
    return Origin(
        shown[:_LONGEST].replace("\n", "\\n"),
        type_,
        type_ == "SELECT" and _leader_only(tokens),
        _HISTORY.search(piece) is not None,
        _LAST_QUERY.search(piece) is not None,
    )


def _type(tokens: Sequence[Token]) -> str:
    first = tokens[0].value
    if first == "with":
        return next((_TYPES[t.value] for t in _outer(tokens) if t.word("insert", "update", "delete")), "SELECT")
    if first not in _DDL:
        return _TYPES.get(first, "UTILITY")
    named = next((token for token in tokens[1:] if not token.word(*_BETWEEN)), tokens[0])
    if not named.word(*_DDL_OBJECTS):
        return "UTILITY"
    if first == "create" and named.value == "table" and any(token.word("as") for token in _outer(tokens)):
        return "CTAS"
    return "DDL"


def _outer(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens outside all brackets."""
    found, depth = [], 0
    for token in tokens:
        depth += token.symbol("(") - token.symbol(")")
        if depth == 0:
            found.append(token)
    return found


def _masked(piece: str) -> str:
    """Return a text with nothing in the strings that are secrets."""
    parts, place = [], 0
    before: list[Token] = []
    for token in tokenize(piece):
        named = before[-2] if len(before) > 1 and before[-1].word("as") else (before[-1] if before else token)
        if token.kind is Kind.STRING and named.word(*_SECRET):
            parts += [piece[place : token.start], "'***'"]
            place = token.end
        before = [*before[-1:], token]
    return "".join(parts) + piece[place:]


def _leader_only(tokens: Sequence[Token]) -> bool:
    """Whether every relation in every FROM is the catalogue's own, by its name."""
    defined = {name.value for name, word in itertools.pairwise(tokens) if word.word("as")}
    # For each open bracket: whether it holds a query (FROM is a word of some functions', too), and whether a comma in
    # it leads to another relation.
    brackets = [[True, False]]
    expecting = False
    for token, following in itertools.pairwise([*tokens, tokens[-1]]):
        if token.symbol("("):
            subquery = following.word("select", "with")
            brackets.append([subquery or expecting, expecting and not subquery])
            expecting = expecting and not subquery
        elif token.symbol(")"):
            expecting = False
            if len(brackets) > 1:
                brackets.pop()
        elif token.word("from", "join") and brackets[-1][0]:
            brackets[-1][1] = expecting = True
        elif token.word("where", "group", "order", "having", "limit", "union", "select"):
            brackets[-1][1] = expecting = False
        elif token.symbol(",") and brackets[-1][1]:
            expecting = True
        elif expecting:
            if not token.value.startswith(_CATALOGUE) and token.value not in defined:
                return False
            expecting = False
    return True
