"""Where a window's log objects lie in the source bucket."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow.sdk.exceptions import AirflowFailException

from sparkify.window import Window

_DIRECTIVES = {"%Y", "%m", "%d", "%H", "%%"}


class LayoutError(AirflowFailException):
    """A layout that does not tell which period an object holds."""


@dataclass(frozen=True)
class Period:
    """A day or an hour of the layout, and the pattern that its objects' keys match."""

    window: Window
    pattern: re.Pattern[str]
    prefix: str


@dataclass(frozen=True)
class Layout:
    """The keys of log objects by time, in strftime's terms: `log_data/%Y/%m/%Y-%m-%d-events.json`.

    With `%H` an object holds an hour, else a day. `*` stands for any characters but `/`, where a period
    has several objects. Keys are in UTC.
    """

    template: str

    def __post_init__(self) -> None:
        directives = set(re.findall(r"%.?", self.template))
        if unknown := directives - _DIRECTIVES:
            raise LayoutError(f"layout {self.template!r}: {', '.join(sorted(unknown))} is not %Y, %m, %d or %H")
        if missing := {"%Y", "%m", "%d"} - directives:
            raise LayoutError(f"layout {self.template!r} lacks {', '.join(sorted(missing))}: periods would mix")

    @property
    def granularity(self) -> timedelta:
        """What one object holds: a day or an hour."""
        return timedelta(hours=1) if "%H" in self.template else timedelta(days=1)

    def periods(self, window: Window) -> Iterator[Period]:
        """Yield every day or hour that overlaps the window, oldest first."""
        start = window.start.replace(minute=0, second=0, microsecond=0)
        if self.granularity == timedelta(days=1):
            start = start.replace(hour=0)
        while start < window.end:
            yield self._period(start)
            start += self.granularity

    def _period(self, start: datetime) -> Period:
        key = start.strftime(self.template)
        pattern = re.compile("[^/]*".join(re.escape(part) for part in key.split("*")))
        # Keys of one directory are listed together: a month of days costs one listing, not thirty.
        directory = key.split("*", 1)[0].rpartition("/")[0]
        return Period(Window(start, start + self.granularity), pattern, f"{directory}/" if directory else "")


def shared_directory(template: str) -> str:
    """Return the directory, without its last slash, that the objects of every period of a layout lie in; may be ''."""
    return re.split("[%*]", template, maxsplit=1)[0].rpartition("/")[0]
