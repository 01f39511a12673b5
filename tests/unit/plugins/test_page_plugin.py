"""What the plugin file costs the processes that do not serve the page, each task's fork among them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import clean_environment
from local.settings import ROOT

# As a process that has Airflow loaded meets the file.
_PROBE = """
import json, runpy, sys
import airflow.configuration, airflow.plugins_manager, airflow.sdk.plugins_manager
before = set(sys.modules)
found = runpy.run_path("plugins/sparkify_page.py")
print(json.dumps(sorted(set(sys.modules) - before)))
"""

# As the api-server does: all of plugins/, then what it serves.
_SERVED = """
import json, sys
from airflow import plugins_manager
apps, _ = plugins_manager.get_fastapi_plugins()
[app] = [each for each in apps if each["url_prefix"] == "/sparkify"]
[view] = [view for plugin in plugins_manager.get_plugin_info() for view in plugin["external_views"]]
print(json.dumps([plugins_manager.get_import_errors(), len(app["app"].routes), view["href"]]))
"""


def told(probe: str, home: Path, **settings: str) -> list[object]:
    environment = clean_environment(
        {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"), **settings}
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_the_plugin_file_imports_nothing_that_airflow_has_not_loaded(tmp_path: Path) -> None:
    assert told(_PROBE, tmp_path) == []


@pytest.mark.slow
def test_airflow_loads_the_plugin_without_an_error_and_serves_it_below_its_own_path(tmp_path: Path) -> None:
    errors, routes, href = told(_SERVED, tmp_path, AIRFLOW__API__BASE_URL="https://airflow.example.com/team/a/")
    assert errors == {}
    assert isinstance(routes, int)
    assert routes >= 10
    assert href == "/team/a/sparkify/page"
