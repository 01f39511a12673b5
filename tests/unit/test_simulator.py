"""The simulator writes what the public sample's writer would have written."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.simulator import SimulationError, Summary, simulate

Logs = dict[Path, list[dict[str, Any]]]
seeds = st.integers(-(2**70), 2**70)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def logs(folder: Path) -> Logs:
    files = sorted((folder / "log_data").rglob("*.json"))
    return {path: [json.loads(line) for line in path.read_bytes().split(b"\n")] for path in files}


def songs(folder: Path) -> dict[Path, dict[str, Any]]:
    return {path: json.loads(path.read_bytes()) for path in (folder / "song_data").rglob("*.json")}


def kind(value: object) -> str:
    return '""' if value == "" else type(value).__name__


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("month")
    return folder, simulate(folder)


@pytest.fixture(scope="module")
def month_events(month: tuple[Path, Summary]) -> list[dict[str, Any]]:
    return [event for day in logs(month[0]).values() for event in day]


@settings(max_examples=25, deadline=None)
@given(seed=seeds, count=st.integers(1, 60), days=st.integers(1, 9), size=st.integers(1, 40))
def test_any_size_has_the_events_days_and_songs_that_were_asked_for(
    seed: int, count: int, days: int, size: int
) -> None:
    days = min(days, count)
    with TemporaryDirectory() as name:
        folder = Path(name)
        summary = simulate(folder, songs=size, events=count, days=days, seed=seed)
        written = logs(folder)
        assert sum(map(len, written.values())) == summary.events == count
        assert len(written) == summary.days == days
        assert len(songs(folder)) == summary.songs == size
        for path, day in written.items():
            stamps = [event["ts"] for event in day]
            assert stamps == sorted(stamps)
            assert {datetime.fromtimestamp(ts / 1000, UTC).date() for ts in stamps} == {
                date.fromisoformat(path.name.removesuffix("-events.json"))
            }


@settings(max_examples=10, deadline=None)
@given(seed=seeds, other=seeds)
def test_a_seed_alone_decides_every_byte(seed: int, other: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for place, number in (("first", seed), ("again", seed), ("other", other)):
            simulate(folder / place, songs=20, events=50, days=3, seed=number)
        assert contents(folder / "first") == contents(folder / "again")
        assert (contents(folder / "first") == contents(folder / "other")) == (seed == other)


def test_a_seed_and_its_negative_differ(tmp_path: Path) -> None:
    simulate(tmp_path / "plus", songs=5, events=20, days=2, seed=7)
    simulate(tmp_path / "minus", songs=5, events=20, days=2, seed=-7)
    assert contents(tmp_path / "plus") != contents(tmp_path / "minus")


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_bytes_are_the_same_in_another_process_and_on_another_python(tmp_path: Path, hash_seed: str) -> None:
    program = "import sys, pathlib, local.simulator as s; s.simulate(pathlib.Path(sys.argv[1]), 50, 500, 7, 42)"
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=True,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    digest = hashlib.sha256()
    for name, data in sorted(contents(tmp_path).items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    assert digest.hexdigest() == "b35b6f7b052f5094263f075ca266650806d8ffdc8d9bd21e71317bcfeec6b376"


def test_the_summary_counts_what_the_files_hold(
    month: tuple[Path, Summary], month_events: list[dict[str, Any]]
) -> None:
    folder, summary = month
    catalogue = songs(folder).values()
    pairs = {(song["title"], song["artist_name"]) for song in catalogue}
    plays = [event for event in month_events if event["page"] == "NextSong"]
    levels: dict[str, str] = {}
    for event in sorted(month_events, key=lambda event: (event["ts"], event["sessionId"], event["itemInSession"])):
        if event["userId"]:
            levels[event["userId"]] = event["level"]
    assert summary == Summary(
        songs=len({song["song_id"] for song in catalogue}),
        artists=len({song["artist_id"] for song in catalogue}),
        events=len(month_events),
        days=30,
        plays=len({(p["userId"], p["sessionId"], p["itemInSession"], p["ts"]) for p in plays}),
        plays_with_song=sum((play["song"], play["artist"]) in pairs for play in plays),
        play_times=len({play["ts"] for play in plays}),
        users=len(levels),
        paid_users=sum(level == "paid" for level in levels.values()),
        sessions=len({event["sessionId"] for event in month_events}),
        hours_with_events=len({event["ts"] // 3_600_000 for event in month_events}),
        hours_with_plays=len({play["ts"] // 3_600_000 for play in plays}),
    )


def test_a_plausible_share_of_plays_finds_its_song_and_some_hours_are_empty(month: tuple[Path, Summary]) -> None:
    summary = month[1]
    assert 0.03 < summary.plays_with_song / summary.plays < 0.1
    assert 400 < summary.hours_with_plays < summary.hours_with_events < 720


def test_the_catalogue_has_the_oddities_that_loads_must_survive(month: tuple[Path, Summary]) -> None:
    catalogue = songs(month[0])
    artists_by_title, names_by_id, recordings = defaultdict(set), defaultdict(set), Counter[tuple[str, str]]()
    for song in catalogue.values():
        artists_by_title[song["title"]].add(song["artist_id"])
        names_by_id[song["artist_id"]].add(song["artist_name"])
        recordings[song["title"], song["artist_name"]] += 1
    assert max(map(len, artists_by_title.values())) > 1
    assert max(map(len, names_by_id.values())) > 1
    assert max(recordings.values()) > 1
    assert any(song["year"] == 0 for song in catalogue.values())
    assert any(song["year"] > 0 for song in catalogue.values())
    assert any(not song["artist_name"].isascii() for song in catalogue.values())
    assert {(song["artist_location"] == "", song["artist_latitude"] is None) for song in catalogue.values()} == {
        (True, True),
        (False, True),
        (False, False),
    }
    for path, song in catalogue.items():
        assert path.parts[-4:-1] == tuple(path.stem[2:5])
        assert (song["artist_latitude"] is None) == (song["artist_longitude"] is None)


def test_plays_outside_the_catalogue_come_near_it_but_do_not_join(
    month: tuple[Path, Summary], month_events: list[dict[str, Any]]
) -> None:
    catalogue = songs(month[0]).values()
    titles = {song["title"] for song in catalogue}
    names = {song["artist_name"] for song in catalogue}
    pairs = {(song["title"], song["artist_name"]) for song in catalogue}
    plays = [event for event in month_events if event["page"] == "NextSong"]
    lone = [play for play in plays if (play["song"], play["artist"]) not in pairs]
    assert any(play["song"] in titles for play in lone)
    assert any(play["artist"] in names for play in lone)


def test_sessions_count_their_items_and_belong_to_one_user(month_events: list[dict[str, Any]]) -> None:
    sessions = defaultdict(list)
    for event in month_events:
        sessions[event["sessionId"]].append(event)
    for session in sessions.values():
        assert [event["itemInSession"] for event in session] == list(range(len(session)))
        assert len({event["userId"] for event in session} - {""}) <= 1
        for event, following in itertools.pairwise(session):
            gap = following["ts"] - event["ts"]
            if following["status"] == 307:
                assert gap == 1000
            elif event["page"] == following["page"] == "NextSong":
                assert gap == int(event["length"]) * 1000
            elif event["page"] == "NextSong":
                assert gap <= event["length"] * 1000


def test_a_users_level_changes_on_the_page_after_the_form_and_nowhere_else(month_events: list[dict[str, Any]]) -> None:
    level: dict[str, str] = {}
    changes = Counter[str]()
    for event in month_events:
        user = event["userId"]
        if not user:
            continue
        assert event["level"] == level.get(user, event["level"])
        level[user] = event["level"]
        if event["page"] in ("Submit Upgrade", "Submit Downgrade"):
            assert event["level"] == ("free" if event["page"] == "Submit Upgrade" else "paid")
            level[user] = "paid" if event["page"] == "Submit Upgrade" else "free"
            changes[event["page"]] += 1
    assert changes["Submit Upgrade"] > 0


def test_nobody_registers_after_the_first_event_or_changes_name(month_events: list[dict[str, Any]]) -> None:
    known: dict[str, tuple[object, ...]] = {}
    for event in month_events:
        if event["userId"]:
            who = tuple(
                event[key] for key in ("firstName", "lastName", "gender", "location", "registration", "userAgent")
            )
            assert known.setdefault(event["userId"], who) == who
            assert event["registration"] <= event["ts"]


def test_lines_are_spaced_escaped_and_ended_as_in_the_sample(month: tuple[Path, Summary]) -> None:
    for path in logs(month[0]):
        for line in path.read_bytes().split(b"\n"):
            assert line == json.dumps(json.loads(line), separators=(",", ":")).replace("/", "\\/").encode("ascii")
    for path, song in songs(month[0]).items():
        assert path.read_bytes() == json.dumps(song).encode("ascii")


def test_text_beyond_ascii_reaches_the_log_twice_misread(month_events: list[dict[str, Any]]) -> None:
    odd = [event["song"] for event in month_events if event["song"] and not event["song"].isascii()]
    assert odd
    for title in odd:
        twice = title.encode("latin-1").decode().encode("latin-1").decode()
        assert not twice.isascii()


def test_pages_keys_and_types_are_the_samples(month_events: list[dict[str, Any]], sample_dir: Path) -> None:
    sample = [event for day in logs(sample_dir).values() for event in day]

    def shapes(events: list[dict[str, Any]]) -> dict[tuple[Any, ...], set[tuple[tuple[str, str], ...]]]:
        found = defaultdict(set)
        for event in events:
            page = tuple(event[key] for key in ("page", "auth", "method", "status"))
            found[page].add(tuple((key, kind(value)) for key, value in event.items()))
        return dict(found)

    assert shapes(month_events) == shapes(sample)


def test_songs_have_the_samples_keys_types_and_lengths_of_ids(month: tuple[Path, Summary], sample_dir: Path) -> None:
    def shapes(folder: Path) -> set[tuple[Any, ...]]:
        return {
            (
                len(path.stem),
                path.stem[:2],
                len(song["song_id"]),
                song["song_id"][:2],
                len(song["artist_id"]),
                song["artist_id"][:2],
                *((key, kind(value)) for key, value in song.items()),
            )
            for path, song in songs(folder).items()
        }

    assert shapes(month[0]) == shapes(sample_dir)


def test_the_jsonpaths_file_is_the_samples(month: tuple[Path, Summary], sample_dir: Path) -> None:
    name = "log_json_path.json"
    assert (month[0] / name).read_bytes() == (sample_dir / name).read_bytes()


def test_the_months_shape_is_the_samples(month_events: list[dict[str, Any]], sample_dir: Path) -> None:
    sample = [event for day in logs(sample_dir).values() for event in day]
    for share in (
        lambda event: event["page"] == "NextSong",
        lambda event: event["level"] == "paid",
        lambda event: event["auth"] == "Logged Out",
        lambda event: event["ts"] // 3_600_000 % 24 < 9,
    ):
        wanted = sum(map(share, sample)) / len(sample)
        assert 0.6 * wanted < sum(map(share, month_events)) / len(month_events) < 1.6 * wanted


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"songs": 0}, "songs must be 1 or more, not 0"),
        ({"songs": 1_000_001}, "songs must be at most 1,000,000"),
        ({"events": -5}, "events must be 1 or more, not -5"),
        ({"events": True}, "events must be a whole number, not True"),
        ({"days": 0}, "days must be 1 or more, not 0"),
        ({"days": 1.5}, "days must be a whole number, not 1.5"),
        ({"events": 3, "days": 4}, "4 days need at least 4 events"),
        ({"start": date(9999, 12, 31)}, "30 days from 9999-12-31 go past the year 9999"),
    ],
)
def test_what_cannot_be_simulated_is_refused_before_anything_is_written(
    tmp_path: Path, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(SimulationError, match=told):
        simulate(tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()


def test_finished_data_is_never_overwritten(tmp_path: Path) -> None:
    simulate(tmp_path, songs=2, events=3, days=1)
    before = contents(tmp_path)
    with pytest.raises(SimulationError, match=r"song_data exists already; name another directory"):
        simulate(tmp_path, songs=2, events=3, days=1, seed=1)
    assert contents(tmp_path) == before


def test_an_interrupted_call_leaves_nothing_under_a_final_name_and_can_be_made_again(tmp_path: Path) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "out", songs=2, events=30, days=3, progress=interrupt)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".unfinished"]
    simulate(tmp_path / "out", songs=2, events=30, days=3)
    simulate(tmp_path / "straight", songs=2, events=30, days=3)
    assert contents(tmp_path / "out") == contents(tmp_path / "straight")


def test_progress_is_told_after_each_day(tmp_path: Path) -> None:
    told: list[int] = []
    simulate(tmp_path, songs=2, events=40, days=4, progress=told.append)
    assert len(told) == 4
    assert told == sorted(told)
    assert told[-1] == 40
