"""`./sparkify airflow …`: Airflow's own command line in the stack's environment."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from local.borrow import airflow
from local.processes import announce, clean_environment
from local.sessions import kill, members
from local.settings import ROOT


def run(arguments: list[str]) -> int:
    """Run Airflow with `arguments` on this terminal and return its exit code."""
    program = Path(sys.executable).with_name("airflow")
    with airflow("airflow") as environment:
        # It gets the terminal's Ctrl-C itself and may have an answer to it; we end when it has ended.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        child = subprocess.Popen(  # noqa: S603 - the user's own command
            [str(program), *arguments], env=clean_environment(environment), cwd=ROOT
        )
        try:
            announce(child.pid)
            code = child.wait()
        finally:
            kill(members(child.pid))
            signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code
