"""Servers as processes: ready, stopped, died, orphaned."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local import sessions
from local.errors import ServerDiedError
from local.processes import Server, clean_environment, reap

# A server with a child in a process group of its own, as Airflow's tasks are.
FAMILY = """
import os, subprocess, sys, time
child = "import os, time; os.setpgid(0, 0); print(os.getpid(), flush=True); time.sleep(60)"
first = subprocess.Popen([sys.executable, "-c", child])
print(os.getpid(), flush=True)
if "stubborn" in sys.argv:
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
SUPERVISOR = """
import sys, time
from pathlib import Path
from local.processes import Server
place = Path(sys.argv[1])
server = Server("family", [sys.executable, "-c", sys.argv[2]], directory=place, log=place / "log")
server.start()
print("started", flush=True)
time.sleep(60)
"""


def family(place: Path, *arguments: str, stop_seconds: float = 10.0) -> Server:
    argv = [sys.executable, "-c", FAMILY, *arguments]
    return Server("family", argv, directory=place, log=place / "log", stop_seconds=stop_seconds)


def pids(place: Path) -> list[int]:
    """The family's process ids, once all of it is there."""
    deadline = time.monotonic() + 20
    while True:
        lines = (place / "log").read_text().split() if (place / "log").exists() else []
        if len(lines) == 3:
            return [int(line) for line in lines if line != "ready"]
        assert time.monotonic() < deadline, f"the family is not complete: {lines}"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return sessions.started(pid) is None


def wait_until_gone(*wanted: int) -> None:
    deadline = time.monotonic() + 20
    while not all(gone(pid) for pid in wanted):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.02)


def test_stop_ends_children_that_left_the_process_group(tmp_path: Path) -> None:
    server = family(tmp_path)
    server.start()
    everyone = pids(tmp_path)
    server.stop()
    assert all(gone(pid) for pid in everyone)
    assert not (tmp_path / "family.pid").exists()


def test_a_server_that_ignores_its_stop_signal_is_killed(tmp_path: Path) -> None:
    server = family(tmp_path, "stubborn", stop_seconds=0.2)
    server.start()
    everyone = pids(tmp_path)
    server.stop()
    assert all(gone(pid) for pid in everyone)


def test_a_server_that_ends_too_soon_is_reported_with_its_last_words_and_its_log(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys; print('out of cheese'); sys.exit(7)"]
    server = Server("mouse", argv, directory=tmp_path, log=tmp_path / "mouse.log")
    server.start()
    with pytest.raises(ServerDiedError) as died:
        server.wait_until(lambda: False, seconds=20)
    server.stop()
    assert died.value.code == 7
    assert "mouse ended with exit code 7" in str(died.value)
    assert "out of cheese" in str(died.value)
    assert str(tmp_path / "mouse.log") in str(died.value)


def test_the_watchdog_ends_everything_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path), FAMILY], stdout=subprocess.PIPE)
    everyone = pids(tmp_path)
    supervisor.send_signal(signal.SIGKILL)
    supervisor.communicate()
    wait_until_gone(*everyone)


def test_the_watchdog_ends_with_its_supervisor(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path), FAMILY], stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    supervisor.stdout.readline()
    watchdogs = [
        child.pid for child in psutil.Process(supervisor.pid).children() if "watchdog.py" in " ".join(child.cmdline())
    ]
    assert len(watchdogs) == 1
    supervisor.kill()
    supervisor.communicate()
    wait_until_gone(*watchdogs)


def test_leftovers_named_by_pid_files_are_ended_at_the_next_start(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", FAMILY]
    with (tmp_path / "log").open("wb") as log:
        left = subprocess.Popen(argv, stdout=log, start_new_session=True)
    everyone = pids(tmp_path)
    noted = {"pid": left.pid, "started": sessions.started(left.pid)}
    (tmp_path / "family.pid").write_text(json.dumps(noted))
    assert reap(tmp_path) == ["family"]
    left.wait()
    assert all(gone(pid) for pid in everyone)
    assert not (tmp_path / "family.pid").exists()


def test_a_process_that_took_a_leftovers_number_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    (tmp_path / "family.pid").write_text(json.dumps({"pid": other.pid, "started": 1.0}))
    (tmp_path / "torn.pid").write_text('{"pid": ')
    assert reap(tmp_path) == []
    assert not gone(other.pid)
    other.kill()
    other.wait()
    assert not list(tmp_path.iterdir())


def test_settings_meant_for_other_programs_do_not_reach_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = ("PYTHONHOME", "AWS_PROFILE", "PGHOST", "AIRFLOW_HOME", "AIRFLOW__CORE__EXECUTOR")
    for name in foreign:
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("SPARKIFY_SCHEDULE_START", "2018-11-01")
    environment = clean_environment({"AIRFLOW_HOME": "here"})
    assert environment["AIRFLOW_HOME"] == "here"
    assert environment["SPARKIFY_SCHEDULE_START"] == "2018-11-01"
    assert not {name for name in foreign if environment.get(name) == "elsewhere"}
