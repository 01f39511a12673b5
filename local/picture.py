"""A picture of what the warehouse holds, for the terminal: the insights as bars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from local.insights import Insights

_DAYS = 31
_PLACES = 5
_BAR = 16


def show(console: Console, insights: Insights) -> None:
    """Print plays by day and by hour of the day, the top locations, and the shares of paying and of known."""
    if not insights.facts:
        console.print("The warehouse holds no plays: there is nothing to draw.", markup=False)
        return
    answers = insights.answers
    days = answers["active_listeners"]
    by_day = list(zip(days.column("day"), days.column("plays"), strict=True))
    hours = answers["hours_of_day"]
    by_hour = zip(hours.column("hour"), hours.column("plays"), strict=True)
    places = answers["top_locations"]
    by_place = list(zip(places.column("location"), places.column("plays"), strict=True))[:_PLACES]
    title = f"Plays by day, the last {_DAYS} days" if len(by_day) > _DAYS else "Plays by day"
    left = _bars(title, ((f"{day:%a %m-%d}", plays) for day, plays in by_day[-_DAYS:]))
    right = Group(
        _bars("By hour of the day, UTC", ((f"{hour:02}", plays) for hour, plays in by_hour)),
        "",
        _bars("Top locations", by_place),
    )
    grid = Table.grid(padding=(0, 3))
    grid.add_row(left, right)
    console.print(grid)
    console.print("\n".join(_shares(insights)), markup=False)


def figures(insights: Insights) -> dict[str, Any]:
    """The same as plain values, for a report."""
    answers = insights.answers
    days, places = answers["active_listeners"], answers["top_locations"]
    plays_by_day = zip(days.column("day"), days.column("plays"), strict=True)
    locations = zip(places.column("location"), places.column("plays"), strict=True)
    return {
        "plays": insights.facts,
        "plays_by_day": {day.isoformat(): plays for day, plays in plays_by_day},
        "top_locations": [{"location": name, "plays": plays} for name, plays in locations],
        "paid_plays": _paid(insights),
        "known_plays": sum(answers["known_songs"].column("known_plays")),
        "conversions": sum(answers["conversion"].column("conversions")),
        "churned": sum(answers["conversion"].column("churned")),
    }


def _bars(title: str, values: Iterable[tuple[str, int]]) -> RenderableType:
    counted = list(values)
    longest = max((count for _, count in counted), default=0) or 1
    table = Table.grid(padding=(0, 1))
    table.add_column(max_width=22, overflow="ellipsis", no_wrap=True)
    table.add_column(width=_BAR)
    table.add_column(justify="right")
    for name, count in counted:
        table.add_row(Text(name), Bar(longest, 0, count, width=_BAR, color="cyan"), f"{count:,}")
    return Group(Text(title, style="bold"), table)


def _shares(insights: Insights) -> Iterable[str]:
    told = figures(insights)
    plays = insights.facts
    changes = f"{told['conversions']} began to pay, {told['churned']} ceased"
    yield f"Paid: {told['paid_plays'] / plays:.1%} of plays; {changes}"
    yield f"Known songs: {told['known_plays'] / plays:.1%} of plays ({told['known_plays']:,} of {plays:,})"


def _paid(insights: Insights) -> int:
    levels = insights.answers["plays_by_level"]
    counted = zip(levels.column("level"), levels.column("plays"), strict=True)
    return sum(plays for level, plays in counted if level == "paid")
