"""Draws that give the same values on every Python and platform.

Only `random.Random.random` is used, whose sequence Python promises to keep, and arithmetic that IEEE 754 rounds
exactly: `choice`, `sample` and `gauss` may change between versions, and `log` and `pow` differ between C libraries.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draws:
    """A stream of draws named by a seed and a path; streams with different names do not disturb one another."""

    __slots__ = ("unit",)

    def __init__(self, *name: int | str) -> None:
        digest = hashlib.sha256("/".join(map(str, name)).encode()).digest()
        self.unit = random.Random(int.from_bytes(digest)).random  # noqa: S311 - invented data, no secret

    def below(self, bound: int) -> int:
        """Return a whole number in [0, bound)."""
        return int(self.unit() * bound)

    def favourite(self, bound: int) -> int:
        """Return a whole number in [0, bound), the low ones far more often, as listening is distributed."""
        unit = self.unit()
        return int(unit * unit * bound)

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of `items`."""
        return items[int(self.unit() * len(items))]

    def chance(self, share: float) -> bool:
        """Return True in `share` of the calls."""
        return self.unit() < share

    def letters(self, count: int, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ") -> str:
        """Return `count` characters of `alphabet`."""
        return "".join([self.pick(alphabet) for _ in range(count)])


class Weighted:
    """Chooses among outcomes by weight."""

    __slots__ = ("_bounds", "_outcomes", "_total")

    def __init__(self, weights: dict[str, int]) -> None:
        self._outcomes = tuple(weights)
        self._bounds: list[int] = []
        self._total = 0
        for weight in weights.values():
            self._total += weight
            self._bounds.append(self._total)

    def draw(self, draws: Draws) -> str:
        """Return one outcome."""
        return self._outcomes[bisect_right(self._bounds, int(draws.unit() * self._total))]


class Spread:
    """A distribution given by a few of its quantiles, straight lines between them."""

    __slots__ = ("_shares", "_values")

    def __init__(self, quantiles: dict[float, float]) -> None:
        self._shares = tuple(quantiles)
        self._values = tuple(quantiles.values())

    def draw(self, draws: Draws) -> float:
        """Return one value."""
        share = draws.unit()
        right = bisect_right(self._shares, share)
        left = right - 1
        along = (share - self._shares[left]) / (self._shares[right] - self._shares[left])
        return self._values[left] + along * (self._values[right] - self._values[left])
