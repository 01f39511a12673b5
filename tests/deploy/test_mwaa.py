"""What `./sparkify package mwaa` writes works where Amazon MWAA unpacks it, with nothing of the repository in reach."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local import package_mwaa
from local.errors import StackError
from local.processes import clean_environment

ROOT = Path(__file__).resolve().parents[2]

# As in MWAA's images: its own settings run those that lie in plugins/.
_SETTINGS_OF_MWAA = """
import os, runpy
runpy.run_path(os.path.join(os.environ["AIRFLOW_HOME"], "plugins", "airflow_local_settings.py"))
"""
_WORKER = """
import json, sys
from airflow import settings
settings.initialize()
preloaded = sorted(name for name in sys.modules if name.startswith("sparkify.operators."))
from airflow.dag_processing.dagbag import DagBag
from airflow import plugins_manager
bag = DagBag()
plugins, errors = plugins_manager._get_plugins()
apps, _ = plugins_manager.get_fastapi_plugins()
from fastapi.testclient import TestClient
from sparkify.page import files
from sparkify.sql_files import sql_folder
page = [app for app in apps if app["url_prefix"] == "/sparkify"]
print(json.dumps({
    "preloaded": preloaded,
    "dags": {dag_id: len(dag.tasks) for dag_id, dag in bag.dags.items()},
    "errors": {**bag.import_errors, **errors},
    "plugins": [plugin.name for plugin in plugins],
    "anonymous": TestClient(page[0]["app"]).get("/page").status_code,
    "icon": files.static("icon.svg", None).status_code,
    "sql": str(sql_folder()),
    "files": sorted({m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "sparkify" and m.__file__}),
}))
"""


# What MWAA's image lacks of our requirements, and what is missing where its pip reaches no index.
_WITHOUT_OPENLINEAGE = """
import sys
sys.modules.update(dict.fromkeys(("airflow.providers.openlineage.extractors", "openlineage", "openlineage_sql")))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("package") / "out"
    package_mwaa.write(out)
    return out


