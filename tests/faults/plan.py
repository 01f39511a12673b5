"""Which faults come when: drawn from a seed, so that a plan that found something can be had again."""

import random
from dataclasses import dataclass

KINDS = (
    "task killed",
    "task's supervisor killed",
    "backend ended",
    "backend killed",
    "stand-in killed",
    "PostgreSQL killed",
    "S3 killed",
    "scheduler killed, its tasks go on",
    "scheduler killed with its tasks",
    "DAG processor killed",
    "warehouse refuses connections",
    "S3 refuses connections",
    "cut in COPY",
    "cut before COMMIT",
    "cut after COMMIT",
    "S3 answers 500",
    "S3 answers SlowDown",
    "S3 resets",
    "S3 cuts bodies short",
    "S3 hides new objects",
)
# So that a fault meets a stack that has come to itself, and one that has not.
_PAUSE_SECONDS = (0.2, 3.0)


@dataclass(frozen=True)
class Fault:
    """One fault of a plan.

    :ivar pause: seconds to wait before it. :ivar seed: of what else is drawn for it: who is hit, how long, how often.
    """

    number: int
    kind: str
    pause: float
    seed: int

    def chance(self) -> random.Random:
        """Return the source of what is drawn for this fault; the same at each call."""
        return random.Random(self.seed)  # noqa: S311

    def __str__(self) -> str:
        return f"{self.number}. {self.kind} ({self.pause:.1f} s later)"


def plan(seed: int, count: int, kinds: tuple[str, ...] = KINDS) -> list[Fault]:
    """Return `count` faults in random order; every kind comes about equally often."""
    chance = random.Random(seed)  # noqa: S311
    drawn: list[str] = []
    while len(drawn) < count:
        drawn += chance.sample(kinds, len(kinds))
    return [
        Fault(number, kind, chance.uniform(*_PAUSE_SECONDS), chance.getrandbits(32))
        for number, kind in enumerate(drawn[:count], 1)
    ]
