"""The environment that dbt runs in: made from its own lock beside the checkout's, and kept in step with it."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local.processes import clean_environment
from local.settings import ROOT

_LOCK = Path(__file__).with_name("requirements.txt")
_PLACE = ROOT / ".venv.dbt"
_PYTHON = _PLACE / "bin" / "python"
# Written last: without it, or with another lock's or Python's name in it, the environment is half-made or stale.
_STAMP = _PLACE / "stamp"


def dbt() -> Path:
    """Return the program dbt, installed if it is not there. One process at a time makes it; the others wait.

    Raises AssertionError with the installer's words if it cannot be installed.
    """
    wanted = f"{hashlib.sha256(_LOCK.read_bytes()).hexdigest()} {sys.version}"
    with _LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (_STAMP.is_file() and _STAMP.read_text() == wanted):
            shutil.rmtree(_PLACE, ignore_errors=True)
            _make()
            _STAMP.write_text(wanted)
    return _PLACE / "bin" / "dbt"


def _make() -> None:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    files = ["--quiet", "--require-hashes", "-r", str(_LOCK)]
    if uv:
        _call([uv, "venv", "--quiet", "--python", sys.executable, str(_PLACE)])
        _call([uv, "pip", "install", "--python", str(_PYTHON), *files])
    else:
        _call([sys.executable, "-m", "venv", str(_PLACE)])
        _call([str(_PYTHON), "-m", "pip", "install", *files])


def _call(command: list[str]) -> None:
    environment = clean_environment({"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"})
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"dbt could not be installed: {done.stderr or done.stdout}"
