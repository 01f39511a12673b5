"""Another try within seconds, in the task itself, for what is gone at once: a conflict, a lost connection."""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sparkify.failures import WarehouseError

if TYPE_CHECKING:
    from airflow.sdk.types import Logger

T = TypeVar("T")
# Seconds at most before each further try; the wait is drawn from zero up, so that those who met part.
WAITS = (0.5, 2.0)


def retrying(work: Callable[[], T], *, log: "Logger", wanted: Callable[[], bool] = lambda: True) -> T:
    """Do the work, and up to twice again from its beginning where it failed in a way that is worth it.

    Airflow's own retries come after these, and wait longer. Those start a process; these do not.

    :param work: must be idempotent, also when its commit succeeded and the answer was lost.
    :param wanted: asked before each further try; False once somebody wants the task to end.
    :raises WarehouseError: the last try's error.
    """
    for number, wait in enumerate(WAITS, 1):
        try:
            return work()
        except WarehouseError as error:
            if not (error.soon and wanted()):
                raise
            pause = random.uniform(0, wait)  # noqa: S311  (no secret)
            log.warning("Try %s failed, again in %.1f s: %s", number, pause, error)
            time.sleep(pause)
    return work()
