"""The window: form, data interval, last whole hour; never the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sparkify.window import WindowError, parse_utc, resolve_window

SEVEN = datetime(2018, 11, 12, 7, tzinfo=UTC)
EMPTY_FORM = {"start": None, "end": None}


@dataclass
class Run:
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    run_after: datetime = SEVEN + timedelta(minutes=42)


def test_the_form_wins_over_the_data_interval() -> None:
    run = Run(SEVEN, SEVEN, SEVEN + timedelta(hours=1))
    window = resolve_window(run, {"start": "2018-11-01T00:00:00Z", "end": "2018-12-01T00:00:00+00:00"})
    assert str(window) == "[2018-11-01T00:00:00Z, 2018-12-01T00:00:00Z)"


def test_without_a_form_the_data_interval_is_the_window() -> None:
    window = resolve_window(Run(SEVEN, SEVEN, SEVEN + timedelta(hours=1)), EMPTY_FORM)
    assert (window.start, window.end) == (SEVEN, SEVEN + timedelta(hours=1))


def test_a_null_logical_date_takes_the_last_whole_hour_before_run_after() -> None:
    assert str(resolve_window(Run(), EMPTY_FORM)) == "[2018-11-12T06:00:00Z, 2018-11-12T07:00:00Z)"


def test_a_run_after_on_the_hour_takes_the_hour_that_has_just_ended() -> None:
    assert resolve_window(Run(run_after=SEVEN), EMPTY_FORM).end == SEVEN


@pytest.mark.parametrize(("given", "missing"), [("start", "end"), ("end", "start")])
def test_one_form_field_alone_is_refused_and_the_other_named(given: str, missing: str) -> None:
    with pytest.raises(WindowError, match=f"gives `{given}` but not `{missing}`"):
        resolve_window(Run(), {**EMPTY_FORM, given: "2018-11-01"})


def test_an_empty_form_field_counts_as_not_filled_in() -> None:
    assert resolve_window(Run(), {"start": "", "end": ""}).end == SEVEN


def test_a_logical_date_without_an_interval_is_refused_rather_than_guessed() -> None:
    with pytest.raises(WindowError, match="no data interval"):
        resolve_window(Run(logical_date=SEVEN), EMPTY_FORM)


@pytest.mark.parametrize("end", ["2018-11-01T00:00:00Z", "2018-10-31"])
def test_a_window_without_time_in_it_is_refused(end: str) -> None:
    with pytest.raises(WindowError, match="must lie after its start"):
        resolve_window(Run(), {"start": "2018-11-01", "end": end})


def test_a_time_without_a_zone_is_utc_and_another_zone_is_converted() -> None:
    assert parse_utc("2018-11-12T07:00") == SEVEN
    assert parse_utc("2018-11-12T08:00:00+01:00") == SEVEN
    assert parse_utc("2018-11-12") == datetime(2018, 11, 12, tzinfo=UTC)


def test_text_that_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(WindowError, match="'yesterday' is not a time: use ISO 8601"):
        parse_utc("yesterday")


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("2018-11-01T00:00:00Z", "9999-12-31T23:59:59Z", "end"),
        ("2018-11-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "end"),
        ("0001-01-01T00:00:00+01:00", "2018-11-01T00:00:00Z", "start"),
        ("1970-01-01T00:00:00+01:00", "2018-11-01T00:00:00Z", "start"),
        ("2201-01-01T00:00:00Z", "2201-01-01T00:00:01Z", "end"),
    ],
)
def test_a_mistyped_year_is_refused_and_the_field_named(start: str, end: str, field: str) -> None:
    with pytest.raises(WindowError, match=f"^`{field}` .*correct its year"):
        resolve_window(Run(), {"start": start, "end": end})


def test_the_first_and_the_last_year_are_windows_to_their_ends() -> None:
    whole = resolve_window(Run(), {"start": "1970-01-01", "end": "2201-01-01"})
    assert whole.bounds == (datetime(1970, 1, 1), datetime(2201, 1, 1))


def test_a_data_interval_far_from_today_is_refused() -> None:
    early = datetime(1901, 1, 1, tzinfo=UTC)
    with pytest.raises(WindowError, match="correct its year"):
        resolve_window(Run(early, early, early + timedelta(hours=1)), EMPTY_FORM)


def test_bounds_go_to_the_warehouse_as_utc_without_a_zone() -> None:
    east = timezone(timedelta(hours=5))
    run = Run(SEVEN, SEVEN.astimezone(east), (SEVEN + timedelta(hours=1)).astimezone(east))
    assert resolve_window(run, EMPTY_FORM).bounds == (datetime(2018, 11, 12, 7), datetime(2018, 11, 12, 8))