@pytest.fixture(scope="module")
def airflow_home(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's home as MWAA lays it out."""
    home = tmp_path_factory.mktemp("mwaa") / "usr" / "local" / "airflow"
    (home / "config").mkdir(parents=True)
    (home / "config" / "airflow_local_settings.py").write_text(_SETTINGS_OF_MWAA)
    (home / "dags").symlink_to(package / "dags")
    with zipfile.ZipFile(package / "plugins.zip") as archive:
        archive.extractall(home / "plugins")
    return home


def run(program: str, home: Path, *arguments: str) -> Any:
    """What the program prints last, as JSON; -I keeps the repository off Python's path."""
    environment = clean_environment({"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"})
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_worker_has_its_imports_all_dags_and_the_page_from_the_layout_of_mwaa(airflow_home: Path) -> None:
    found = run(_WORKER, airflow_home, "celery", "worker")
    assert found["errors"] == {}
    assert "sparkify.operators.load_fact" in found["preloaded"]
    assert sorted(found["dags"]) == sorted(path.stem for path in (ROOT / "dags").glob("*.py"))
    assert all(found["dags"].values())
    assert "sparkify_page" in found["plugins"]
    assert not {name for name in found["plugins"] if "settings" in name}
    assert (found["icon"], found["anonymous"]) == (200, 401)
    assert found["sql"] == str(airflow_home / "plugins" / "sql")
    assert len(found["files"]) > 20
    assert not [name for name in found["files"] if not name.startswith(str(airflow_home))]


@pytest.mark.slow
def test_without_the_one_requirement_that_the_image_lacks_all_dags_are_read(airflow_home: Path) -> None:
    found = run(_WITHOUT_OPENLINEAGE + _WORKER, airflow_home, "celery", "worker")
    assert found["errors"] == {}
    assert sorted(found["dags"]) == sorted(path.stem for path in (ROOT / "dags").glob("*.py"))


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    package_mwaa.write(one)
    package_mwaa.write(other)
    for path in one.rglob("*"):
        if path.is_file():
            assert (other / path.relative_to(one)).read_bytes() == path.read_bytes(), path


def test_the_archive_holds_plugins_and_sql_and_nothing_that_was_compiled_or_hidden(package: Path) -> None:
    names = zipfile.ZipFile(package / "plugins.zip").namelist()
    assert len(names) == len(set(names))
    assert {"sparkify/__init__.py", "sql/load/songplays.sql", "sql/tables/songplays.sql"} <= set(names)
    assert [name for name in names if "__pycache__" in name or re.search(r"(^|/)\.", name)] == [".airflowignore"]


def test_the_requirements_are_names_whose_versions_are_the_images_constraints(package: Path) -> None:
    text = (package / "requirements.txt").read_text()
    # What MWAA's image looks for, in comments too; where it finds it, its own constraints are left out.
    assert not re.search(r"-c |--constraint ", text)
    names = text.splitlines()
    assert names == sorted(names)
    assert {"apache-airflow-providers-amazon", "redshift-connector"} <= set(names)
    assert not [name for name in names if re.search(r"[=<>@:/#]", name) or name == "apache-airflow"]


def test_the_start_up_script_exports_settings_to_a_shell_as_they_were_given(tmp_path: Path) -> None:
    settings = {
        "SPARKIFY_SCHEDULE_START": "2018-11-01",
        "AIRFLOW_VAR_SPARKIFY_LOG_LAYOUT": "logs/%Y/it's $HOME/*.json",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": '{"connections_prefix": "airflow/connections"}',
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in settings.items()]
    (tmp_path / "env").write_text("# of the environment\n\n" + "".join(lines))
    package_mwaa.write(tmp_path / "out", env=tmp_path / "env")
    shown = subprocess.run(
        ["bash", "-euc", f". {tmp_path}/out/startup.sh; env -0"],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    exported = dict(line.split("=", 1) for line in shown.stdout.split("\0") if "=" in line)
    assert exported.items() >= settings.items()
    assert exported["AIRFLOW__AWS__SESSION_FACTORY"] == "sparkify.aws_session.SharedLoaderSessionFactory"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "AIRFLOW_CONN_REDSHIFT='redshift://loader:word@cluster.example/dev'",
            "line 2: AIRFLOW_CONN_REDSHIFT may hold",
        ),
        ("AIRFLOW__CORE__FERNET_KEY=abc", "line 2: AIRFLOW__CORE__FERNET_KEY may hold a secret"),
        ('AIRFLOW__OPENLINEAGE__TRANSPORT=\'{"auth": {"apiKey": "abc"}}\'', "may hold a secret; keep it in Secrets"),
        ("PATH=/tmp", "line 2: not SPARKIFY_"),
        ("SPARKIFY_SCHEDULE_START 2018-11-01", "line 2: not SPARKIFY_"),
        ("SPARKIFY_SCHEDULE_START=2018-11-01 00:00", "line 2: the value of SPARKIFY_SCHEDULE_START has blanks"),
        ("SPARKIFY_SCHEDULE_START='2018", "line 2: No closing quotation"),
    ],
)
def test_a_line_that_is_a_secret_or_no_setting_is_refused_and_nothing_is_written(
    tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / "env").write_text(f"AIRFLOW_VAR_SPARKIFY_REGION=us-west-2\n{line}\n")
    with pytest.raises(StackError, match=re.escape(said)) as error:
        package_mwaa.write(tmp_path / "out", env=tmp_path / "env")
    assert "abc" not in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("version", ["3.2.1", "2.11.0", "latest"])
def test_an_airflow_that_the_dags_cannot_run_on_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(StackError, match=re.escape(version)):
        package_mwaa.write(tmp_path / "out", airflow_version=version)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(StackError, match="is not an empty folder; name a new one"):
        package_mwaa.write(tmp_path)


@pytest.mark.slow
def test_the_command_prints_what_it_has_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.cli", "package", "mwaa", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=True)
    assert [Path(line).name for line in done.stdout.split()] == [
        "dags",
        "plugins.zip",
        "requirements.txt",
        "startup.sh",
    ]
