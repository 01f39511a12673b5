"""However ./sparkify ends, and whenever, no process is left behind and the next start works."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.commands import Place, place

pytestmark = pytest.mark.slow

# What has been started at the moment of the signal: by the pid file of the server that was started last.
MOMENTS = ["lock", "postgres/postgres.pid", "airflow/db-migrate.pid", "airflow/dag-processor.pid"]
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as made:
        yield made


def wait_for(file: Path, running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not file.exists():
        assert running.poll() is None, (running.returncode, running.communicate())
        assert time.monotonic() < deadline, f"{file} does not appear"
        time.sleep(0.01)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", CODES)
def test_a_signal_at_any_moment_of_the_start_leaves_no_process(
    here: Place, number: signal.Signals, moment: str
) -> None:
    up = here.start("up")
    wait_for(here.home / moment, up)
    up.send_signal(number)
    out, err = up.communicate()
    assert up.returncode == CODES[number], (out, err)
    assert "Traceback" not in err
    here.wait_for_no_process()


@pytest.mark.parametrize("number", CODES)
def test_a_signal_to_a_running_warehouse_leaves_no_process_and_the_data(here: Place, number: signal.Signals) -> None:
    running = here.start("warehouse")
    assert running.stdout is not None
    json.loads(running.stdout.readline())
    assert here.run("sql", "create table kept (a int)").returncode == 0
    assert here.run("sql", "insert into kept values (7)").returncode == 0
    running.send_signal(number)
    running.communicate()
    assert running.returncode == CODES[number]
    # At once, while the watchdog of a killed one may still be at work.
    again = here.run("sql", "select a from kept")
    assert (again.stdout, again.returncode) == ("a\n7\n", 0), again.stderr


def test_a_server_that_dies_ends_the_command_with_its_name_and_log(here: Place) -> None:
    running = here.start("warehouse")
    assert running.stdout is not None
    running.stdout.readline()
    psutil.Process(json.loads((here.home / "s3" / "s3.pid").read_text())["pid"]).kill()
    _, err = running.communicate()
    assert running.returncode == 2
    assert "sparkify: s3 ended with exit code -9" in err
    assert str(here.home / "s3" / "s3.log") in err
