"""deploy/helm: values for the official chart that keep what the guide says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HELM = ROOT / "deploy" / "helm"
# The chart's keys that we rely on, in version 1.22.0; its own schema is not ours to copy.
KEYS = {
    *("airflowVersion", "images", "airflowLocalSettings", "postgresql", "data", "pgbouncer", "fernetKeySecretName"),
    *("apiSecretKeySecretName", "jwtSecretName", "extraEnvFrom", "env", "config", "securityContexts", "createUserJob"),
    *("apiServer", "scheduler", "dagProcessor", "triggerer", "databaseCleanup", "executor", "workers", "redis"),
}


def values(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((HELM / name).read_text())
    return parsed


@pytest.fixture
def common() -> dict[str, Any]:
    return values("values.yaml")


def test_only_keys_of_the_chart_that_we_know_are_used(common: dict[str, Any]) -> None:
    used = [set(each) for each in (common, values("values-kubernetes.yaml"), values("values-celery.yaml"))]
    assert set.union(*used) == KEYS


def test_airflow_is_the_version_that_the_image_is_built_from(common: dict[str, Any]) -> None:
    locked = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert locked
    assert common["airflowVersion"] == common["images"]["airflow"]["tag"] == locked[1]


def test_no_secret_is_in_the_values_and_each_that_the_chart_would_make_is_named(common: dict[str, Any]) -> None:
    names = ("fernetKeySecretName", "apiSecretKeySecretName", "jwtSecretName")
    assert {common[name] for name in names} == {"sparkify-keys"}
    assert common["data"] == {"metadataSecretName": "sparkify-metadata"}
    assert yaml.safe_load(common["extraEnvFrom"]) == [{"secretRef": {"name": "sparkify-connections"}}]
    for path in HELM.glob("*.yaml"):
        assert not re.search(r"password: |AIRFLOW_CONN_\w+, value|://\S+:\S+@", path.read_text()), path
    (password,) = common["createUserJob"]["env"]
    assert password["valueFrom"]["secretKeyRef"] == {"name": "sparkify-keys", "key": "admin-password"}


def test_the_guide_makes_every_secret_that_the_values_name(common: dict[str, Any]) -> None:
    guide = (ROOT / "docs" / "deploy" / "helm.md").read_text()
    for name in ("sparkify-keys", "sparkify-metadata", "sparkify-connections"):
        assert f"create secret generic {name}" in guide, name
    for key in ("fernet-key", "api-secret-key", "jwt-secret", "admin-password"):
        assert f"--from-literal={key}=" in guide, key


def test_the_image_keeps_its_own_settings_file_and_runs_without_rights(common: dict[str, Any]) -> None:
    assert common["airflowLocalSettings"] == ""
    assert common["securityContexts"]["pod"]["runAsNonRoot"] is True
    assert common["securityContexts"]["containers"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_settings_are_those_of_the_compose_file(common: dict[str, Any]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["x-airflow"]["environment"]
    here = {each["name"]: each["value"] for each in common["env"]}
    assert set(here) <= set(compose)
    tuned = {name for name in here if name.startswith("AIRFLOW__")}
    assert len(tuned) == 3
    assert {name: here[name] for name in tuned} == {name: compose[name] for name in tuned}
    settings = {name for name in compose if re.match(r"AIRFLOW_VAR_SPARKIFY_|SPARKIFY_(SCHEDULE|DEADLINE)", name)}
    assert settings <= set(here)


def test_each_executor_has_its_values_and_the_image_its_provider() -> None:
    locked = (HELM / "requirements.txt").read_text()
    for executor, provider in (("Kubernetes", "cncf-kubernetes"), ("Celery", "celery")):
        assert values(f"values-{executor.lower()}.yaml")["executor"] == f"{executor}Executor"
        assert re.search(rf"^apache-airflow-providers-{provider}==", locked, re.MULTILINE)


def test_the_clusters_lock_changes_no_version_of_ours() -> None:
    ours, theirs = (
        dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", path.read_text(), re.MULTILINE))
        for path in (ROOT / "requirements.txt", HELM / "requirements.txt")
    )
    differing = {name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    assert differing == set()
