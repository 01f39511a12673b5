"""The song catalogue: one JSON file a song, laid out by the letters of its track id, and its quirks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.simulator import words
from local.simulator.chance import Draws, Spread

MOST_SONGS = 1_000_000

# Seconds. From a jingle to a live set; the middle half lies within a minute and a half.
_SECONDS = Spread(
    {0.0: 15.9, 0.01: 41.0, 0.05: 124.0, 0.25: 196.0, 0.5: 233.0, 0.75: 281.0, 0.95: 410.0, 0.99: 600.0, 1.0: 1500.0}
)
_FOLDERS = 26**3
_SONGS_A_FOLDER = 24


@dataclass(frozen=True, slots=True)
class Song:
    """What a play needs of a song. Duration in seconds, to five places as in the sample."""

    title: str
    artist: str
    duration: float


@dataclass(frozen=True, slots=True)
class _Artist:
    artist_id: str
    names: tuple[str, ...]
    location: str
    latitude: float | None
    longitude: float | None


@dataclass(slots=True)
class Catalogue:
    """What is known of the songs written."""

    songs: list[Song] = field(default_factory=list)
    artists: int = 0

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return every title with its artist's name: what a play must equal to find its song."""
        return frozenset((song.title, song.artist) for song in self.songs)


def duration(draws: Draws) -> float:
    """Return a song's length in seconds, with at most five decimals."""
    return int(_SECONDS.draw(draws) * 100_000) / 100_000


def write(folder: Path, count: int, seed: int) -> Catalogue:
    """Write `count` song files below `folder` (`A/B/C/TRABC….json`) and return what was written."""
    catalogue = Catalogue()
    artist_ids = set()
    last = Path()
    for track_id, record in _records(count, Draws(seed, "catalogue")):
        parent = folder.joinpath(*track_id[2:5])
        if parent != last:
            parent.mkdir(parents=True, exist_ok=True)
            last = parent
        (parent / f"{track_id}.json").write_bytes(json.dumps(record).encode("ascii"))
        catalogue.songs.append(Song(record["title"], record["artist_name"], record["duration"]))
        artist_ids.add(record["artist_id"])
    catalogue.artists = len(artist_ids)
    return catalogue


def _records(count: int, draws: Draws) -> Iterator[tuple[str, dict[str, Any]]]:
    artists: list[_Artist] = []
    songs_a_folder = max(_SONGS_A_FOLDER, -(-count // _FOLDERS))
    for number in range(count):
        # One in a hundred repeats artist and title: only the duration tells the two recordings apart.
        if not artists or not draws.chance(0.01):
            if not artists or draws.chance(0.7):
                artists.append(_new_artist(len(artists), draws))
                artist = artists[-1]
            else:
                artist = draws.pick(artists)
            title, name = words.title(draws), draws.pick(artist.names)
        yield (
            _track_id(number // songs_a_folder, number, draws),
            {
                "num_songs": 1,
                "artist_id": artist.artist_id,
                "artist_latitude": artist.latitude,
                "artist_longitude": artist.longitude,
                "artist_location": artist.location,
                "artist_name": name,
                "song_id": f"SO{draws.letters(5)}{draws.pick(('12A8C1', '12AB01'))}{_tail(number, 5)}",
                "title": title,
                "duration": duration(draws),
                "year": 0 if draws.chance(0.6) else 1955 + int(55 * (1 - draws.unit() * draws.unit())),
            },
        )


def _new_artist(number: int, draws: Draws) -> _Artist:
    name = words.artist(draws)
    names = [name]
    if draws.chance(0.05):
        names.append(draws.pick((f"{name} feat. {words.artist(draws)}", name.upper(), f"{name} & Friends")))
    location, latitude, longitude = draws.pick(words.ORIGINS)
    known = draws.below(10)
    artist_id = f"AR{draws.letters(5, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')}1187B9{_tail(number, 5)}"
    if known < 4:
        return _Artist(artist_id, tuple(names), "", None, None)
    if known < 6:
        return _Artist(artist_id, tuple(names), location, None, None)
    return _Artist(artist_id, tuple(names), location, latitude, longitude)


def _track_id(folder: int, number: int, draws: Draws) -> str:
    letters = "".join(chr(65 + folder // 26**place % 26) for place in (2, 1, 0))
    return f"TR{letters}{draws.letters(2)}128F{_tail(number, 7)}"


def _tail(number: int, digits: int) -> str:
    """Return `digits` hexadecimal digits, different for each number below 16**digits and in no visible order."""
    return f"{number * 0x9E3779B1 % 16**digits:0{digits}X}"
