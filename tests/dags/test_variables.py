"""The Variables that templates read: a value that cannot be read never becomes another one."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from airflow.sdk import Context, RetryAction
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import supervisor, task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, GetVariable, VariableResult
from airflow.sdk.execution_time.secrets.execution_api import ExecutionAPISecretsBackend

from local import airflow_settings
from sparkify.retry_policy import WarehouseRetryPolicy
from tests.dags.test_dags import DAG_FILES, ROOT, context_of
from tests.pipeline import VARIABLES, load_dag

SOURCES = [path for folder in ("dags", "plugins", "sql") for path in (ROOT / folder).rglob("*.*")]
TEXT = "\n".join(path.read_text() for path in SOURCES if path.suffix in (".py", ".sql", ".yaml"))


class Api:
    """Answers what tasks ask the API server for, but for one Variable, which it has no time for."""

    def __init__(self, unreadable: str | None) -> None:
        self.unreadable = unreadable

    def send(self, message: Any) -> Any:
        assert isinstance(message, GetVariable)
        if message.key == self.unreadable:
            return ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 503})
        return VariableResult(key=message.key, value=f"{VARIABLES[message.key]}-as-set")


def _rendered(monkeypatch: pytest.MonkeyPatch, unreadable: str | None) -> dict[str, Any]:
    """By task, what its templates say, or the error that one of them is."""
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Api(unreadable), raising=False)
    monkeypatch.setattr(supervisor, "ensure_secrets_backend_loaded", lambda: [ExecutionAPISecretsBackend()])
    said: dict[str, Any] = {}
    for path in DAG_FILES:
        dag = load_dag(path.stem)
        for task in dag.tasks:
            task.resolve_template_files()
            try:
                task.render_template_fields(cast(Context, context_of(dag, "scheduled")))
            except AirflowRuntimeError as error:
                said[task.task_id] = error
            else:
                said[task.task_id] = {field: getattr(task, field) for field in task.template_fields}
    return said


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_variable_that_cannot_be_read_fails_what_reads_it_by_name_and_changes_nothing_else(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    well, ill = _rendered(monkeypatch, None), _rendered(monkeypatch, name)
    failed = {task: said for task, said in ill.items() if isinstance(said, AirflowRuntimeError)}
    assert failed
    for error in failed.values():
        assert f"Variable {name} not found" in str(error)
        assert WarehouseRetryPolicy().evaluate(error, 1, 5).action is RetryAction.RETRY
    assert {task: said for task, said in ill.items() if task not in failed} == {
        task: said for task, said in well.items() if task not in failed
    }


def test_no_template_gives_a_variable_a_default_or_reads_one_that_no_guide_names() -> None:
    read = re.findall(r"\bvar\.(?:value|json)\b([^}]*)", TEXT)
    assert len(read) > len(VARIABLES)
    assert {expression.strip() for expression in read} == {f".{name}" for name in VARIABLES}
    assert not re.search(r"\bVariable\.get\b", TEXT)


def test_every_deployment_and_its_guide_sets_every_variable() -> None:
    names = {f"AIRFLOW_VAR_{name.upper()}" for name in VARIABLES}
    environment = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["x-airflow"]["environment"]
    # A default, or a refusal to start; set to nothing counts as not set.
    assert {name for name, value in environment.items() if re.fullmatch(r"\$\{\w+:[-?].+\}", str(value))} >= names
    chart = yaml.safe_load((ROOT / "deploy" / "helm" / "values.yaml").read_text())
    assert {each["name"] for each in chart["env"] if each["value"]} >= names
    assert set(re.findall(r"^(\w+)=\S", (ROOT / "docs" / "deploy" / "mwaa.md").read_text(), re.MULTILINE)) >= names
    assert set(re.findall(r'"(AIRFLOW_VAR_\w+)": ', Path(airflow_settings.__file__).read_text())) >= names
    assert set(re.findall(r"^\| `(sparkify_\w+)` \| (?!`http)", (ROOT / "README.md").read_text(), re.MULTILINE)) >= set(
        VARIABLES
    )


def test_the_public_data_sets_values_are_the_same_wherever_they_stand() -> None:
    readme = (ROOT / "README.md").read_text()
    environment = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["x-airflow"]["environment"]
    for name in set(VARIABLES) - {"sparkify_manifest_prefix"}:
        assert f"| `{name}` | `{VARIABLES[name]}` |" in readme
        assert environment[f"AIRFLOW_VAR_{name.upper()}"].endswith(f":-{VARIABLES[name]}}}")
    assets = (ROOT / "plugins" / "sparkify" / "assets.py").read_text()
    for name in ("sparkify_source", "sparkify_log_layout", "sparkify_song_prefix"):
        assert f'= "{VARIABLES[name]}"\n' in assets
