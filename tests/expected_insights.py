"""The right answers to the analytics team's questions: from the raw files, in plain Python, never from our SQL."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests import expected
from tests.expected import Event, Rows

_TOP = 20


class Play(NamedTuple):
    """A row of songplays."""

    songplay_id: str
    start_time: datetime
    user_id: int
    level: str
    song_id: str | None
    artist_id: str | None
    session_id: int
    location: str
    user_agent: str


def answers(data: Path) -> dict[str, Rows]:
    """The rows of each answer once all files of a folder are loaded."""
    return answers_of(expected.read_events(data), expected.read_songs(data))


def answers_of(events: Iterable[Event], songs: list[dict[str, Any]]) -> dict[str, Rows]:
    """The rows of each answer once these events and songs are loaded."""
    plays = [Play(*row) for row in expected.songplays(events, songs)]
    names = {artist[0]: artist[1] for artist in expected.artists(songs)}
    titles = {song[0]: (song[1], names.get(song[2])) for song in expected.songs_table(songs)}
    return {
        "top_songs": {
            (rank, song, *titles[song], count, listeners)
            for rank, song, count, listeners in _top(plays, lambda play: play.song_id)
        },
        "top_artists": {
            (rank, artist, names[artist], count, listeners)
            for rank, artist, count, listeners in _top(plays, lambda play: play.artist_id)
        },
        "top_locations": set(_top(plays, lambda play: play.location.rstrip(" "))),
        "hours_of_day": _calendar(plays, range(24), lambda play: play.start_time.hour),
        # In Python Monday is 0; in the tables, as on Redshift, Sunday is.
        "weekdays": _calendar(plays, range(7), lambda play: (play.start_time.weekday() + 1) % 7),
        "plays_by_level": {
            (*key, len(some), len({play.user_id for play in some}))
            for key, some in _grouped(plays, lambda play: (play.start_time.date(), play.level)).items()
        },
        "active_listeners": {
            (day, len({play.user_id for play in some}), len(some)) for day, some in _by_day(plays).items()
        },
        "known_songs": {
            (day, len(some), known, known / len(some))
            for day, some in _by_day(plays).items()
            for known in [sum(play.song_id is not None for play in some)]
        },
        "conversion": _conversion(plays),
        "longest_sessions": _sessions(plays),
    }


def _grouped(plays: Iterable[Play], key: Callable[[Play], Any]) -> dict[Any, list[Play]]:
    groups: dict[Any, list[Play]] = defaultdict(list)
    for play in plays:
        groups[key(play)].append(play)
    return groups


def _by_day(plays: Iterable[Play]) -> dict[date, list[Play]]:
    return _grouped(plays, lambda play: play.start_time.date())


def _top(plays: Iterable[Play], key: Callable[[Play], str | None]) -> Iterable[tuple[int, str, int, int]]:
    groups = _grouped((play for play in plays if key(play)), key)
    counted = [(-len(some), -len({play.user_id for play in some}), name) for name, some in groups.items()]
    for rank, (plays_less, listeners_less, name) in enumerate(sorted(counted)[:_TOP], 1):
        yield rank, name, -plays_less, -listeners_less


def _calendar(plays: Iterable[Play], every: Iterable[int], key: Callable[[Play], int]) -> Rows:
    groups = _grouped(plays, key)
    return {
        (number, len(some), len({play.user_id for play in some}))
        for number in every
        for some in [groups.get(number, [])]
    }


def _conversion(plays: list[Play]) -> Rows:
    changes: dict[tuple[date, str, str], int] = defaultdict(int)
    last: dict[int, str] = {}
    for play in sorted(plays, key=lambda play: (play.start_time, play.session_id, play.songplay_id)):
        changes[play.start_time.date(), last.get(play.user_id, play.level), play.level] += 1
        last[play.user_id] = play.level
    return {
        (
            day,
            len({play.user_id for play in some if play.level == "free"}),
            len({play.user_id for play in some if play.level == "paid"}),
            changes[day, "free", "paid"],
            changes[day, "paid", "free"],
        )
        for day, some in _by_day(plays).items()
    }


def _sessions(plays: Iterable[Play]) -> Rows:
    found = []
    for (session, user), some in _grouped(plays, lambda play: (play.session_id, play.user_id)).items():
        first, last = min(play.start_time for play in some), max(play.start_time for play in some)
        milliseconds = round((last - first).total_seconds() * 1000)
        found.append((-milliseconds, -len(some), session, user, first, last))
    return {
        (rank, session, user, first, last, -milliseconds_less / 60_000, -plays_less)
        for rank, (milliseconds_less, plays_less, session, user, first, last) in enumerate(sorted(found)[:_TOP], 1)
    }
