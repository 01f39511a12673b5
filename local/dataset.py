"""A data set for the laptop's S3: a folder in the public sample's layout, or the simulator's month."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from local.errors import StackError
from local.settings import ROOT

FOLDERS = ("log_data", "song_data")
JSONPATHS = "log_json_path.json"
_PROJECT_JSONPATHS = ROOT / "sql" / "copy" / JSONPATHS
_LOG_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})-events\.json")

# About 10,000 events over 1,000 songs: big enough to look at, loaded in seconds.
SIMULATED: dict[str, int] = {"songs": 1000, "events": 10_000, "days": 30, "seed": 0}


@dataclass(frozen=True)
class DataSet:
    """Files by the key under which they belong in the source bucket.

    :param name: tells data sets apart in the home's memory.
    """

    name: dict[str, Any]
    files: dict[str, Path] = field(repr=False)

    @property
    def size(self) -> int:
        """All files' bytes together."""
        return sum(path.stat().st_size for path in self.files.values())

    def days(self) -> tuple[date, date]:
        """Return the first and the last day that has a log file; StackError when none is named by a day."""
        days = sorted(
            date.fromisoformat(found[1]) for key in self.files if (found := _LOG_DAY.fullmatch(key.split("/")[-1]))
        )
        if not days:
            raise StackError(
                "no log file is named by a day, as in log_data/2018/11/2018-11-01-events.json",
                "say which window to load with --from and --to",
            )
        return days[0], days[-1]


def from_folder(folder: Path) -> DataSet:
    """Return the data set in `folder`; StackError when it lacks log_data/ or song_data/.

    Hidden files are left out: a desktop's notes about a folder are no data.
    """
    if not folder.is_dir():
        raise StackError(f"{folder} is not a folder", "give --data a folder with log_data/ and song_data/")
    files: dict[str, Path] = {}
    for name in FOLDERS:
        if not (folder / name).is_dir():
            raise StackError(f"{folder} has no {name}/", "give --data a folder with log_data/ and song_data/")
        files.update({path.relative_to(folder).as_posix(): path for path in _walk(folder / name)})
    jsonpaths = next((path for path in (folder / JSONPATHS, _PROJECT_JSONPATHS) if path.is_file()), None)
    if jsonpaths is None:
        raise StackError(f"{folder} has no {JSONPATHS}, and the project's own is missing", "restore sql/copy/")
    return DataSet({"folder": str(folder.resolve())}, {**files, JSONPATHS: jsonpaths})


def simulated(cache: Path) -> DataSet:
    """Return the simulator's month, made in `cache` unless it is there already."""
    place = cache / "-".join(str(value) for value in SIMULATED.values())
    if not place.exists():
        from local.simulator import simulate

        # Made aside and renamed: a half-made month is never taken for a whole one.
        aside = place.with_name(f"{place.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        simulate(
            aside,
            songs=SIMULATED["songs"],
            events=SIMULATED["events"],
            days=SIMULATED["days"],
            seed=SIMULATED["seed"],
        )
        aside.rename(place)
    return DataSet(dict(SIMULATED), from_folder(place).files)


def _walk(folder: Path) -> Iterator[Path]:
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith("."))
        yield from (Path(directory, name) for name in sorted(files) if not name.startswith("."))
