"""A month, or any number of days, of Sparkify: day files of events, song files and the jsonpaths file."""

from __future__ import annotations

import heapq
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from local.errors import StackError
from local.simulator import catalogue
from local.simulator.audience import Audience
from local.simulator.chance import Draws, Spread, Weighted
from local.simulator.lines import KEYS
from local.simulator.plays import Repertoire
from local.simulator.visits import Event, visit

_DAY = 86_400
_HOUR = 3_600

# How the public sample's events spread over a UTC day and a week (Monday first): quiet nights, quiet weekends.
_HOURS = Weighted(
    dict(
        zip(
            map(str, range(24)),
            (18, 20, 16, 13, 16, 20, 23, 22, 25, 31, 36, 39, 37, 42, 50, 58, 63, 57, 58, 43, 40, 33, 25, 22),
            strict=True,
        )
    )
)
_WEEKDAYS = (305, 315, 402, 250, 305, 178, 125)

# Events a session: a third have one, one in a hundred a hundred.
_LENGTHS = Spread(
    {
        0.0: 1.0,
        0.335: 2.0,
        0.54: 3.0,
        0.65: 4.0,
        0.72: 5.0,
        0.78: 8.0,
        0.86: 14.0,
        0.9: 22.0,
        0.94: 40.0,
        0.98: 66.0,
        1.0: 130.0,
    }
)


class SimulationError(StackError, ValueError):
    """What was asked for cannot be simulated."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written, as the generator counted it: an expectation that owes nothing to SQL.

    `users` have an event while logged in; `paid_users` pay at their last one. `plays_with_song` are the plays whose
    title and artist, as logged, both equal one catalogue song's. `play_times` are the distinct times of plays,
    `hours_with_events` and `hours_with_plays` the distinct UTC hours.
    """

    songs: int
    artists: int
    events: int
    days: int
    plays: int
    plays_with_song: int
    play_times: int
    users: int
    paid_users: int
    sessions: int
    hours_with_events: int
    hours_with_plays: int


