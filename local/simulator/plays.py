"""Which songs are played: a documented share from the catalogue, the rest from a far larger world outside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from local.simulator import words
from local.simulator.catalogue import Catalogue, Song, duration
from local.simulator.chance import Draws
from local.simulator.lines import as_logged, text

# One play in fourteen is of a catalogue song. The public sample's own share (1 of 6,820 plays for 71 songs) would
# leave a small month with almost no joined rows to look at; a catalogue that held everything would hide the NULLs.
CATALOGUE_SHARE = 0.07

# Favourites drawn from 30,000 songs by 9,000 artists repeat about as often as the public sample's plays do.
_OUTSIDE_SONGS = 30_000
_OUTSIDE_ARTISTS = 9_000


@dataclass(frozen=True, slots=True)
class Play:
    """One song as the log writes it: fields ready as JSON text, and whole seconds until the next one starts."""

    artist: str
    title: str
    length: str
    seconds: int
    in_catalogue: bool


class Repertoire:
    """Draws plays. A song keeps its artist, title and length wherever it is drawn again."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self._seed = seed
        self._songs = catalogue.songs
        self._pairs = catalogue.pairs()
        self._inside = lru_cache(maxsize=_OUTSIDE_SONGS)(self._catalogue_play)
        self._outside = lru_cache(maxsize=_OUTSIDE_SONGS)(self._outside_play)

    def draw(self, draws: Draws) -> Play:
        """Return the next play; `in_catalogue` says whether its title and artist, as logged, are a catalogue song's."""
        if draws.chance(CATALOGUE_SHARE):
            return self._inside(draws.favourite(len(self._songs)))
        return self._outside(draws.favourite(_OUTSIDE_SONGS))

    def _catalogue_play(self, number: int) -> Play:
        return self._play(self._songs[number])

    def _outside_play(self, number: int) -> Play:
        draws = Draws(self._seed, "outside song", number)
        name = words.artist(Draws(self._seed, "outside artist", draws.favourite(_OUTSIDE_ARTISTS)))
        title = words.title(draws)
        # A title is shared with the catalogue, or an artist is, but not both: near misses that must not join.
        near_miss = draws.below(100)
        if near_miss < 3:
            title = draws.pick(self._songs).title
        elif near_miss < 6:
            name = draws.pick(self._songs).artist
        elif near_miss < 7:
            title += " "
        # The sample's typographic apostrophes lost their high byte.
        elif near_miss < 12:
            title = title.replace("'", "\x19")
        return self._play(Song(title, name, duration(draws)))

    def _play(self, song: Song) -> Play:
        title, artist = as_logged(song.title), as_logged(song.artist)
        return Play(text(artist), text(title), repr(song.duration), int(song.duration), (title, artist) in self._pairs)
