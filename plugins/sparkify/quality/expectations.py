"""What a check expects of what it measures, in the vocabulary of Airflow's own check operators."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sparkify.quality.errors import CheckDefinitionError
from sparkify.quality.fragments import Fragment, joined

_COMPARATORS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "equal_to": ("=", operator.eq),
    "greater_than": (">", operator.gt),
    "geq_to": (">=", operator.ge),
    "less_than": ("<", operator.lt),
    "leq_to": ("<=", operator.le),
}
COMPARATORS = tuple(_COMPARATORS)
TOLERANCE = "tolerance"
_LOWER, _UPPER = ("greater_than", "geq_to"), ("less_than", "leq_to")


@dataclass(frozen=True)
class Expectation:
    """Comparators with their bounds, all of which must hold; a tolerance has widened the bounds already."""

    bounds: tuple[tuple[str, Any], ...]

    @classmethod
    def parse(cls, place: str, declared: Mapping[str, Any], default: Mapping[str, Any] | None = None) -> "Expectation":
        """Read it from a check's declaration.

        :param place: the check's name, for errors.
        :param default: what is expected where nothing is declared.
        :raises CheckDefinitionError: if nothing is expected, a bound is no number, text or time, or bounds contradict.
        """
        chosen = {how: declared[how] for how in COMPARATORS if how in declared} or dict(default or {})
        if not chosen:
            raise CheckDefinitionError(f"{place} expects nothing: give one of {', '.join(COMPARATORS)}")
        bounds = {how: _bound(place, how, value) for how, value in chosen.items()}
        if "equal_to" in bounds and len(bounds) > 1:
            raise CheckDefinitionError(f"{place}: equal_to stands alone: for a range give geq_to and leq_to")
        for pair in (_LOWER, _UPPER):
            if all(how in bounds for how in pair):
                raise CheckDefinitionError(f"{place}: give one of {' and '.join(pair)}, not both")
        if TOLERANCE in declared:
            bounds = _widened(place, bounds, declared[TOLERANCE])
        lower, upper = ([how for how in pair if how in bounds] for pair in (_LOWER, _UPPER))
        if lower and upper:
            strict = (lower[0], upper[0]) != ("geq_to", "leq_to")
            kinds = _kind(bounds[lower[0]]), _kind(bounds[upper[0]])
            if (
                kinds[0] != kinds[1]
                or bounds[lower[0]] > bounds[upper[0]]
                or (strict and len(set(bounds.values())) == 1)
            ):
                raise CheckDefinitionError(f"{place}: nothing is {cls(tuple(bounds.items()))}: correct the bounds")
        return cls(tuple(bounds.items()))

    def met_by(self, place: str, found: Any) -> bool:
        """Compare; what is null meets nothing.

        :raises CheckDefinitionError: if what was found and what is expected are of kinds that cannot be compared.
        """
        if found is None:
            return False
        value = datetime(found.year, found.month, found.day) if type(found) is date else found
        for _, bound in self.bounds:
            if _kind(bound) != _kind(value):
                raise CheckDefinitionError(
                    f"{place}: found {found!r}, which cannot be compared with {bound!r}: declare a {_kind(value)}"
                )
        return all(_COMPARATORS[how][1](value, bound) for how, bound in self.bounds)

    def predicate(self, expression: str) -> Fragment:
        """Return the predicate that a value meets it."""
        return joined(
            " and ", (Fragment(f"{expression} {_COMPARATORS[how][0]} %s", (bound,)) for how, bound in self.bounds)
        )

    def __str__(self) -> str:
        return " and ".join(f"{_COMPARATORS[how][0]} {bound}" for how, bound in self.bounds)


def _bound(place: str, how: str, value: Any) -> Any:
    if isinstance(value, bool) and how != "equal_to":
        raise CheckDefinitionError(f"{place}: {how} takes a number, a text or a time, not {value!r}")
    if type(value) is date:
        return datetime(value.year, value.month, value.day)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, int | float | str):
        return value
    raise CheckDefinitionError(f"{place}: {how} takes a number, a text or a time, not {value!r}")


def _widened(place: str, bounds: Mapping[str, Any], tolerance: Any) -> dict[str, Any]:
    """Widen by a fraction of each bound, outwards, as Airflow's operators do; what is equal becomes a range."""
    if _kind(tolerance) != "number" or tolerance < 0:
        raise CheckDefinitionError(f"{place}: tolerance is a fraction of the bound, 0.1 say, not {tolerance!r}")
    if any(_kind(bound) != "number" for bound in bounds.values()):
        raise CheckDefinitionError(f"{place}: a tolerance needs bounds that are numbers")
    if "equal_to" in bounds:
        bounds = {"geq_to": bounds["equal_to"], "leq_to": bounds["equal_to"]}
    return {
        how: bound - abs(bound) * tolerance if how in _LOWER else bound + abs(bound) * tolerance
        for how, bound in bounds.items()
    }


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth value"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, datetime):
        return "time"
    return "text" if isinstance(value, str) else type(value).__name__