def simulate(
    out: Path,
    songs: int = 1000,
    events: int = 10_000,
    days: int = 30,
    seed: int = 0,
    start: date = date(2018, 11, 1),
    *,
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Write `out/log_data`, `out/song_data` and `out/log_json_path.json`, and return what they hold.

    The same arguments give the same bytes everywhere. Memory grows with the songs and the sessions open at one
    time, not with the events. Nothing appears under its final name before all is written, so an interrupted call
    can be made again; a finished one is not overwritten.

    :param out: a directory without simulated data in it; made if missing.
    :param songs: files in the catalogue, 1 to 1,000,000.
    :param events: log lines in all, exactly; at least one a day.
    :param days: day files from `start` on, each with the events of its own UTC day in order of time.
    :param seed: any whole number.
    :param progress: called with the number of events written so far, after each day.
    :raises SimulationError: for a number out of its range, or an `out` that already holds data.
    """
    _validate(songs, events, days, start)
    final = [out / name for name in ("song_data", "log_data", "log_json_path.json")]
    taken = [path for path in final if path.exists()]
    if taken:
        raise SimulationError(f"{taken[0]} exists already", "name another directory, or delete it first")
    unfinished = out / ".unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    written = catalogue.write(unfinished / "song_data", songs, seed)
    counted = _Month(written, events, days, seed, start).write(unfinished / "log_data", progress)
    (unfinished / "log_json_path.json").write_text(
        json.dumps({"jsonpaths": [f"$['{key}']" for key in KEYS]}, indent=4), encoding="ascii", newline="\n"
    )
    for path in final:
        (unfinished / path.name).rename(path)
    unfinished.rmdir()
    return counted


def _validate(songs: int, events: int, days: int, start: date) -> None:
    for name, number in (("songs", songs), ("events", events), ("days", days)):
        if isinstance(number, bool) or not isinstance(number, int):
            raise SimulationError(f"{name} must be a whole number, not {number!r}", "give a number of 1 or more")
        if number < 1:
            raise SimulationError(f"{name} must be 1 or more, not {number}", "give a number of 1 or more")
    if songs > catalogue.MOST_SONGS:
        raise SimulationError(f"songs must be at most {catalogue.MOST_SONGS:,}, not {songs:,}", "ask for fewer songs")
    if days > events:
        raise SimulationError(
            f"{days} days need at least {days} events, one each, not {events}", "ask for more events or fewer days"
        )
    if days > (date.max - start).days:
        raise SimulationError(f"{days} days from {start} go past the year {date.max.year}", "ask for fewer days")


class _Month:
    """The events of all days: sessions are planned day by day, and merged into one stream in order of time."""

    def __init__(self, written: catalogue.Catalogue, events: int, days: int, seed: int, start: date) -> None:
        self._written = written
        self._events = events
        self._days = days
        self._midnight = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())
        self._end = self._midnight + days * _DAY
        self._start = start
        self._seed = seed
        self._milliseconds = Draws(seed, "milliseconds").below(1000)
        self._repertoire = Repertoire(written, seed)
        self._audience = Audience(events, self._midnight, self._milliseconds, seed)
        self._draws = Draws(seed, "sessions")
        self._planned: list[tuple[int, int]] = []
        self._session = 0
        self._sessions = 0

    def write(self, folder: Path, progress: Callable[[int], None] | None) -> Summary:
        """Write the day files below `folder` and return the counts."""
        counts = _Counts()
        day = -1
        file: BinaryIO | None = None
        try:
            for event in self._stream():
                if (event.second - self._midnight) // _DAY != day:
                    if file is not None:
                        file.close()
                        if progress is not None:
                            progress(counts.events)
                    day = (event.second - self._midnight) // _DAY
                    file = _day_file(folder, self._start + timedelta(days=day))
                elif file is not None:
                    file.write(b"\n")
                if file is not None:
                    file.write(event.line.encode("ascii"))
                counts.add(event)
        finally:
            if file is not None:
                file.close()
        if progress is not None:
            progress(counts.events)
        users = [user for user in self._audience.users if user.seen]
        return Summary(
            songs=len(self._written.songs),
            artists=self._written.artists,
            events=counts.events,
            days=self._days,
            plays=counts.plays,
            plays_with_song=counts.plays_with_song,
            play_times=counts.play_times,
            users=len(users),
            paid_users=sum(user.level_seen == "paid" for user in users),
            sessions=self._sessions,
            hours_with_events=counts.hours_with_events,
            hours_with_plays=counts.hours_with_plays,
        )

    def _stream(self) -> Iterator[Event]:
        """Yield all events in order of time; those of sessions still open wait in a heap."""
        waiting: list[tuple[int, int, Event]] = []
        number = 0
        for second, length in self._starts():
            while waiting and waiting[0][0] < second:
                yield heapq.heappop(waiting)[2]
            user = self._audience.next_user(second, length, self._draws)
            self._session += 2 if self._draws.chance(0.15) else 1
            self._sessions += 1
            made = 0
            for event in visit(
                user,
                self._session,
                second,
                length,
                self._end,
                self._milliseconds,
                self._repertoire,
                self._draws,
            ):
                heapq.heappush(waiting, (event.second, number, event))
                number += 1
                made += 1
            self._plan(second, self._end, length - made)
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _starts(self) -> Iterator[tuple[int, int]]:
        """Yield each session's start (epoch seconds) and length (events), in order of time."""
        for day, share in enumerate(self._shares()):
            midnight = self._midnight + day * _DAY
            left = share
            while left > 0:
                length = min(left, int(_LENGTHS.draw(self._draws)))
                left -= length
                hour = int(_HOURS.draw(self._draws))
                heapq.heappush(self._planned, (midnight + hour * _HOUR + self._draws.below(_HOUR), length))
            while self._planned:
                yield heapq.heappop(self._planned)

    def _plan(self, second: int, end: int, events: int) -> None:
        """Plan new sessions between `second` and `end` for events that a session cut short at the end left over."""
        while events > 0:
            length = min(events, int(_LENGTHS.draw(self._draws)))
            events -= length
            heapq.heappush(self._planned, (second + self._draws.below(end - second), length))

    def _shares(self) -> list[int]:
        """Return the events that start their session on each day: one at least, the rest by weekday and chance."""
        draws = Draws(self._seed, "days")
        first = self._start.weekday()
        weights = [_WEEKDAYS[(first + day) % 7] * (60 + draws.below(80)) for day in range(self._days)]
        total, spread, before = sum(weights), self._events - self._days, 0
        shares = []
        for weight in weights:
            shares.append(1 + spread * (before + weight) // total - spread * before // total)
            before += weight
        return shares


class _Counts:
    def __init__(self) -> None:
        self.events = self.plays = self.plays_with_song = self.play_times = 0
        self.hours_with_events = self.hours_with_plays = 0
        self._hour = self._play_hour = self._play_second = -1

    def add(self, event: Event) -> None:
        hour = event.second // _HOUR
        self.events += 1
        if hour != self._hour:
            self.hours_with_events += 1
            self._hour = hour
        if event.play:
            self.plays += 1
            self.plays_with_song += event.matches
            if event.second != self._play_second:
                self.play_times += 1
                self._play_second = event.second
            if hour != self._play_hour:
                self.hours_with_plays += 1
                self._play_hour = hour


def _day_file(folder: Path, day: date) -> BinaryIO:
    year, month, _ = day.isoformat().split("-")
    parent = folder / year / month
    parent.mkdir(parents=True, exist_ok=True)
    return (parent / f"{day.isoformat()}-events.json").open("wb")
