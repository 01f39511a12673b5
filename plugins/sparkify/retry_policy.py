"""When Airflow tries a failed task again, and when it gives up at once."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow.sdk import Context, RetryDecision, RetryPolicy

from sparkify.failures import is_permanent


@dataclass(frozen=True)
class WarehouseRetryPolicy(RetryPolicy):
    """Give up on what a retry cannot mend; wait longer each time for the rest, and no two tasks equally long.

    By default 10 s, 40 s, 160 s, then ten minutes each: conflicts are gone at once, maintenance takes half an hour.
    Each wait is drawn between half and one and a half times that: what failed together must not come back together.

    :ivar first: seconds before the second try.
    :ivar factor: by which each further wait is longer.
    :ivar longest: seconds that no wait exceeds, before the draw.
    """

    first: float = 10.0
    factor: float = 4.0
    longest: float = 600.0

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Decide; Airflow calls this in the task's process, and never for AirflowFailException.

        Tries count on after a clear, and the waits begin anew: it gives the task as many further retries.
        """
        if is_permanent(exception):
            return RetryDecision.fail(f"{type(exception).__name__}: another try would meet it again")
        retries = (context["task"].retries or 0) if context else max_tries
        since_clear = try_number - max(max_tries - retries, 0)
        seconds = min(self.first * self.factor ** (since_clear - 1), self.longest) * random.uniform(0.5, 1.5)  # noqa: S311
        return RetryDecision.retry(timedelta(seconds=seconds), f"{type(exception).__name__} may be gone by then")

    def serialize(self) -> dict[str, Any]:
        """The policy as plain values."""
        return {"first": self.first, "factor": self.factor, "longest": self.longest}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "WarehouseRetryPolicy":
        """The policy from what :meth:`serialize` gave."""
        return cls(**data)
