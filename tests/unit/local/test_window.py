"""The window that `run` loads."""

from datetime import UTC, date, datetime

import pytest

from local import window
from local.errors import StackError


def test_times_without_a_zone_are_utc_and_others_become_it() -> None:
    found = window.between("2018-11-01", "2018-11-02T02:00+02:00")
    assert (found.start, found.end) == (datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 11, 2, tzinfo=UTC))
    assert found.hours == 24
    assert found.last_hour == datetime(2018, 11, 1, 23, tzinfo=UTC)


def test_a_window_over_days_ends_after_the_last() -> None:
    found = window.over_days(date(2018, 11, 1), date(2018, 11, 30))
    assert found.end == datetime(2018, 12, 1, tzinfo=UTC)
    assert found.hours == 720


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("yesterday", "2018-11-02", "--from yesterday is not a time"),
        ("2018-11-01", "2018-11-31", "--to 2018-11-31 is not a time"),
        ("2018-11-02", "2018-11-02", "is not before"),
        ("2018-11-03", "2018-11-02", "is not before"),
    ],
)
def test_a_window_that_is_none_is_refused(start: str, end: str, said: str) -> None:
    with pytest.raises(StackError, match=said):
        window.between(start, end)


@pytest.mark.parametrize("start", ["2018-11-01T00:30", "2018-11-01T00:00:01", "2018-11-01T00:00:00.5"])
def test_hourly_loads_only_whole_hours(start: str) -> None:
    with pytest.raises(StackError, match="is not a full hour"):
        window.between(start, "2018-11-02").require_whole_hours()
