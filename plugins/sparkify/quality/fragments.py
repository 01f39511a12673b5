"""Pieces of a statement with their parameters, and the span of rows that a check is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

from sparkify.identifiers import column_names
from sparkify.window import Window


@dataclass(frozen=True)
class Fragment:
    """SQL text, and the parameters of its `%s` in their order."""

    text: str
    parameters: tuple[Any, ...] = ()


def compose(template: str, **parts: Fragment | str) -> Fragment:
    """Fill a template's named fields, collecting the parameters in the order in which the text has them."""
    text: list[str] = []
    parameters: list[Any] = []
    for literal, field, _, _ in Formatter().parse(template):
        text.append(literal)
        if field is not None:
            part = parts[field]
            text.append(part if isinstance(part, str) else part.text)
            parameters += () if isinstance(part, str) else part.parameters
    return Fragment("".join(text), tuple(parameters))


def joined(separator: str, parts: Iterable[Fragment]) -> Fragment:
    """Put fragments side by side."""
    listed = list(parts)
    return Fragment(separator.join(part.text for part in listed), tuple(p for part in listed for p in part.parameters))


def where(conditions: Sequence[Fragment]) -> Fragment:
    """Return a WHERE on a line of its own that demands all of the conditions; nothing if there is none."""
    if not conditions:
        return Fragment("")
    return compose("\nwhere {all}", all=joined("\n    and ", conditions))


@dataclass(frozen=True)
class Scope:
    """What of the tables a run's checks read.

    :ivar window: the run's own window; None where the run is about whole tables.
    :ivar unsettled: spans of time that another run is replacing or has replaced, which are left out.
    :ivar against: the table in comparisons with which alone they are left out; None: they are in all that is read.
    """

    window: Window | None = None
    unsettled: tuple[Window, ...] = ()
    against: str | None = None

    def compared_with(self, relation: str | None) -> "Scope":
        """Return what is read where rows are compared with a table; None: where they are looked at by themselves."""
        return self if self.against in (None, relation) else replace(self, unsettled=())

    def conditions(self, column: str, alias: str = "", *, windowed: bool = True) -> list[Fragment]:
        """Return the predicates that a TIMESTAMP column lies in the scope.

        :param windowed: whether the window bounds it, too, and not only what is unsettled.
        """
        [name] = column_names([column])
        qualified = f"{alias}.{name}" if alias else name
        within = f"{qualified} >= %s and {qualified} < %s"
        found = [Fragment(within, self.window.bounds)] if windowed and self.window else []
        return found + [Fragment(f"not ({within})", span.bounds) for span in self.unsettled]
