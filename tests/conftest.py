"""Fixtures that stand for the real thing: one running warehouse per session, and the public sample."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local import accounts, settings
from local.home import Home
from local.simulator import simulate
from local.warehouse import Warehouse
from tests.ports import keep_apart, named_ports
from tests.stack import RunningStack, running_stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT.parent / "shared" / "data"
keep_apart()
# Airflow's simple auth manager makes their passwords, and writes them to the file with the administrator's.
LESSER_ROLES = ("viewer", "user", "op")


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """An empty home that lasts for the session; reachable for the user that PostgreSQL runs as."""
    directory = Path(tempfile.mkdtemp(prefix="sparkify-test-"))
    directory.chmod(0o711)
    yield directory
    accounts.remove_data(directory / "postgres")
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def warehouse(home: Path) -> Iterator[Warehouse]:
    """A running PostgreSQL, S3 and Redshift stand-in, shared by the session's tests."""
    with Warehouse(home) as running:
        yield running


@pytest.fixture(scope="session")
def s3(warehouse: Warehouse) -> S3Client:
    """A boto3 client on the warehouse's S3."""
    return warehouse.s3.client()


@pytest.fixture
def bucket(s3: S3Client) -> str:
    """The name of a fresh, empty bucket."""
    return make_bucket(s3)


@pytest.fixture(scope="session")
def sample_dir() -> Path:
    """The public sample: 30 log files, 71 songs and the jsonpaths file."""
    if not (SAMPLE / "log_data").is_dir():
        pytest.skip("the real sample is not beside this checkout (../shared/data)")
    return SAMPLE


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real sample, or where it is absent the simulator's month."""
    if (SAMPLE / "log_data").is_dir():
        return SAMPLE
    data = tmp_path_factory.mktemp("simulated")
    simulate(data, songs=100, events=8000, days=30, seed=0)
    return data


def make_bucket(s3: S3Client) -> str:
    """Make an empty bucket and return its name, which no other has."""
    name = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return name


@contextmanager
def stack_of_tests(data: Path, *, ports: Sequence[int] = (), **options: Any) -> Iterator[RunningStack]:
    """A running Airflow and warehouse, in a home that goes away.

    :param ports: of Airflow's web page, the stand-in and S3; free ones by default.
    :param options: those of :func:`tests.stack.running_stack`.
    """
    directory = Path(tempfile.mkdtemp(prefix="sparkify-stack-"))
    with pytest.MonkeyPatch.context() as patch:
        for port, number in zip((settings.UI, settings.REDSHIFT, settings.S3), ports or named_ports(3), strict=True):
            patch.setenv(port.setting, str(number))
        with running_stack(directory, data, **options) as running:
            yield running
    Home(directory).wipe()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def airflow_stack(month: Path) -> Iterator[RunningStack]:
    """A running stack that makes no runs by the clock, with the month in S3, and users of each lesser role."""
    users = ",".join(("admin:admin", *(f"{role}:{role}" for role in LESSER_ROLES)))
    with stack_of_tests(month, further={"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": users}) as running:
        yield running
