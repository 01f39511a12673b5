"""Answers that are worked out once for everybody who asks within a few seconds."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sparkify.page.problems import PageProblem


class Answers:
    """Works out answers in a few threads of its own, each once at a time, and keeps each for some seconds.

    Ten open tabs so ask the warehouse once, and however slow it is, Airflow's own threads stay free. Failures are kept
    like answers. Belongs to one event loop.

    :param threads: how many are worked out at a time; each takes a connection to the warehouse.
    :param keep_seconds: for how long an answer is given again, counted from when it was there.
    :param wait_seconds: how long somebody waits for one; the work goes on.
    :param most: how many answers are kept or being worked out; a further question is refused.
    """

    def __init__(self, *, threads: int = 4, keep_seconds: float = 5, wait_seconds: float = 20, most: int = 64) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sparkify-page")
        self._keep_seconds, self._wait_seconds, self._most = keep_seconds, wait_seconds, most
        self._known: dict[Hashable, asyncio.Future[Any]] = {}

    async def get(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """Return what `work` returns for `key`, or has returned just now.

        :raises PageProblem: if it takes too long, or too much is being asked.
        """
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= self._most:
                raise PageProblem("busy", "Too much is being asked at once.", "Try again in a few seconds.")
            loop = asyncio.get_running_loop()
            known = self._known[key] = loop.run_in_executor(self._pool, work)
            known.add_done_callback(lambda done: self._forget_later(key, done))
        try:
            # Shielded: others wait for the same.
            return await asyncio.wait_for(asyncio.shield(known), self._wait_seconds)
        except TimeoutError:
            raise PageProblem(
                "slow",
                "The warehouse has not answered in time.",
                "See that the api-server reaches it, and with IAM logins AWS's API, too; look at its load; try again.",
            ) from None

    def _forget_later(self, key: Hashable, done: "asyncio.Future[Any]") -> None:
        if not done.cancelled():
            done.exception()  # marks it as seen, also when everybody has stopped waiting
        done.get_loop().call_later(self._keep_seconds, self._known.pop, key, None)
