"""`./sparkify test`, `lock` and `docs`: the commands that keep the project right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.console import err, out
from local.errors import StackError
from local.processes import clean_environment
from local.settings import ROOT

_LINTS = {
    "ruff check": ["ruff", "check", "--quiet", "."],
    "ruff format": ["ruff", "format", "--check", "--quiet", "."],
    "mypy": ["mypy", "--no-error-summary", "config", "dags", "plugins", "local", "tests"],
    "sqlfluff": ["sqlfluff", "lint", "--disable-progress-bar", "sql"],
}
# The last is an environment of its own.
_LOCKS = (
    "requirements",
    "deploy/helm/requirements",
    "local/requirements",
    "tests/requirements",
    "tests/warehouse/dbt/requirements",
)
# For every system and Python that we support, and with no index in it: the user's own is used.
_RESOLVE = [
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url"),
]
_DOCUMENTS = ("tests.warehouse.conformance", "local.pictures")
# Much of a test's time is waiting, for servers and for Airflow's clock. A file's tests stay together, with what they
# share.
_SIDE_BY_SIDE = ["-n", "2", "--dist", "loadfile"]
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run(arguments: list[str]) -> int:
    """Lint, type-check, then run pytest with `arguments`; return the exit code.

    `fast` as the first argument leaves out tests marked slow. Without any argument two processes share the tests. All
    lints run even if one fails; pytest runs last, so that its summary is the last line.
    """
    fast = arguments[:1] == ["fast"]
    rest = arguments[1:] if fast else arguments
    if not fast:
        _require_browser()
    failed = [name for name, command in _LINTS.items() if not _lint(name, command)]
    if failed:
        err.print(f"{', '.join(failed)} failed; the tests run all the same", style="red")
    marker = ["-m", "not slow"] if fast else [] if rest else _SIDE_BY_SIDE
    tests = subprocess.run(  # noqa: S603 - the user's own command
        [sys.executable, "-m", "pytest", *marker, *rest], cwd=ROOT, env=clean_environment(), check=False
    ).returncode
    return tests or (1 if failed else 0)


def lock() -> int:
    """Resolve the lock files, each on top of the one before; return the exit code."""
    for name in _LOCKS:
        out.print(f"{name}.txt")
        done = _command(
            [*_RESOLVE, f"{name}.in", "-o", f"{name}.txt"],
        )
        if done.returncode:
            return done.returncode
    return 0


def docs() -> int:
    """Write the documents that are made from the code and its tests; return the exit code. Idempotent."""
    environment = clean_environment()
    return max(
        subprocess.run([sys.executable, "-m", module], cwd=ROOT, env=environment, check=False).returncode  # noqa: S603
        for module in _DOCUMENTS
    )


def _lint(name: str, command: list[str]) -> bool:
    good = _command(command).returncode == 0
    out.print(f"{name}: {'ok' if good else 'FAILED'}")
    return good


def _command(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    program = Path(sys.executable).with_name(command[0])
    found = str(program) if program.exists() else shutil.which(command[0])
    if found is None:
        raise StackError(f"{command[0]} is missing from .venv", "remove .venv and run ./sparkify test again")
    return subprocess.run([found, *command[1:]], cwd=ROOT, env=clean_environment(), check=False)  # noqa: S603


def _require_browser() -> None:
    """Install Chromium where we may, else say what to install: the tests of the web page need it."""
    if any(shutil.which(name) for name in _BROWSERS):
        return
    if os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        out.print("Installing chromium …")
        environment = clean_environment({"DEBIAN_FRONTEND": "noninteractive"})
        for step in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run([apt, *step], env=environment, check=False, capture_output=True, text=True)  # noqa: S603
            if done.returncode:
                raise StackError(f"apt-get {step[0]} failed: {done.stderr.strip()}", "install chromium by hand")
        return
    raise StackError("the tests of the web page need Chromium", "install it (Debian: sudo apt-get install chromium)")
