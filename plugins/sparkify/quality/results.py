"""Checks, and what they found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from sparkify.quality.expectations import Expectation
from sparkify.quality.measures import Measure
from sparkify.window import Window

SEVERITIES = ("fail", "warn")


@dataclass(frozen=True)
class Freshness:
    """How many hours before the end of the run's window the newest row lies."""

    column: str


@dataclass(frozen=True)
class CustomSql:
    """A query's one value.

    :ivar sql: the query.
    :ivar rows: a query of the rows to blame, where the value is their number; else None.
    """

    sql: str
    rows: str | None


@dataclass(frozen=True)
class Check:
    """One check.

    :ivar name: table, column if any, and kind or own name: `songplays.level.accepted_values`.
    :ivar kind: the word by which it was declared.
    :ivar severity: `fail` or `warn`.
    :ivar remedy: what a person is to do about a failure.
    """

    name: str
    table: str
    column: str | None
    kind: str
    severity: str
    remedy: str
    expectation: Expectation
    measure: Measure | Freshness | CustomSql


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    :ivar observed: a value, or words.
    :ivar passed: also true where the check was not asked.
    :ivar not_asked: why the check was not asked, or None.
    :ivar samples: keys of rows that are not as expected, at most five.
    """

    check: Check
    expected: str
    observed: Any
    passed: bool
    not_asked: str | None = None
    samples: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Not passed, and severe enough to end the run."""
        return not self.passed and self.check.severity == "fail"

    @property
    def warned(self) -> bool:
        """Not passed, but only worth a warning."""
        return not self.passed and self.check.severity == "warn"

    @property
    def found(self) -> str:
        """What was found, in words."""
        if self.not_asked:
            return f"not asked: {self.not_asked}"
        return "null" if self.observed is None else str(self.observed)

    def __str__(self) -> str:
        rows = f"; rows {', '.join(self.samples)}" if self.samples else ""
        return f"{self.check.name}: expected {self.expected}, found {self.found}{rows}"


class DataQualityError(AirflowFailException):
    """Checks of severity `fail` that did not pass, all of them; not retried: the data will not change by itself.

    :ivar failures: the results.
    """

    def __init__(self, failures: Sequence[CheckResult], window: Window | None) -> None:
        self.failures = tuple(failures)
        lines = "\n".join(
            f"  {result}\n    table {result.check.table}"
            f"{f', column {result.check.column}' if result.check.column else ''}"
            f", window {window or 'none: the whole table'}. To do: {result.check.remedy}"
            for result in failures
        )
        super().__init__(
            f"{len(failures)} data quality check(s) failed for {window or 'the whole warehouse'}:\n{lines}\n"
            "What follows has not run. Every result is in quality_results and in this task's XCom `quality`; "
            "mend the cause, then clear the run: another try of this task alone would find the same."
        )
