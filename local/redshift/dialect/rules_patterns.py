"""Regular expressions: only patterns that POSIX and PostgreSQL read alike (pattern-matching-conditions-posix)."""

from __future__ import annotations

import re

from sqlglot import exp

from local.redshift.dialect.building import call, cast, text
from local.redshift.errors import UnsupportedError

# What PostgreSQL's advanced expressions have beyond POSIX's, or read otherwise: groups with a question mark,
# quantifiers that are not greedy, directors, back references and escapes other than of the classes d, w and s.
_OTHERWISE = re.compile(r"\(\?|[*+?}]\?|^\*\*\*|\\(?![dwsDWS])[0-9A-Za-z]|\[\[:[<>]:\]\]|\[\^?[^\]]*\\")


def pattern(node: exp.Expr) -> exp.Expr:
    """Return a pattern that means the same to PostgreSQL; it must be a string that is written out."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise UnsupportedError("a regular expression must be a string literal")
    if found := _OTHERWISE.search(node.name):
        raise UnsupportedError(f"{found.group()} in a regular expression is not supported")
    return node


def matches(node: exp.Expr) -> exp.Expr:
    """`~`, and `!~`, which the grammar reads as its negation."""
    pattern(node.expression)
    return node


def _flags(args: list[exp.Expr], place: int, known: str) -> str:
    """Return PostgreSQL's flags for the parameters at `place` of the arguments."""
    if len(args) <= place:
        return "c"
    given = args[place]
    if not isinstance(given, exp.Literal) or not given.is_string:
        raise UnsupportedError("the parameters of a regular expression must be a string literal")
    if "p" in given.name:
        raise UnsupportedError("Perl compatible regular expressions are not supported")
    if unknown := set(given.name) - set(known):
        raise UnsupportedError(f"the parameters {sorted(unknown)} of a regular expression are not supported")
    return "i" if "i" in given.name else "c"


def _position(args: list[exp.Expr], place: int) -> exp.Expr:
    """Below 1 means the first character."""
    if len(args) <= place:
        return exp.Literal.number(1)
    return call("greatest", cast(args[place], "integer"), exp.Literal.number(1))


def regexp_count(args: list[exp.Expr]) -> exp.Expr:
    """REGEXP_COUNT(source, pattern [, position [, parameters]])."""
    return call("regexp_count", args[0], pattern(args[1]), _position(args, 2), text(_flags(args, 3, "ci")))


def _found(function: str, args: list[exp.Expr], place: int, *between: exp.Expr) -> exp.Expr:
    """Call what looks for one occurrence of a pattern, its first group's if the parameters say so.

    :param place: of the parameters. :param between: what the function takes after the occurrence.
    """
    flags = _flags(args, place, "cie")
    first_group = len(args) > place and "e" in args[place].name and "(" in args[1].name
    return call(
        function,
        args[0],
        pattern(args[1]),
        _position(args, 2),
        args[3] if len(args) > 3 else exp.Literal.number(1),
        *between,
        text(flags),
        exp.Literal.number(int(first_group)),
    )


def regexp_substr(args: list[exp.Expr]) -> exp.Expr:
    """REGEXP_SUBSTR(source, pattern [, position [, occurrence [, parameters]]]): '' where nothing matches."""
    return _found("redshift_regexp_substr", args, 4)


def regexp_instr(args: list[exp.Expr]) -> exp.Expr:
    """REGEXP_INSTR(source, pattern [, position [, occurrence [, option [, parameters]]]])."""
    option = args[4] if len(args) > 4 else exp.Literal.number(0)
    return _found("redshift_regexp_instr", args, 5, option)


def regexp_replace(args: list[exp.Expr]) -> exp.Expr:
    """REGEXP_REPLACE(source, pattern [, replacement [, position [, parameters]]]): every match is replaced."""
    replacement = args[2] if len(args) > 2 else text("")
    if not isinstance(replacement, exp.Literal) or not replacement.is_string:
        raise UnsupportedError("the replacement of a regular expression must be a string literal")
    if set(replacement.name) & set("\\$"):
        raise UnsupportedError("back references and escapes in a replacement are not supported")
    flags = _flags(args, 4, "ci")
    # PostgreSQL replaces the first match unless it is told the zeroth, which is all of them.
    return call("redshift_regexp_replace", args[0], pattern(args[1]), replacement, _position(args, 3), text(flags))
