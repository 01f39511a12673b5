"""Packs the project as Amazon MWAA takes it: `./sparkify package mwaa --out DIR`.

MWAA reads four things from the environment's bucket: the folder `dags/`, `plugins.zip`, `requirements.txt` and
`startup.sh`. It unpacks the archive into `/usr/local/airflow/plugins`, so `sql/` goes into it, where
`sparkify.sql_files` looks for it, too. The same input gives the same bytes.

How MWAA treats each: https://docs.aws.amazon.com/mwaa/latest/userguide/working-dags.html and the pages beside it, and
its images, https://github.com/aws/amazon-mwaa-docker-images.
"""

from __future__ import annotations

import re
import shlex
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.errors import StackError
from local.settings import ROOT

AIRFLOW_VERSION = "3.3.1"
_MINOR = (3, 3)
# The least that a zip file can say; a clock would make two archives of one input differ.
_DATE = (1980, 1, 1, 0, 0, 0)
_PRELOADING = "airflow_local_settings.py"
_SETTINGS = {
    "AIRFLOW__AWS__SESSION_FACTORY": "sparkify.aws_session.SharedLoaderSessionFactory",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
}
_NAME = re.compile(r"SPARKIFY_\w+|AIRFLOW_(?:VAR|CONN)_\w+|AIRFLOW__[A-Z0-9_]+")
_SECRET_NAME = re.compile(r"AIRFLOW_CONN_|PASSWORD|SECRET(_KEY)?$|TOKEN|FERNET|SQL_ALCHEMY")
_SECRET_VALUE = re.compile(r"""["']?(api_?key|password|secret|token)["']?\s*[:=]|://[^/\s]*@""", re.IGNORECASE)


def write(out: Path, *, airflow_version: str = AIRFLOW_VERSION, env: Path | None = None) -> list[Path]:
    """Write the four into `out`, a new or empty folder, and return the paths.

    :param airflow_version: the one that the environment has; one that cannot run the DAGs is refused.
    :param env: a file of lines `NAME=VALUE`, which the start-up script exports on every component.
    :raises StackError: for a folder with something in it, an Airflow that lacks what the DAGs need, and a line that is
        no setting or that is a secret.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StackError(f"{out} exists and is not an empty folder", "name a new one")
    requirements = _requirements(airflow_version)
    startup = _startup({**_SETTINGS, **(_read(env) if env else {})})
    (out / "dags").mkdir(parents=True)
    for dag in sorted((ROOT / "dags").glob("*.py")):
        shutil.copyfile(dag, out / "dags" / dag.name)
    (out / "requirements.txt").write_text(requirements, encoding="utf-8")
    (out / "startup.sh").write_text(startup, encoding="utf-8")
    _archive(out / "plugins.zip")
    return [out / name for name in ("dags", "plugins.zip", "requirements.txt", "startup.sh")]


def _requirements(version: str) -> str:
    """Return what MWAA's pip installs: our requirements by name; the image's own constraints give each its version.

    No hashes and no lock of ours: MWAA adds constraints of its own, older than our lock, on what it relies on. And no
    line with constraints, not even in a comment: only without one does MWAA take the file that is in its image, and
    any address would have to be reached from the environment's subnets.
    """
    if not (found := re.fullmatch(r"(\d+)\.(\d+)\.\d+", version)):
        raise StackError(f"{version} is no version of Airflow", "write it in full, as in 3.3.1")
    if (int(found[1]), int(found[2])) < _MINOR:
        raise StackError(
            f"the DAGs need Airflow 3.3 or later: {version} has no retry policies",
            "make an environment of a later version, or deploy by Helm or Compose: docs/deploy/README.md",
        )
    text = (ROOT / "requirements.in").read_text(encoding="utf-8")
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    # Airflow itself is the image's, and may not be replaced.
    names = sorted(line for line in lines if line and not re.match(r"-|apache-airflow(?![\w-])", line))
    return "".join(f"{name}\n" for name in names)


def _startup(settings: Mapping[str, str]) -> str:
    head = "#!/bin/sh\n# Made by ./sparkify package mwaa; runs before Airflow on every component. No secrets here.\n"
    return head + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(settings.items()))


def _read(env: Path) -> dict[str, str]:
    settings: dict[str, str] = {}
    if not env.is_file():
        raise StackError(f"{env} is not a file", "name one with lines NAME=VALUE")
    for number, line in enumerate(env.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        where = f"{env}, line {number}"
        if not equals or not _NAME.fullmatch(name):
            raise StackError(f"{where}: not SPARKIFY_…, AIRFLOW_VAR_… or AIRFLOW__…, an equals sign and a value")
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise StackError(f"{where}: {error}") from error
        if len(words) > 1:
            raise StackError(f"{where}: the value of {name} has blanks", "put it into quotation marks")
        settings[name] = words[0] if words else ""
        if _SECRET_NAME.search(name) or _SECRET_VALUE.search(settings[name]):
            raise StackError(f"{where}: {name} may hold a secret", "keep it in Secrets Manager: docs/deploy/mwaa.md")
    return settings


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # compressed, it would vary with the zlib
        for name, content in sorted(_members()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)


def _members() -> Iterator[tuple[str, bytes]]:
    plugins = ROOT / "plugins"
    for folder, prefix in ((plugins, ""), (ROOT / "sql", "sql/")):
        for path in folder.rglob("*"):
            parts = path.relative_to(folder).parts
            if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
                yield prefix + "/".join(parts), path.read_bytes()
    # MWAA has settings of its own in config/, which run this one after them. As a plugin it is not to be run again.
    yield _PRELOADING, (ROOT / "config" / _PRELOADING).read_bytes()
    ignored = (plugins / ".airflowignore").read_text(encoding="utf-8")
    yield ".airflowignore", f"{ignored.rstrip()}\n{_PRELOADING}\n".encode()
