"""How COPY and UNLOAD take their parameters: a table of readers, and the readers that both tables share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from local.redshift.copy.text_arguments import null_string, one_character, widths
from local.redshift.dialect.cursor import Cursor
from local.redshift.errors import RedshiftError, UnsupportedError


class Chosen(Protocol):
    """What a statement chooses. :ivar seen: the parameters' first words."""

    compression: str | None
    delimiter: str | None
    null: str | None
    widths: tuple[int, ...] | None
    seen: set[str]


Options = TypeVar("Options", bound=Chosen)
Reader = Callable[[Cursor, Chosen], None]


def read_each(cursor: Cursor, readers: Mapping[str, Callable[[Cursor, Options], None]], options: Options) -> Options:
    """Take the parameters up to the statement's end, in any order; each may come once."""
    while not cursor.done:
        token = cursor.peek()
        reader = readers.get(token.value) if token is not None and token.word(token.value) else None
        if token is None or reader is None:
            raise cursor.error()
        if token.value in options.seen:
            raise RedshiftError(f"stand-in: {token.value.upper()} is given twice", code="42601")
        options.seen.add(token.value)
        cursor.next()
        reader(cursor, options)
    return options


def flag(attribute: str) -> Reader:
    """A word that says all."""

    def read(_: Cursor, options: Chosen) -> None:
        setattr(options, attribute, True)

    return read


def as_string(attribute: str) -> Reader:
    """A word and a string."""

    def read(cursor: Cursor, options: Chosen) -> None:
        cursor.accept("as")
        setattr(options, attribute, cursor.string())

    return read


def compression(name: str) -> Reader:
    """A compression's name; there is one of a kind."""

    def read(_: Cursor, options: Chosen) -> None:
        if options.compression:
            raise RedshiftError(f"stand-in: both {options.compression} and {name}", code="42601")
        options.compression = name

    return read


def refused(reason: str) -> Reader:
    """A parameter that Redshift has and the stand-in has not."""

    def read(_: Cursor, __: Chosen) -> None:
        raise UnsupportedError(reason)

    return read


def delimiter(cursor: Cursor, options: Chosen) -> None:
    """Take DELIMITER's argument."""
    cursor.accept("as")
    options.delimiter = one_character(cursor, "DELIMITER")


def fixed_width(cursor: Cursor, options: Chosen) -> None:
    """Take FIXEDWIDTH's argument."""
    cursor.accept("as")
    options.widths = widths(cursor)


def null(cursor: Cursor, options: Chosen) -> None:
    """Take NULL's argument."""
    cursor.accept("as")
    options.null = null_string(cursor)
