"""Airflow on the laptop: its database, its processes, its command line."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from local import airflow_settings, secret_files
from local.errors import StackError
from local.postgres import PostgresServer
from local.processes import Server
from local.retention import prune_logs
from local.s3 import S3Server
from local.settings import ROOT
from local.warehouse import RedshiftAddress

_MIGRATE_SECONDS = 300.0
_START_SECONDS = 180.0
_STOP_SECONDS = 10.0


class Airflow:
    """Airflow's api-server, scheduler, dag processor and, if wanted, triggerer on one PostgreSQL.

    :param directory: becomes AIRFLOW_HOME. :param port: of the web page and API, on 127.0.0.1.
    :param scheduled: whether runs are made by the clock. :param triggerer: whether deferred tasks can wake up.
    :param dags: the folder with the DAG files.
    :param further: settings besides those of `local.airflow_settings`, as environment variables.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int,
        scheduled: bool,
        triggerer: bool,
        dags: Path = ROOT / "dags",
        further: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.port = port
        self.password = ""
        self._scheduled = scheduled
        self._triggerer = triggerer
        self.dags = dags
        self._further = dict(further or {})
        self._environment: dict[str, str] = {}
        self._servers: list[Server] = []

    @property
    def url(self) -> str:
        """The web page's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def unpaused(self) -> Path:
        """The note that `run` has unpaused a DAG for its load and still has to pause it again."""
        return self.directory / "unpaused"

    def prepare(self, postgres: PostgresServer) -> dict[str, str]:
        """Write Airflow's files, make or migrate its database where needed, and return its environment.

        Takes seconds for a new or older database and almost nothing otherwise. Idempotent.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = secret_files.keep(
            self.directory / "keys.json",
            {
                "fernet": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "jwt": secret_files.token,
                "api": secret_files.token,
                "password": secret_files.token,
            },
        )
        self.password = kept["password"]
        secret_files.write(self.directory / "passwords.json", json.dumps({airflow_settings.LOGIN: self.password}))
        # Without a file of this name Airflow writes one with all its defaults, and each process a different key.
        (self.directory / "airflow.cfg").write_text("# Settings come from ./sparkify: local/airflow_settings.py\n")
        prune_logs(self.directory / "logs")
        (self.directory / "config").mkdir(exist_ok=True)
        shutil.copy(ROOT / "config" / "airflow_local_settings.py", self.directory / "config")
        self._environment = airflow_settings.environment(
            self.directory,
            port=self.port,
            secrets=kept,
            postgres=postgres,
            scheduled=self._scheduled,
            dags=self.dags,
        )
        self._environment |= self._further
        self._migrate(postgres)
        if self.unpaused.exists():
            # A killed `run` could not; before the scheduler starts, so that no hour begins that nobody asked for.
            self._server("dags-pause", ["dags", "pause", "--yes", self.unpaused.read_text()]).run(
                seconds=_MIGRATE_SECONDS
            )
            self.unpaused.unlink()
        return self._environment

    def start(self, redshift: RedshiftAddress, s3: S3Server, iam_role: str) -> dict[str, str]:
        """Start the processes, after `prepare`; does not wait. Returns the environment, connections included."""
        self.connect(redshift, s3, iam_role)
        # The log servers would listen on every address. The web page reads the files, which lie on this machine.
        commands = {
            "api-server": ["api-server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"],
            "scheduler": ["scheduler", "--skip-serve-logs"],
            "dag-processor": ["dag-processor"],
        }
        if self._triggerer:
            commands["triggerer"] = ["triggerer", "--skip-serve-logs"]
        for name, arguments in commands.items():
            server = self._server(name, arguments)
            server.start()
            self._servers.append(server)
        return self._environment

    def connect(self, redshift: RedshiftAddress, s3: S3Server, iam_role: str) -> dict[str, str]:
        """Add the stack's connections and Variables to the environment, but for what was given; return it."""
        self._environment |= {**airflow_settings.connections(redshift, s3, iam_role), **self._further}
        return self._environment

    def wait(self, ready: Callable[[], bool], check: Callable[[], None]) -> None:
        """Wait until `ready`, after `start`; whatever `check` or `ready` raises ends the waiting.

        :param ready: asks Airflow's API. :param check: called in between, to notice what has died.
        """
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            check()
            if time.monotonic() > deadline:
                raise StackError(
                    f"Airflow was not ready after {_START_SECONDS:.0f} s", f"see the logs in {self.directory}"
                )
            time.sleep(0.2)

    @property
    def servers(self) -> list[Server]:
        """The processes that are started."""
        return list(self._servers)

    def check(self) -> None:
        """Raise ServerDiedError if one of the processes was started and has ended."""
        for server in self._servers:
            server.check()

    def stop(self) -> None:
        """Stop all processes side by side; what hangs is killed. Idempotent."""
        for server in self._servers:
            server.ask_to_stop()
        while self._servers:
            self._servers.pop(0).stop()

    def _server(self, name: str, arguments: list[str]) -> Server:
        return Server(
            name,
            [str(Path(sys.executable).with_name("airflow")), *arguments],
            directory=self.directory,
            log=self.directory / f"{name}.log",
            environment=self._environment,
            cwd=ROOT,
            stop_seconds=_STOP_SECONDS,
        )

    def _migrate(self, postgres: PostgresServer) -> None:
        import psycopg

        version = metadata.version("apache-airflow")
        # The note lies in the database itself: it is true of it wherever it goes, and gone when it is gone.
        note = f"migrated for Airflow {version}"
        with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
            found = connection.execute(
                "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
                [airflow_settings.DATABASE],
            ).fetchone()
            if found and found[0] == note:
                return
            if not found:
                connection.execute(f"create database {airflow_settings.DATABASE}")
            migration = self._server("db-migrate", ["db", "migrate"])
            migration.run(seconds=_MIGRATE_SECONDS)
            connection.execute(f"comment on database {airflow_settings.DATABASE} is '{note}'")
