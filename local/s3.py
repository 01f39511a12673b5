"""SeaweedFS from PyPI: a real S3 server on the laptop."""

from __future__ import annotations

import json
import secrets
import shutil
import string
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from local import secret_files
from local.errors import StackError
from local.ports import HOST, free_ports
from local.processes import Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION: Final = "us-west-2"
# A unix socket's path ends at 104 bytes on some systems, 108 on others, the closing zero included.
_SOCKET_PATH_BYTES = 103
_START_SECONDS = 60.0
_ALPHABET = string.ascii_letters + string.digits


class S3Server:
    """One SeaweedFS process on 127.0.0.1, with one identity that owns everything.

    :param directory: where objects, keys and log live; made if it is missing.
    :param port: the S3 port; None chooses a free one at each start. All its other ports are chosen at each
        start.
    :param detour: a port of this machine to send the stack's own clients to; what listens there passes on.

    A context manager. `start` and `stop` may follow each other any number of times; the objects stay.
    """

    region = REGION

    def __init__(self, directory: Path, port: int | None = None, *, detour: int | None = None) -> None:
        self.directory = directory
        self.port = port or 0
        self._detour = detour
        self.access_key = ""
        self.secret_key = ""
        self._fixed_port = port
        self._server: Server | None = None
        self._sockets: Path | None = None

    @property
    def endpoint_url(self) -> str:
        """The address for S3 clients, path style."""
        return f"http://{HOST}:{self.port}"

    @property
    def public_url(self) -> str:
        """The address that Airflow and the stand-in are given: its own, or the detour's."""
        return f"http://{HOST}:{self._detour}" if self._detour else self.endpoint_url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers S3 requests; ServerDiedError, and its last words, if it ends."""
        data = self.directory / "data"
        self.with_keys()
        data.mkdir(mode=0o700, exist_ok=True)
        self._remove_sockets()
        ports = free_ports(10)
        self.port = self._fixed_port or ports.pop()
        secret_files.write(self.directory / "ports.json", json.dumps([*ports, self.port]))
        server = Server(
            "s3",
            [str(_program()), "-logtostderr", "mini", *self._arguments(data, ports)],
            directory=self.directory,
            log=self.directory / "s3.log",
            environment={"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key},
            cwd=data,
            stop_seconds=15.0,
        )
        server.start()
        self._server = server
        try:
            server.wait_until(self._answers, seconds=_START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def with_keys(self) -> Self:
        """Fill in the keys, and the port if it is a fixed one, without starting the server."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = secret_files.keep(
            self.directory / "keys.json", {"access_key": lambda: _key(20), "secret_key": lambda: _key(40)}
        )
        self.access_key, self.secret_key = keys["access_key"], keys["secret_key"]
        return self

    def stop(self) -> None:
        """Stop it; does nothing when it is not running."""
        if self._server:
            self._server.stop()
            self._server = None
        self._remove_sockets()
        if self._sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None

    @property
    def servers(self) -> list[Server]:
        """Its process, while started."""
        return [self._server] if self._server else []

    def check(self) -> None:
        """Raise ServerDiedError if it was started and has ended."""
        if self._server:
            self._server.check()

    def client(self) -> S3Client:
        """Return a boto3 client on this server, whatever the user's own AWS configuration says."""
        import boto3
        from botocore.config import Config

        session = boto3.session.Session(
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key, region_name=self.region
        )
        config: Any = Config(
            s3={"addressing_style": "path"},
            # Its own checksums of a whole body would make boto3 sign in pieces, which changes nothing here.
            request_checksum_calculation="when_required",
            retries={"max_attempts": 3},
            max_pool_connections=32,
            proxies={},
        )
        return session.client("s3", endpoint_url=self.endpoint_url, config=config)

    def _arguments(self, data: Path, ports: list[int]) -> list[str]:
        # Everything that mini can start listens on loopback, at ports of our choice or not at all: with its
        # defaults two stacks on one machine would meet.
        sockets = self._socket_directory()
        return [
            f"-dir={data}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            "-master.telemetry=false",
            "-admin.ui=false",
            f"-admin.port={ports[0]}",
            f"-admin.port.grpc={ports[1]}",
            f"-master.port={ports[2]}",
            f"-master.port.grpc={ports[3]}",
            f"-volume.port={ports[4]}",
            f"-volume.port.grpc={ports[5]}",
            "-volume.preStopSeconds=0",
            # Each bucket takes a volume. By default there are as many as whole ones would fit on the disk, a few dozen
            # here, and then PutObject fails; what stops a full disk is the free space that it keeps anyway.
            "-volume.max=100000",
            f"-filer.port={ports[6]}",
            f"-filer.port.grpc={ports[7]}",
            f"-filer.localSocket={sockets / 'filer.sock'}",
            f"-s3.port={self.port}",
            f"-s3.port.grpc={ports[8]}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.iam=false",
            # A misspelt bucket must be an error here, as on AWS.
            "-s3.autoCreateBucket=false",
            f"-s3.localSocket={sockets / 's3.sock'}",
            "-webdav=false",
        ]

    def _remove_sockets(self) -> None:
        """Remove what it leaves at a place of its own choice when it ends, also when that was a crash."""
        noted = self.directory / "ports.json"
        for port in json.loads(noted.read_text()) if noted.exists() else []:
            for leftover in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108
                leftover.unlink(missing_ok=True)
        noted.unlink(missing_ok=True)

    def _socket_directory(self) -> Path:
        if len(bytes(self.directory.absolute() / "filer.sock")) <= _SOCKET_PATH_BYTES:
            return self.directory.absolute()
        self._sockets = Path(tempfile.mkdtemp(prefix="sparkify-"))
        return self._sockets

    def _answers(self) -> bool:
        # An unsigned request is denied once the gateway has read its identities, and refused or failed
        # before.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(self.endpoint_url, timeout=1).close()
        except urllib.error.HTTPError as error:
            return error.code == 403
        except OSError:
            return False
        raise StackError(
            f"S3 on {self.endpoint_url} answers without a signature: its keys did not arrive", "use --fresh"
        )


def _key(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _program() -> Path:
    program = Path(sys.executable).with_name("weed")
    if not program.exists():
        raise StackError(f"{program} is missing: .venv is incomplete", "remove .venv and run ./sparkify again")
    return program
