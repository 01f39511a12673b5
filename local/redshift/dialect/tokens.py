"""Redshift's lexical rules: tokens with their places, and statements between semicolons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from local.redshift.errors import StatementSyntaxError


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted identifier"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    :param value: a word in lower case, an identifier or a string without its quotes, anything else as written.
    :param start: its first character's offset in the text. :param end: the offset behind it.
    """

    kind: Kind
    value: str
    start: int
    end: int

    def word(self, *choices: str) -> bool:
        """Whether it is one of these words, unquoted."""
        return self.kind is Kind.WORD and self.value in choices

    def symbol(self, *choices: str) -> bool:
        """Whether it is one of these symbols."""
        return self.kind is Kind.SYMBOL and self.value in choices


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<comment>/\*)
  | (?P<string>[eE]?'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<dollar>\$(?:[A-Za-z_]\w*)?\$)
  | (?P<parameter>\$\d+)
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_\#\u0080-\U0010ffff][\w$\#]*)
  | (?P<symbol>::|<=|>=|<>|!=|\|\||!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|[-+*/%^<>=~!@&|?:;,.()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def tokenize(text: str) -> list[Token]:
    """Return the tokens of `text`, comments left out; StatementSyntaxError where it cannot be read."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise StatementSyntaxError(_unreadable(text, place))
        name, start, place = match.lastgroup, place, match.end()
        raw = match.group()
        if name == "space":
            continue
        if name == "comment":
            place = _end_of_comment(text, place)
        elif name == "dollar":
            end = text.find(raw, place)
            if end < 0:
                raise StatementSyntaxError(f'unterminated dollar-quoted string at or near "{text[start:]}"')
            found.append(Token(Kind.STRING, text[place:end], start, end + len(raw)))
            place = end + len(raw)
        else:
            found.append(_token(str(name), raw, start, place))
    return found


def _token(name: str, raw: str, start: int, end: int) -> Token:
    if name == "string":
        body = raw[raw.index("'") + 1 : -1]
        return Token(Kind.STRING, _ESCAPE.sub(_unescape, body), start, end)
    if name == "quoted":
        return Token(Kind.QUOTED, raw[1:-1].replace('""', '"'), start, end)
    value = raw.lower() if name == "word" else raw
    return Token(Kind[name.upper()], value, start, end)


def _unescape(match: re.Match[str]) -> str:
    escaped = match.group(1)
    return "'" if escaped is None else _ESCAPED.get(escaped, escaped)


def _end_of_comment(text: str, place: int) -> int:
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(text, place)
        if edge is None:
            raise StatementSyntaxError("unterminated /* comment")
        depth += 1 if edge.group() == "/*" else -1
        place = edge.end()
    return place


def _unreadable(text: str, place: int) -> str:
    if text[place] in "'\"":
        return f'unterminated quoted string at or near "{text[place : place + 40]}"'
    return f'syntax error at or near "{text[place]}"'


@dataclass(frozen=True)
class Statement:
    """One statement: its text without the comments before it, and its tokens, whose places count within the text."""

    text: str
    tokens: tuple[Token, ...]

    def slice(self, first: int, behind: int) -> str:
        """Return the text of the tokens from `first` up to, not including, `behind`."""
        if first >= behind:
            return ""
        return self.text[self.tokens[first].start : self.tokens[behind - 1].end]


def split(text: str) -> list[Statement]:
    """Return the statements in `text`, empty ones left out."""
    statements: list[Statement] = []
    pending: list[Token] = []
    for token in tokenize(text):
        if token.symbol(";"):
            if pending:
                statements.append(_statement(text, pending))
            pending = []
        else:
            pending.append(token)
    if pending:
        statements.append(_statement(text, pending))
    return statements


def _statement(text: str, tokens: Sequence[Token]) -> Statement:
    start, end = tokens[0].start, tokens[-1].end
    moved = tuple(Token(t.kind, t.value, t.start - start, t.end - start) for t in tokens)
    return Statement(text[start:end], moved)
