"""The laptop's warehouse: PostgreSQL, S3 and the Redshift stand-in in front of both."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import quote

from local import certificates, secret_files
from local.errors import StackError
from local.ports import HOST, free_ports
from local.postgres import PostgresServer
from local.processes import Server
from local.s3 import S3Server

IAM_ROLE = "arn:aws:iam::000000000000:role/sparkify-copy"
ISOLATIONS = ("snapshot", "serializable")
_START_SECONDS = 60.0


@dataclass(frozen=True)
class RedshiftAddress:
    """Where and as whom to log in to the stand-in."""

    host: str
    port: int
    database: str
    user: str
    password: str

    @property
    def dsn(self) -> str:
        """The address as one URL, password included."""
        password = quote(self.password, safe="")
        return f"postgresql://{self.user}:{password}@{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True)
class Detours:
    """Ports of this machine that the stack's own clients are sent to; what listens there passes on to the servers.

    :ivar redshift: where Airflow's tasks log in; None: at the stand-in itself.
    :ivar s3: where they and the stand-in find S3; None: at S3 itself.
    """

    redshift: int | None = None
    s3: int | None = None


class Warehouse:
    """PostgreSQL, S3 and the Redshift stand-in, started and stopped together.

    :param directory: the home; each server has a directory of its own in it.
    :param redshift_port: the stand-in's port; None chooses a free one. :param s3_port: likewise for S3.
    :param isolation: 'snapshot', Redshift's default, or 'serializable'.
    :param detours: what stands between the servers and their clients, if anything.

    A context manager. Data survives `stop`.
    """

    iam_role = IAM_ROLE

    def __init__(
        self,
        directory: Path,
        *,
        redshift_port: int | None = None,
        s3_port: int | None = None,
        isolation: str = "snapshot",
        detours: Detours = Detours(),
    ) -> None:
        if isolation not in ISOLATIONS:
            raise StackError(f"isolation {isolation!r} is not one of {', '.join(ISOLATIONS)}")
        self.directory = directory
        self.postgres = PostgresServer(directory / "postgres")
        self.s3 = S3Server(directory / "s3", s3_port, detour=detours.s3)
        self._detours = detours
        self._fixed_port = redshift_port
        self._isolation = isolation
        self._address: RedshiftAddress | None = None
        self._front: Server | None = None

    @property
    def redshift(self) -> RedshiftAddress:
        """The stand-in's address; known before it listens."""
        if self._address is None:
            place = self.directory / "redshift"
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            password = secret_files.keep(place / "password.json", {"awsuser": secret_files.token})["awsuser"]
            port = self._fixed_port or free_ports(1)[0]
            self._address = RedshiftAddress(HOST, port, "dev", "awsuser", password)
        return self._address

    @property
    def public_address(self) -> RedshiftAddress:
        """The stand-in's address as Airflow is given it: its own, or the detour's."""
        return replace(self.redshift, port=self._detours.redshift or self.redshift.port)

    @property
    def certificate(self) -> certificates.Certificate:
        """The stand-in's certificate, made at the first start; clients that verify trust its authority."""
        return certificates.keep((self.directory / "redshift").absolute())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all three, the first two side by side; stops what it started when one of them fails."""
        try:
            with ThreadPoolExecutor() as pool:
                for done in [pool.submit(self.postgres.start), pool.submit(self.s3.start)]:
                    done.result()
            self.start_front()
        except BaseException:
            self.stop()
            raise

    def start_front(self) -> None:
        """Start the stand-in on the running PostgreSQL and S3 and wait until it lets a client in."""
        address, place = self.redshift, self.directory / "redshift"
        config = place / "config.json"
        secret_files.write(config, json.dumps(self._configuration(address), indent=2))
        front = Server(
            "redshift",
            [sys.executable, "-m", "local.redshift", str(config.absolute())],
            directory=place,
            log=place / "redshift.log",
            lifeline=True,
        )
        front.start()
        self._front = front
        front.wait_until(self._lets_in, seconds=_START_SECONDS)

    def stop_front(self) -> None:
        """Stop the stand-in alone; does nothing when it is not running."""
        if self._front:
            self._front.stop()
            self._front = None

    def stop(self) -> None:
        """Stop all three, the front first; does nothing for what is not running."""
        self.stop_front()
        self._address = None
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(self.s3.stop), pool.submit(self.postgres.stop)]:
                done.result()

    @property
    def servers(self) -> list[Server]:
        """The processes of those that are started."""
        return [*self.postgres.servers, *self.s3.servers, *([self._front] if self._front else [])]

    def check(self) -> None:
        """Raise ServerDiedError if one of the three was started and has ended."""
        if self._front:
            self._front.check()
        self.postgres.check()
        self.s3.check()

    def _configuration(self, address: RedshiftAddress) -> dict[str, object]:
        return {
            "host": address.host,
            "port": address.port,
            "database": address.database,
            "backend": {
                "host": self.postgres.host,
                "port": self.postgres.port,
                "user": self.postgres.user,
                "password": self.postgres.password,
            },
            "users": {address.user: address.password},
            "s3": {
                "endpoint_url": self.s3.public_url,
                "access_key": self.s3.access_key,
                "secret_key": self.s3.secret_key,
                "region": self.s3.region,
            },
            "iam_roles": [self.iam_role],
            "isolation": self._isolation,
            # Offered, not required: on the loopback device a client may do without.
            "tls": {"certificate": str(self.certificate.chain), "key": str(self.certificate.key)},
        }

    def _lets_in(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.redshift.dsn, connect_timeout=2, sslmode="disable").close()
        except psycopg.OperationalError:
            return False
        return True
