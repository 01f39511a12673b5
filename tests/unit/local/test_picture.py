"""The picture in the terminal."""

import io
from datetime import date, datetime, timedelta

from rich.console import Console

from local import picture
from local.insights import Answer, Insights

FIRST = date(2018, 11, 1)


def insights(days: int, *, location: str = "Oslo") -> Insights:
    """A warehouse with as many plays each day as the day's number, half of them by hour 7."""
    plays = [(FIRST + timedelta(days=number), number + 1) for number in range(days)]
    facts = sum(count for _, count in plays)
    return Insights(
        {
            "active_listeners": Answer(("day", "listeners", "plays"), [(day, 1, count) for day, count in plays]),
            "hours_of_day": Answer(
                ("hour", "plays", "listeners"), [(hour, facts if hour == 7 else 0, 1) for hour in range(24)]
            ),
            "top_locations": Answer(("rank", "location", "plays", "listeners"), [(1, location, facts, 1)]),
            "plays_by_level": Answer(
                ("day", "level", "plays", "listeners"),
                [(day, level, count, 1) for day, count in plays for level in ("free", "paid")],
            ),
            "known_songs": Answer(("day", "plays", "known_plays", "known_share"), [(FIRST, facts, 3, 0.5)]),
            "conversion": Answer(
                ("day", "free_listeners", "paid_listeners", "conversions", "churned"), [(FIRST, 1, 1, 4, 2)]
            ),
        },
        datetime(2018, 12, 1),
        facts,
        datetime(2018, 11, 1),
        datetime(2018, 11, 30),
    )


def shown(made: Insights) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    picture.show(console, made)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_busiest_day_has_the_longest_bar_and_half_as_many_plays_half_of_it() -> None:
    lines = {line[:9]: line for line in shown(insights(10))}
    assert lines["Sat 11-10"].split()[2:4] == ["█" * 16, "10"]
    assert lines["Mon 11-05"].split()[2:4] == ["█" * 8, "5"]


def test_of_a_long_time_the_last_31_days_are_drawn_and_said_to_be() -> None:
    lines = shown(insights(40))
    assert lines[0].startswith("Plays by day, the last 31 days")
    days = [line[:9] for line in lines if line[3:4] == " " and line[6:7] == "-"]
    assert (len(days), days[0], days[-1]) == (31, "Sat 11-10", "Mon 12-10")


def test_no_line_is_wider_than_the_terminal_and_a_place_is_text_whatever_it_is_called() -> None:
    lines = shown(insights(30, location="[red]A place with a name that is longer than its column"))
    assert max(map(len, lines)) <= 80
    assert any("[red]A place with" in line for line in lines)


def test_shares_are_of_all_plays() -> None:
    assert shown(insights(3))[-2:] == [
        "Paid: 100.0% of plays; 4 began to pay, 2 ceased",
        "Known songs: 50.0% of plays (3 of 6)",
    ]


def test_an_empty_warehouse_is_said_to_be_empty() -> None:
    assert shown(insights(0)) == ["The warehouse holds no plays: there is nothing to draw."]
