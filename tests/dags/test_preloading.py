"""What config/airflow_local_settings.py spares each task."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import clean_environment
from local.settings import ROOT

# As in the scheduler: the settings first; then, as in a task's process, the DAG files.
_PROBE = """
import json, sys
import runpy
runpy.run_path("config/airflow_local_settings.py")
before = set(sys.modules)
for path in sys.argv[2:]:
    runpy.run_path(path)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def _imported_later(command: str, home: Path) -> list[str]:
    files = [str(path) for path in sorted((ROOT / "dags").glob("*.py"))]
    environment = clean_environment({"PYTHONPATH": "plugins", "AIRFLOW_HOME": str(home)})
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, command, *files],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in json.loads(done.stdout.splitlines()[-1]) if name.startswith(("sparkify.", "airflow.prov"))]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["scheduler", "worker"])
def test_the_scheduler_and_a_celery_worker_have_what_the_dags_import_before_a_task_starts(
    command: str, tmp_path: Path
) -> None:
    assert _imported_later(command, tmp_path) == []


@pytest.mark.slow
def test_other_processes_load_nothing_ahead(tmp_path: Path) -> None:
    assert "sparkify.operators.load_fact" in _imported_later("api-server", tmp_path)
