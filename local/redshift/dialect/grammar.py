"""sqlglot's Redshift grammar, without its function catalogue.

sqlglot reads many functions into nodes that forget which function was written (EXTRACT and DATE_PART, GETDATE and
SYSDATE) or that PostgreSQL's generator writes with another meaning. Here every function stays what was
written, and `functions.py` says what becomes of it.
"""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokens import Token

from local.redshift.dialect.tokens import Kind, tokenize
from local.redshift.errors import UnsupportedError

_KEPT_PARSERS = ("CAST", "EXTRACT", "SUBSTRING", "TRIM", "POSITION", "CONVERT")


def _approximate(parser: RedshiftParser) -> exp.Expr | None:
    """Read APPROXIMATE COUNT(DISTINCT x) as the exact count (r_COUNT)."""
    function = parser._parse_function()
    counts = isinstance(function, exp.Anonymous) and str(function.this).lower() == "count"
    if counts and function is not None and function.find(exp.Distinct):
        return function
    raise UnsupportedError("APPROXIMATE is supported with COUNT(DISTINCT …) only")


class Grammar(Redshift):
    """The dialect that statements are read in."""

    class Tokenizer(Redshift.Tokenizer):
        """Redshift's tokens; E'…' is a string like any other, for in every string backslashes escape."""

        BYTE_STRINGS: ClassVar[list] = []
        QUOTES: ClassVar[list] = ["'", ("e'", "'"), ("E'", "'")]

        def tokenize(self, sql: str) -> list[Token]:
            """Return sqlglot's tokens, which would take `$1,$` for the start of a dollar-quoted string."""
            places = [token.end for token in tokenize(sql) if token.kind is Kind.PARAMETER] if "$" in sql else []
            for place in reversed(places):
                sql = f"{sql[:place]} {sql[place:]}"
            return super().tokenize(sql)

    class Parser(RedshiftParser):
        """Redshift's parser, with every ordinary function left as it was written."""

        FUNCTIONS: ClassVar[dict] = {}
        FUNCTION_PARSERS: ClassVar[dict] = {
            name: parser for name, parser in RedshiftParser.FUNCTION_PARSERS.items() if name in _KEPT_PARSERS
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict] = {
            **{
                name: parser
                for name, parser in RedshiftParser.NO_PAREN_FUNCTION_PARSERS.items()
                if name in ("CASE", "ANY")
            },
            "SYSDATE": lambda self: self.expression(exp.Anonymous(this="sysdate")),
            "APPROXIMATE": _approximate,
        }
