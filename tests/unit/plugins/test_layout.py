"""Which keys a window's objects can have."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify.layout import Layout, LayoutError
from sparkify.window import Window

DAILY = Layout("log_data/%Y/%m/%Y-%m-%d-events.json")
HOURLY = Layout("logs/%Y/%m/%d/%H/part-*.json.gz")


def window(start: str, end: str) -> Window:
    return Window.parse(start, end)


def keys(layout: Layout, span: Window) -> list[str]:
    return [period.pattern.pattern.replace("\\", "") for period in layout.periods(span)]


def test_an_hour_reads_the_file_of_its_day() -> None:
    span = window("2018-11-12T07:00", "2018-11-12T08:00")
    assert keys(DAILY, span) == ["log_data/2018/11/2018-11-12-events.json"]


def test_a_window_that_ends_at_midnight_leaves_the_next_day_out() -> None:
    assert len(keys(DAILY, window("2018-11-01", "2018-12-01"))) == 30


def test_a_window_that_crosses_midnight_reads_both_days() -> None:
    assert len(keys(DAILY, window("2018-11-12T23:30", "2018-11-13T00:30"))) == 2


def test_an_hourly_layout_gives_a_period_an_hour() -> None:
    periods = list(HOURLY.periods(window("2018-11-12T22:00", "2018-11-13T01:00")))
    assert [period.prefix for period in periods] == [
        "logs/2018/11/12/22/",
        "logs/2018/11/12/23/",
        "logs/2018/11/13/00/",
    ]


def test_a_star_matches_any_file_of_the_period_but_no_folder_below_it() -> None:
    [period] = HOURLY.periods(window("2018-11-12T22:00", "2018-11-12T23:00"))
    assert period.pattern.fullmatch("logs/2018/11/12/22/part-0001.json.gz")
    assert not period.pattern.fullmatch("logs/2018/11/12/22/part-a/b.json.gz")
    assert not period.pattern.fullmatch("logs/2018/11/12/22/part-0001.json.gz.bak")


def test_a_dot_in_the_layout_is_a_dot_and_not_any_character() -> None:
    [period] = DAILY.periods(window("2018-11-12", "2018-11-13"))
    assert not period.pattern.fullmatch("log_data/2018/11/2018-11-12-eventsxjson")


@pytest.mark.parametrize(
    ("template", "reason"),
    [("log_data/%Y/%m.json", "lacks %d"), ("%Y/%m/%d/%M.json", "%M is not"), ("%Y%m%d%", "% is not")],
)
def test_a_layout_that_does_not_tell_the_period_is_refused(template: str, reason: str) -> None:
    with pytest.raises(LayoutError, match=reason):
        Layout(template)


@given(
    start=st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    minutes=st.integers(1, 5000),
    layout=st.sampled_from([DAILY, HOURLY]),
)
def test_the_periods_cover_the_window_without_gap_overlap_or_surplus(
    start: datetime, minutes: int, layout: Layout
) -> None:
    span = Window(start.replace(tzinfo=UTC), (start + timedelta(minutes=minutes)).replace(tzinfo=UTC))
    periods = [period.window for period in layout.periods(span)]
    assert periods[0].start <= span.start < periods[0].end
    assert periods[-1].start < span.end <= periods[-1].end
    assert all(before.end == after.start for before, after in pairwise(periods))
