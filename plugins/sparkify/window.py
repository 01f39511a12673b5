"""The half-open span of event time that one run loads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowFailException

from sparkify.identifiers import column_names

# Whoever names another year has mistyped it; and what lies far from today cannot be reckoned with at all.
FIRST_YEAR, LAST_YEAR = 1970, 2200
_FIRST, _LAST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)


class WindowError(AirflowFailException):
    """The run's window cannot be told, or is empty."""


class _Run(Protocol):
    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime


def parse_utc(text: str) -> datetime:
    """Read an ISO 8601 date or time; without a zone it is UTC.

    :raises WindowError: if it is neither.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError as error:
        raise WindowError(f"{text!r} is not a time: use ISO 8601, 2018-11-12T07:00:00Z say") from error
    except OverflowError as error:
        raise WindowError(f"{text!r} is, in UTC, in no year that can be told: correct its year") from error


@dataclass(frozen=True)
class Window:
    """`[start, end)`, both in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise WindowError(f"the window {self} holds no time: its end must lie after its start")

    @classmethod
    def parse(cls, start: str, end: str) -> "Window":
        """Read both bounds, as templates render them.

        :raises WindowError: if one is no time or far from today, or the end is not after the start.
        """
        return cls(_read("start", start), _read("end", end)).near()

    @classmethod
    def of_bounds(cls, start: datetime, end: datetime) -> "Window":
        """Return the window of :attr:`bounds`, as Redshift gives them."""
        return cls(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Both bounds without a zone, as a Redshift TIMESTAMP holds them."""
        return self.start.replace(tzinfo=None), self.end.replace(tzinfo=None)

    def within(self, other: "Window") -> "Window":
        """The part of this window that lies in `other`.

        :raises WindowError: if they have no time in common.
        """
        return Window(max(self.start, other.start), min(self.end, other.end))

    def near(self) -> "Window":
        """Return the window, if it lies in years that somebody can have meant.

        :raises WindowError: if one of its bounds does not.
        """
        for name, moment in (("start", self.start), ("end", self.end)):
            if not _FIRST <= moment <= _LAST:
                raise WindowError(
                    f"`{name}` {moment:%Y-%m-%dT%H:%M:%SZ} is not in the years {FIRST_YEAR} to {LAST_YEAR}: "
                    "correct its year"
                )
        return self

    def __str__(self) -> str:
        return f"[{self.start:%Y-%m-%dT%H:%M:%SZ}, {self.end:%Y-%m-%dT%H:%M:%SZ})"


def _read(name: str, text: str) -> datetime:
    try:
        return parse_utc(text)
    except WindowError as error:
        raise WindowError(f"`{name}` {error}") from error


def within_bounds(column: str) -> str:
    """Return the predicate that a row lies in a window; its parameters are :attr:`Window.bounds`.

    :raises UnsafeSqlTextError: if `column` is no identifier.
    """
    [name] = column_names([column])
    return f"{name} >= %s and {name} < %s"


def resolve_window(dag_run: _Run, params: Mapping[str, Any]) -> Window:
    """Tell the window of a run; the only place that decides it.

    In this order: the trigger form's `start` and `end`; the run's data interval; with a null logical date
    (a run from the API, an asset event) the last whole hour before `run_after`. Never the clock: a retry,
    or a clear a month later, must load the same hours.

    :param dag_run: the run, of any kind: scheduled, backfill, manual, asset-triggered.
    :param params: the DAG's params, with the form's values in `start` and `end`, or None.
    :raises WindowError: if one of `start` and `end` stands alone, is no time, they are in the wrong order,
        or the window does not lie in the years FIRST_YEAR to LAST_YEAR.
    """
    start, end = params.get("start"), params.get("end")
    if bool(start) != bool(end):
        given, missing = ("start", "end") if start else ("end", "start")
        raise WindowError(f"the form gives `{given}` but not `{missing}`: fill in both, or neither")
    if start and end:
        return Window.parse(str(start), str(end))
    if dag_run.data_interval_start and dag_run.data_interval_end:
        return Window(dag_run.data_interval_start.astimezone(UTC), dag_run.data_interval_end.astimezone(UTC)).near()
    if dag_run.logical_date is None:
        last_hour = dag_run.run_after.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Window(last_hour - timedelta(hours=1), last_hour).near()
    raise WindowError("the run has a logical date but no data interval: trigger it with `start` and `end`")
