"""The home: one user at a time, one data set at a time, secrets for its owner only."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local import secret_files
from local.errors import StackError
from local.home import Home

HOLD = """
import sys, time
from pathlib import Path
from local.home import Home
with Home(Path(sys.argv[1])).held("up"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def holder(home: Home):
    """Another process that holds the home as `up`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home.path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_held_home_names_the_process_and_command_that_hold_it(home: Home, holder: subprocess.Popen[bytes]) -> None:
    with pytest.raises(StackError, match=rf"another ./sparkify \(pid {holder.pid}, `up`\) is using") as refused:
        home.held("run").__enter__()
    assert "SPARKIFY_HOME" in refused.value.remedy


def test_the_lock_of_a_killed_holder_does_not_block(home: Home, holder: subprocess.Popen[bytes]) -> None:
    holder.kill()
    holder.wait()
    with home.held("run"):
        assert json.loads((home.path / "lock").read_text()) == {"pid": os.getpid(), "command": "run"}


def test_what_a_stack_publishes_is_read_only_while_it_holds_the_home(home: Home) -> None:
    assert home.running() is None
    with home.held("up"):
        home.publish({"redshift": "there"})
        assert home.running() == {"redshift": "there"}
        assert stat.S_IMODE((home.path / "stack.json").stat().st_mode) == 0o600
    assert home.running() is None
    assert not (home.path / "stack.json").exists()


def test_only_its_owner_can_list_a_home(home: Home) -> None:
    with home.held("run"):
        mode = stat.S_IMODE(home.path.stat().st_mode)
    # Root's is walked through by the user that PostgreSQL runs as.
    assert mode == (0o711 if os.geteuid() == 0 else 0o700)


def test_a_folder_with_other_files_is_not_taken_for_a_home(home: Home) -> None:
    home.path.mkdir()
    (home.path / "thesis.txt").write_text("years of work")
    with pytest.raises(StackError, match="is not a home"), home.held("run"):
        pass
    assert (home.path / "thesis.txt").read_text() == "years of work"


def test_another_data_set_is_refused_and_the_remedy_named(home: Home) -> None:
    with home.held("run"):
        home.remember_data({"folder": "/one"})
        home.remember_data({"folder": "/one"})
        with pytest.raises(StackError, match="holds the data of /one, not of the simulator") as refused:
            home.remember_data({"songs": 5})
        assert "--fresh" in refused.value.remedy


def test_fresh_forgets_the_data_set_and_the_servers_and_nothing_else(home: Home) -> None:
    with home.held("run"):
        home.remember_data({"folder": "/one"})
        for name in ("airflow", "redshift", "s3", "postgres", "mine"):
            (home.path / name).mkdir()
            (home.path / name / "file").write_text("")
        home.wipe()
        home.remember_data({"folder": "/two"})
        assert sorted(path.name for path in home.path.iterdir()) == ["data.json", "lock", "mine"]


def test_a_full_disk_is_named_with_what_is_needed(home: Home) -> None:
    with home.held("run"), pytest.raises(StackError, match=r"GB free, and this needs \d+\.\d GB"):
        home.require_space(10**18)


def test_a_home_that_is_a_file_is_refused_in_one_line(home: Home) -> None:
    home.path.write_text("")
    with pytest.raises(StackError, match="cannot be used"), home.held("run"):
        pass


def test_secrets_are_kept_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = secret_files.keep(path, {"one": secret_files.token})
    both = secret_files.keep(path, {"one": secret_files.token, "two": secret_files.token})
    assert both["one"] == first["one"]
    assert both["two"] != both["one"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
