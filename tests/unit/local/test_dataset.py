"""What counts as a data set."""

from datetime import date
from pathlib import Path

import pytest

from local import dataset
from local.errors import StackError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "log_data/2018/11/2018-11-03-events.json",
        "log_data/2018/11/2018-11-12-events.json",
        "song_data/A/x.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


def test_keys_are_the_paths_in_the_folder(folder: Path) -> None:
    (folder / "log_data" / ".DS_Store").write_text("")
    (folder / "notes.txt").write_text("")
    found = dataset.from_folder(folder)
    assert set(found.files) == {
        "log_data/2018/11/2018-11-03-events.json",
        "log_data/2018/11/2018-11-12-events.json",
        "song_data/A/x.json",
        "log_json_path.json",
    }
    assert found.days() == (date(2018, 11, 3), date(2018, 11, 12))


def test_its_own_jsonpaths_file_is_preferred_to_the_projects(folder: Path) -> None:
    assert dataset.from_folder(folder).files["log_json_path.json"] != folder / "log_json_path.json"
    (folder / "log_json_path.json").write_text('{"jsonpaths": []}')
    assert dataset.from_folder(folder).files["log_json_path.json"] == folder / "log_json_path.json"


@pytest.mark.parametrize("missing", ["log_data", "song_data"])
def test_a_folder_without_logs_or_songs_is_refused(folder: Path, missing: str) -> None:
    (folder / missing).rename(folder / "elsewhere")
    with pytest.raises(StackError, match=f"has no {missing}/"):
        dataset.from_folder(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="is not a folder"):
        dataset.from_folder(tmp_path / "nowhere")


def test_logs_that_are_not_named_by_a_day_need_an_explicit_window(folder: Path) -> None:
    for file in (folder / "log_data").rglob("*.json"):
        file.rename(file.with_name(f"{file.stem[-9:]}.log"))
    with pytest.raises(StackError, match="--from and --to"):
        dataset.from_folder(folder).days()


def test_the_same_folder_by_another_path_is_the_same_data_set(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("link") / "to"
    link.symlink_to(folder)
    assert dataset.from_folder(link).name == dataset.from_folder(folder).name


def test_the_simulated_month_is_made_once(tmp_path: Path) -> None:
    first = dataset.simulated(tmp_path)
    song = next(path for key, path in first.files.items() if key.startswith("song_data/"))
    made = song.stat().st_mtime_ns
    second = dataset.simulated(tmp_path)
    assert second.files == first.files
    assert song.stat().st_mtime_ns == made
    assert first.days() == (date(2018, 11, 1), date(2018, 11, 30))
