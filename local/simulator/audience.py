"""The users: who they are, how many, and who starts the next session."""

from __future__ import annotations

from math import isqrt

from local.simulator import words
from local.simulator.chance import Draws
from local.simulator.lines import Listener, as_logged
from local.simulator.visits import User

_DAY = 86_400
_LONG_VISIT = 8  # events; those who pay stay longer


class Audience:
    """A population that grows slower than the events asked for, so that memory stays small.

    The public sample's 8,056 events come from 97 users; a million come from about 3,600.

    :param start: the first day's midnight, in epoch seconds; everybody registered in the fortnight before.
    :param milliseconds: the milliseconds that all times of a run share, as in the sample.
    """

    def __init__(self, events: int, start: int, milliseconds: int, seed: int) -> None:
        self._draws = Draws(seed, "audience")
        self._start = start
        self._milliseconds = milliseconds
        # 97 times the three-quarter power of events / 8056, by whole numbers only.
        size = max(1, 97 * isqrt(events * isqrt(events * 10**8)) // (850 * 10**2))
        self.users: list[User] = []
        for rank in range(size):
            self._join(0.6 if rank < size * 0.15 else 0.08)

    def next_user(self, second: int, length: int, draws: Draws) -> User:
        """Return a user who has no session open at `second`, one who pays more likely if the session is long."""
        for attempt in range(8):
            user = self.users[draws.favourite(len(self.users))]
            if user.busy_until < second and (length <= _LONG_VISIT or user.level == "paid" or attempt > 1):
                return user
        for user in self.users:
            if user.busy_until < second:
                return user
        return self._join(0.08)

    def _join(self, paid: float) -> User:
        draws = self._draws
        woman = draws.chance(0.55)
        registered = self._start - 1 - draws.below(14 * _DAY)
        listener = Listener(
            user_id=len(self.users) + 2,
            first_name=as_logged(draws.pick(words.WOMEN if woman else words.MEN)),
            last_name=as_logged(draws.pick(words.FAMILIES)),
            gender="F" if woman else "M",
            location=draws.pick(words.LOCATIONS),
            registration=registered * 1000 + self._milliseconds,
            user_agent=words.user_agent(draws),
        )
        self.users.append(User(listener, "paid" if draws.chance(paid) else "free"))
        return self.users[-1]
