"""What the tables must hold, computed from the raw files in plain Python and never from our SQL."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Rows = set[tuple[Any, ...]]
Event = dict[str, Any]


def read_events(data: Path) -> list[Event]:
    """Every event of every log file, in file order."""
    files = sorted(path for path in (data / "log_data").rglob("*") if path.is_file())
    return [json.loads(line) for file in files for line in _lines(file) if line.strip()]


def read_songs(data: Path) -> list[dict[str, Any]]:
    """Every song file's object."""
    return [json.loads(path.read_text()) for path in sorted((data / "song_data").rglob("*.json"))]


def moment(event: Event) -> datetime:
    """When the event happened: UTC, without a zone, as the tables hold it."""
    return datetime.fromtimestamp(event["ts"] / 1000, UTC).replace(tzinfo=None)


def within(events: Iterable[Event], start: datetime, end: datetime) -> list[Event]:
    """The events of a half-open window."""
    return [event for event in events if start <= moment(event) < end]


def songplays(events: Iterable[Event], songs: list[dict[str, Any]]) -> Rows:
    """One row per distinct NextSong event, with its song."""
    catalogue: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for song in songs:
        catalogue.setdefault((song["title"], song["artist_name"]), []).append(song)
    rows = set()
    for event in events:
        if event["page"] != "NextSong":
            continue
        candidates = catalogue.get((event["song"], event["artist"]), [])
        nearest = min(
            candidates, key=lambda song: (abs(song["duration"] - event["length"]), song["song_id"]), default=None
        )
        at = moment(event)
        identity = f"{event['userId']}|{event['sessionId']}|{event['itemInSession']}|{at:%Y-%m-%d %H:%M:%S.%f}"
        rows.add(
            (
                hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest(),
                at,
                int(event["userId"]),
                event["level"],
                nearest["song_id"] if nearest else None,
                nearest["artist_id"] if nearest else None,
                event["sessionId"],
                event["location"],
                event["userAgent"],
            )
        )
    return rows


def users(events: Iterable[Event]) -> Rows:
    """Each user as of their latest event, on any page."""
    latest: dict[str, Event] = {}
    for event in events:
        if event["userId"]:
            best = latest.get(event["userId"])
            if best is None or _recency(event) > _recency(best):
                latest[event["userId"]] = event
    return {
        (int(user), e["firstName"], e["lastName"], e["gender"], e["level"], moment(e)) for user, e in latest.items()
    }


def time(plays: Rows) -> Rows:
    """The parts of each distinct start_time; weekday 0 is Sunday."""
    moments: set[datetime] = {play[1] for play in plays}
    return {(at, at.hour, at.day, at.isocalendar().week, at.month, at.year, at.isoweekday() % 7) for at in moments}


def songs_table(songs: Iterable[dict[str, Any]]) -> Rows:
    """One row per song id; a known and later year first, then title, artist and duration."""
    winners: dict[str, dict[str, Any]] = {}
    for song in sorted(songs, key=lambda s: (-(s["year"] or 0), s["title"], s["artist_id"], s["duration"])):
        winners.setdefault(song["song_id"], song)
    return {(key, s["title"], s["artist_id"], s["year"], s["duration"]) for key, s in winners.items()}


def artists(songs: Iterable[dict[str, Any]]) -> Rows:
    """One row per artist id: the spelling of most songs; of equally many, the first, nulls last."""
    spellings = Counter(
        (s["artist_id"], s["artist_name"], s["artist_location"], s["artist_latitude"], s["artist_longitude"])
        for s in songs
    )
    winners: dict[str, tuple[Any, ...]] = {}
    for spelling in sorted(spellings, key=lambda s: (-spellings[s], *((part is None, part or 0) for part in s[3:]))):
        winners.setdefault(spelling[0], spelling)
    return set(winners.values())


def tables(data: Path, start: datetime | None = None, end: datetime | None = None) -> dict[str, Rows]:
    """All five tables after the windows between `start` and `end` were loaded; unbounded if None."""
    songs = read_songs(data)
    events = within(read_events(data), start or datetime.min, end or datetime.max)
    plays = songplays(events, songs)
    return {
        "songplays": plays,
        "users": users(events),
        "time": time(plays),
        "songs": songs_table(songs),
        "artists": artists(songs),
    }


def _recency(event: Event) -> tuple[int, int, int]:
    return event["ts"], event["sessionId"], event["itemInSession"]


def _lines(file: Path) -> Iterator[str]:
    if file.suffix == ".gz":
        with gzip.open(file, "rt", encoding="utf-8") as text:
            yield from text
    else:
        with file.open(encoding="utf-8") as text:
            yield from text
