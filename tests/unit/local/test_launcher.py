"""The launcher makes `.venv`, notices when it no longer fits, and hands over. Each test has a checkout of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

# Stands where the project's command line stands, and tells what the launcher handed over.
COMMAND_LINE = """
import json, os, sys
names = ("SPARKIFY_INSTALL_SECONDS", "SPARKIFY_STARTED", "PYTHONHOME", "PYTHONSTARTUP")
said = {"arguments": sys.argv[1:], "python": sys.prefix, "folder": os.getcwd()}
print(json.dumps(said | {name: os.environ.get(name) for name in names}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The launcher with lock files that ask for nothing, so that no network is needed."""
    place = tmp_path / "check out"
    (place / "local").mkdir(parents=True)
    (place / "tests").mkdir()
    shutil.copy(ROOT / "sparkify", place / "sparkify")
    for name in ("requirements.txt", "local/requirements.txt", "tests/requirements.txt"):
        (place / name).write_text("# nothing\n")
    (place / "local" / "__init__.py").write_text("")
    (place / "local" / "cli.py").write_text(COMMAND_LINE)
    return place


def environment(**more: str) -> dict[str, str]:
    # The uv of this checkout's .venv is on PATH, after the Python that made it.
    tools = Path(sys.executable).parent
    base = Path(sys.base_prefix) / "bin"
    return {"PATH": f"{base}:{os.environ['PATH']}:{tools}", "HOME": os.environ.get("HOME", "/"), **more}


def launch(checkout: Path, *arguments: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "sparkify", *arguments],
        cwd=cwd or checkout,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_the_first_start_makes_the_environment_and_the_second_uses_it(checkout: Path) -> None:
    first = launch(checkout, "run", "--data", "a b")
    assert said(first)["arguments"] == ["run", "--data", "a b"]
    assert said(first)["python"] == str(checkout / ".venv")
    assert float(str(said(first)["SPARKIFY_INSTALL_SECONDS"])) > 0
    assert "Installing" in first.stderr
    second = launch(checkout, "run")
    assert second.stderr == ""
    assert said(second)["SPARKIFY_INSTALL_SECONDS"] == "0.00"


def test_a_changed_lock_file_is_installed_and_the_environment_kept(checkout: Path) -> None:
    launch(checkout)
    (checkout / ".venv" / "kept").write_text("")
    (checkout / "requirements.txt").write_text("# nothing, differently\n")
    assert "Installing" in launch(checkout).stderr
    assert (checkout / ".venv" / "kept").exists()
    assert launch(checkout).stderr == ""


def test_only_test_installs_what_only_tests_need(checkout: Path) -> None:
    launch(checkout, "run")
    assert "Installing" in launch(checkout, "test").stderr
    assert launch(checkout, "run").stderr == ""
    assert launch(checkout, "test").stderr == ""


def test_an_environment_whose_making_was_interrupted_is_made_again_and_says_so(checkout: Path) -> None:
    launch(checkout)
    (checkout / ".venv" / "sparkify-stamp.json").unlink()
    (checkout / ".venv" / "half").write_text("")
    again = launch(checkout)
    assert ".venv is incomplete or made by another Python" in again.stderr
    assert said(again)["python"] == str(checkout / ".venv")
    assert not (checkout / ".venv" / "half").exists()


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Path) -> None:
    launch(checkout)
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    again = launch(checkout)
    assert ".venv is incomplete or made by another Python" in again.stderr
    assert said(again)["python"] == str(checkout / ".venv")


def test_a_torn_stamp_counts_as_none(checkout: Path) -> None:
    launch(checkout)
    (checkout / ".venv" / "sparkify-stamp.json").write_text('{"locks": ')
    assert ".venv is incomplete" in launch(checkout).stderr


def test_two_launchers_at_once_make_one_environment(checkout: Path) -> None:
    command = [str(checkout / "sparkify"), "run"]
    running = [
        subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], answers
    assert sum("Installing" in stderr for _, stderr in answers) == 1
    assert all("incomplete" not in stderr for _, stderr in answers)


def test_python_settings_of_the_users_shell_do_not_matter(checkout: Path) -> None:
    nonsense = "/nonsense"
    answer = said(launch(checkout, PYTHONHOME=nonsense, PYTHONPATH=nonsense, PYTHONSTARTUP=nonsense))
    assert answer["PYTHONHOME"] is None
    assert answer["PYTHONSTARTUP"] is None


def test_it_works_through_a_link_and_stays_in_the_users_folder(checkout: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "sparkify"
    link.parent.mkdir()
    link.symlink_to(checkout / "sparkify")
    # A folder of this name in the user's place must not be taken for ours.
    (tmp_path / "elsewhere" / "local").mkdir()
    answer = said(launch(link.parent, cwd=link.parent))
    assert answer["python"] == str(checkout / ".venv")
    assert answer["folder"] == str(link.parent)


def test_a_missing_lock_file_is_one_line_with_a_remedy(checkout: Path) -> None:
    (checkout / "local" / "requirements.txt").unlink()
    done = launch(checkout)
    assert done.returncode == 2
    assert done.stderr == (
        "sparkify: local/requirements.txt is missing; restore it: git checkout local/requirements.txt\n"
    )


def test_a_package_that_cannot_be_installed_is_named_and_leaves_no_stamp(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("nothing-of-this-name @ file:///nowhere/at-all.whl\n")
    done = launch(checkout)
    assert done.returncode == 2
    assert "trying pip" in done.stderr
    assert "sparkify: the packages could not be installed; check the network" in done.stderr
    assert "nothing-of-this-name" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".venv" / "sparkify-stamp.json").exists()


def test_a_python_without_ensurepip_is_told_which_package_to_install(checkout: Path) -> None:
    # Debian ships venv and ensurepip apart from Python; -c stands for such a Python, and no uv is at hand.
    script = (
        "import runpy, sys; sys.modules['ensurepip'] = None;"
        f" runpy.run_path({str(checkout / 'sparkify')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "/usr/bin:/bin"} | {"HOME": "/"},
        capture_output=True,
        text=True,
        check=False,
    )
    if shutil.which("uv", path="/usr/bin:/bin"):
        pytest.skip("a uv on the system's path makes environments without ensurepip")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "sparkify: this Python cannot make virtual environments (ensurepip is missing);"
        " on Debian: apt install python3-venv"
    )


def test_without_a_python_that_is_new_enough_one_line_says_so(checkout: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", checkout / "sparkify"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("sparkify: Python 3.11 to 3.14 is needed and not on PATH")
    assert done.stderr.count("\n") == 1


def python_stub(folder: Path, name: str, *, version: tuple[int, int] | None = None) -> None:
    """A Python on PATH; with a version, one that says it is of that and is good for nothing else."""
    body = f'exec {sys.executable} "$@"'
    if version:
        told = f"import sys; sys.version_info = (*{version}, 0)"
        body = f'[ "$2" = -c ] || exit 9\nexec {sys.executable} -E -c "{told}; $3"'
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_a_python_that_the_lock_files_have_no_wheels_for_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    stubs = tmp_path / "stubs"
    python_stub(stubs, "python3", version=(3, 15))
    command = ["/bin/sh", str(checkout / "sparkify")]
    alone = subprocess.run(command, env={"PATH": str(stubs)}, capture_output=True, text=True, check=False)
    assert alone.returncode == 2
    assert alone.stderr.startswith("sparkify: Python 3.11 to 3.14 is needed and not on PATH")
    python_stub(stubs, "python3.13")
    assert said(launch(checkout, PATH=f"{stubs}:{environment()['PATH']}"))["python"] == str(checkout / ".venv")


def test_a_python_that_is_too_new_is_named_with_the_bound(checkout: Path) -> None:
    script = (
        "import runpy, sys; sys.version_info = (3, 15, 0);"
        f" runpy.run_path({str(checkout / 'sparkify')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"sparkify: Python 3.11 to 3.14 is needed and {sys.executable} is ")
    assert done.stderr.count("\n") == 1


def test_a_checkout_that_cannot_be_written_to_is_named_and_no_package_blamed(checkout: Path) -> None:
    python = shutil.which("python3", path="/usr/bin:/bin")
    if not python:
        pytest.skip("the system has no Python that another user may run")
    # Root may write everywhere, so it is another who tries.
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(checkout, place := Path(name) / "checkout")
        Path(name).chmod(0o755)
        for path in (place, *place.rglob("*")):
            path.chmod(0o555)
        done = subprocess.run(
            [python, place / "sparkify"],
            env={"PATH": "/usr/bin:/bin"},
            user=65534 if os.geteuid() == 0 else None,
            capture_output=True,
            text=True,
            check=False,
        )
        for path in (place, *place.rglob("*")):
            path.chmod(0o755)
    assert done.returncode == 2
    assert done.stderr == (
        f"sparkify: {place} cannot be written to, and .venv is made there;"
        " copy the checkout to a folder that you may write to\n"
    )
