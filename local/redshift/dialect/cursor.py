"""A place among a statement's tokens, for the hand-written grammars."""

from __future__ import annotations

from local.redshift.dialect.names import identifier, quote
from local.redshift.dialect.tokens import Kind, Statement, Token
from local.redshift.errors import StatementSyntaxError


class Cursor:
    """Reads a statement token by token.

    :param statement: the statement. :param place: the index of the token to read first.
    """

    def __init__(self, statement: Statement, place: int = 0) -> None:
        self.statement = statement
        self.place = place

    @property
    def done(self) -> bool:
        """Whether no token is left."""
        return self.place >= len(self.statement.tokens)

    def peek(self, ahead: int = 0) -> Token | None:
        """Return the token `ahead` places on, without taking it."""
        index = self.place + ahead
        return self.statement.tokens[index] if index < len(self.statement.tokens) else None

    def next(self) -> Token:
        """Take one token; StatementSyntaxError at the end."""
        token = self.peek()
        if token is None:
            raise StatementSyntaxError("syntax error at end of input")
        self.place += 1
        return token

    def accept(self, *words: str) -> bool:
        """Take these words if they come next, in this order."""
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token is None or not token.word(word):
                return False
        self.place += len(words)
        return True

    def accept_symbol(self, symbol: str) -> bool:
        """Take this symbol if it comes next."""
        token = self.peek()
        if token is None or not token.symbol(symbol):
            return False
        self.place += 1
        return True

    def expect(self, *words: str) -> None:
        """Take these words; StatementSyntaxError if something else comes."""
        for word in words:
            if not self.accept(word):
                raise self.error()

    def expect_symbol(self, symbol: str) -> None:
        """Take this symbol; StatementSyntaxError if something else comes."""
        if not self.accept_symbol(symbol):
            raise self.error()

    def string(self) -> str:
        """Take a string."""
        if (token := self.peek()) is None or token.kind is not Kind.STRING:
            raise self.error()
        return self.next().value

    def number(self) -> int:
        """Take a whole number, which may be negative."""
        negative = self.accept_symbol("-")
        token = self.peek()
        if token is None or token.kind is not Kind.NUMBER or not token.value.isdigit():
            raise self.error()
        self.place += 1
        return -int(token.value) if negative else int(token.value)

    def word(self) -> str:
        """Take any unquoted word."""
        if (token := self.peek()) is None or token.kind is not Kind.WORD:
            raise self.error()
        return self.next().value

    def name(self) -> str:
        """Take an identifier and return it folded, without quotes."""
        token = self.peek()
        if token is None or token.kind not in (Kind.WORD, Kind.QUOTED):
            raise self.error()
        self.place += 1
        return identifier(token)

    def qualified(self) -> tuple[str, ...]:
        """Take a name that may be qualified by a schema, and that by a database, and return its parts.

        PostgreSQL refuses a database that is not the session's.
        """
        parts = [self.name()]
        while self.accept_symbol("."):
            parts.append(self.name())
        if len(parts) > 3:
            raise StatementSyntaxError(f"improper qualified name (too many dotted names): {'.'.join(parts)}")
        return tuple(parts)

    def names(self) -> list[str]:
        """Take names in brackets."""
        self.expect_symbol("(")
        found = [self.name()]
        while self.accept_symbol(","):
            found.append(self.name())
        self.expect_symbol(")")
        return found

    def bracketed(self) -> tuple[int, int]:
        """Take a bracketed stretch; return the token indexes of what is inside it."""
        self.expect_symbol("(")
        start, depth = self.place, 1
        while depth:
            token = self.next()
            depth += token.symbol("(", "[") - token.symbol(")", "]")
        return start, self.place - 1

    def until(self, *stops: str) -> str:
        """Take an expression: everything up to one of these words or symbols, or a closing bracket, outside brackets.

        Raises StatementSyntaxError if it is empty.
        """
        start, depth = self.place, 0
        while (token := self.peek()) is not None:
            if depth == 0 and token.symbol(")", *stops):
                break
            if depth == 0 and token.word(*stops):
                break
            depth += (token.symbol("(") or token.word("case")) - (token.symbol(")") or token.word("end"))
            self.place += 1
        if self.place == start:
            raise self.error()
        return self.statement.slice(start, self.place)

    def finish(self) -> None:
        """Raise StatementSyntaxError unless everything is read."""
        if not self.done:
            raise self.error()

    def error(self) -> StatementSyntaxError:
        """Return the syntax error for the next token."""
        token = self.peek()
        if token is None:
            return StatementSyntaxError("syntax error at end of input")
        near = self.statement.text[token.start : token.end]
        return StatementSyntaxError(f'syntax error at or near "{near}"')


def sql_name(parts: tuple[str, ...]) -> str:
    """Return a qualified name, quoted for PostgreSQL."""
    return ".".join(quote(part) for part in parts)
