"""The window that `./sparkify run` loads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from local.errors import StackError

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Window:
    """Half-open, in UTC: from `start`, and before `end`."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> int:
        """Whole hours in it."""
        return (self.end - self.start) // _HOUR

    @property
    def last_hour(self) -> datetime:
        """The start of its last hour."""
        return self.end - _HOUR

    def require_whole_hours(self) -> None:
        """Raise StackError unless both bounds are full hours."""
        for bound in (self.start, self.end):
            if (bound.minute, bound.second, bound.microsecond) != (0, 0, 0):
                raise StackError(f"{bound.isoformat()} is not a full hour", "--hourly loads whole hours only")


def between(start: str, end: str) -> Window:
    """Return the window from --from to --to; text without a zone is UTC. StackError for text that is no time."""
    window = Window(_utc("--from", start), _utc("--to", end))
    if window.start >= window.end:
        raise StackError(
            f"--from {start} is not before --to {end}", "the window is from the first to before the second"
        )
    return window


def over_days(first: date, last: date) -> Window:
    """Return the window over whole days, both included."""
    start = datetime.combine(first, time(), UTC)
    return Window(start, datetime.combine(last, time(), UTC) + timedelta(days=1))


def _utc(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise StackError(f"{option} {text} is not a time", "write it as 2018-11-01 or 2018-11-01T13:00:00Z") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
