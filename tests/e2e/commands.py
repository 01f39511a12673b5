"""./sparkify as its users start it, each in a home and at ports of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from local import accounts
from local.home import Home
from tests.ports import named_ports


class Place:
    """A home, its ports, and the environment that names them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._started: list[subprocess.Popen[str]] = []
        ui, redshift, s3 = named_ports(3)
        self.environment = os.environ | {
            "SPARKIFY_HOME": str(home),
            "SPARKIFY_UI_PORT": str(ui),
            "SPARKIFY_REDSHIFT_PORT": str(redshift),
            "SPARKIFY_S3_PORT": str(s3),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own, as a terminal would."""
        process = subprocess.Popen(
            [sys.executable, "-m", "local.cli", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        """Kill what a failed test left running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def processes(self) -> list[str]:
        """What runs in this home: recognised by command line, environment or open files, as titles may be changed."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                told = [*process.cmdline(), *process.environ().values(), *(file.path for file in process.open_files())]
                if process.pid != os.getpid() and any(str(self.home) in text for text in told):
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
        return found

    def wait_for_no_process(self) -> None:
        """Return when nothing runs in this home any more; fails after a while, naming what does."""
        deadline = time.monotonic() + 30
        while left := self.processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


@contextmanager
def place() -> Iterator[Place]:
    """A place whose home is removed in the end."""
    home = Path(tempfile.mkdtemp(prefix="sparkify-e2e-"))
    home.chmod(0o711)
    made = Place(home / "home")
    try:
        yield made
    finally:
        made.end()
        made.wait_for_no_process()
        held = Home(made.home)
        if made.home.exists():
            held.wipe()
            accounts.remove_data(made.home)
        home.rmdir()
