"""What a user does in a session: from page to page, in and out, up and down between the levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from local.simulator.chance import Draws, Spread, Weighted
from local.simulator.lines import Listener, logged_out_line
from local.simulator.plays import Repertoire


@dataclass(slots=True)
class User:
    """A user's state between sessions. `busy_until` and the lines' times are epoch seconds."""

    listener: Listener
    level: str
    busy_until: int = -1
    seen: bool = False
    level_seen: str = ""


class Event(NamedTuple):
    """One line and what the summary counts of it."""

    second: int
    line: str
    play: bool
    matches: bool


# Weights follow how often one page led to another in the public sample. "Plan" is Downgrade for a paying user and
# Upgrade for the others.
_START = Weighted({"NextSong": 507, "Home": 351, "Logged-out Home": 54, "Login": 25, "About": 2, "Help": 1, "Error": 1})
_NEXT = {
    "NextSong": Weighted(
        {"NextSong": 5778, "Home": 143, "Logout": 78, "Plan": 65, "Settings": 33, "Help": 32, "About": 14, "Error": 8}
    ),
    "Home": Weighted(
        {"NextSong": 431, "Home": 30, "Settings": 19, "About": 15, "Logout": 9, "Plan": 9, "Help": 6, "Error": 1}
    ),
    "About": Weighted({"Home": 6, "About": 5, "NextSong": 4}),
    "Help": Weighted({"NextSong": 30, "Help": 4, "Plan": 2, "Home": 2}),
    "Settings": Weighted(
        {"NextSong": 30, "Save Settings": 10, "Settings": 4, "Home": 4, "Help": 4, "Logout": 3, "Plan": 1}
    ),
    "Save Settings": Weighted({"Home": 9, "NextSong": 1}),
    "Error": Weighted({"NextSong": 2, "Home": 1}),
    "Upgrade": Weighted({"Submit Upgrade": 8, "Home": 5, "NextSong": 3, "Upgrade": 2}),
    "Downgrade": Weighted({"NextSong": 35, "Home": 10, "Downgrade": 3, "Submit Downgrade": 3}),
    "Submit Upgrade": Weighted({"Home": 1}),
    "Submit Downgrade": Weighted({"Home": 1}),
}
_NEXT_LOGGED_OUT = {
    "Home": Weighted({"Login": 61, "Home": 25, "About": 13, "Help": 6}),
    "About": Weighted({"Login": 4, "Home": 2, "About": 1}),
    "Help": Weighted({"Help": 3, "Login": 2}),
}
_AT_ONCE = frozenset({"Login", "Logout", "Save Settings", "Submit Downgrade", "Submit Upgrade"})
_READING = Spread({0.0: 0.0, 0.5: 60.0, 0.9: 300.0, 0.99: 1200.0, 1.0: 3600.0})  # seconds on a page


def visit(
    user: User, session: int, start: int, length: int, end: int, milliseconds: int, repertoire: Repertoire, draws: Draws
) -> Iterator[Event]:
    """Yield up to `length` events of one session, the first at `start`, all before `end` (epoch seconds).

    itemInSession counts from 0 without a gap, logged in or out. A page that only redirects (status 307) follows
    one second after the page that led to it; a song follows the one before it when that has played to its end.
    A change of level shows from the page after Submit Upgrade or Submit Downgrade.
    """
    page = _START.draw(draws)
    inside = page not in ("Login", "Logged-out Home")
    page = page.removeprefix("Logged-out ")
    second = start
    for item in range(length):
        if second >= end:
            return
        seconds_of_song = 0
        ts = second * 1000 + milliseconds
        if not inside:
            event = Event(second, logged_out_line(page, session, item, ts, user.level), False, False)
        elif page == "NextSong":
            play = repertoire.draw(draws)
            seconds_of_song = play.seconds
            line = user.listener.line(page, session, item, ts, user.level, play.artist, play.title, play.length)
            event = Event(second, line, True, play.in_catalogue)
        else:
            event = Event(second, user.listener.line(page, session, item, ts, user.level), False, False)
        if inside:
            user.seen, user.level_seen = True, user.level
        user.busy_until = second
        yield event
        following, inside = _follow(page, inside, user, draws)
        if following in _AT_ONCE:
            second += 1
        elif page != "NextSong":
            second += int(_READING.draw(draws))
        elif following == "NextSong":
            second += seconds_of_song
        else:
            second += draws.below(seconds_of_song)
        page = following


def _follow(page: str, inside: bool, user: User, draws: Draws) -> tuple[str, bool]:
    """Return the next page and whether it is seen logged in; a submitted change of level takes effect."""
    if page == "Login":
        return "Home", True
    if page == "Logout":
        return "Home", False
    if not inside:
        return _NEXT_LOGGED_OUT[page].draw(draws), False
    if page == "Submit Upgrade":
        user.level = "paid"
    elif page == "Submit Downgrade":
        user.level = "free"
    following = _NEXT[page].draw(draws)
    if following == "Plan":
        following = "Downgrade" if user.level == "paid" else "Upgrade"
    return following, True
