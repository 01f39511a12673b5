"""INSERT … VALUES of plain constants, as drivers send it for many rows: long, so read by its tokens alone."""

from __future__ import annotations

from local.redshift.dialect.tokens import Kind, Statement

_CONSTANTS = ("null", "true", "false", "default")


def is_plain_insert(statement: Statement) -> bool:
    """Whether it is INSERT INTO t [(c, …)] VALUES (…), … of constants that mean the same to PostgreSQL.

    Strings with a backslash do not, unless they begin with E: Redshift reads escapes in all of them. Nor do quoted
    names, which PostgreSQL does not fold.
    """
    tokens = statement.tokens
    place = next((i for i, token in enumerate(tokens) if token.word("values")), 0)
    if not place or not tokens[1].word("into"):
        return False
    head, values = tokens[2:place], tokens[place + 1 :]
    if not values or not all(token.kind is Kind.WORD or token.symbol("(", ")", ",", ".") for token in head):
        return False
    if any(len(token.value) > 63 or token.value.startswith("#") for token in head):
        return False
    text = statement.text
    for token in values:
        if token.kind is Kind.STRING:
            raw = text[token.start : token.end]
            if raw[0] not in "'eE" or (raw[0] == "'" and "\\" in raw):
                return False
        elif token.kind not in (Kind.NUMBER, Kind.PARAMETER) and not (
            token.symbol("(", ")", ",", "-") or token.word(*_CONSTANTS)
        ):
            return False
    return True
