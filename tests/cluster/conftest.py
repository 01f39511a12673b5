"""Fixtures: what stands for AWS, and the DAGs' runs against it."""

from collections.abc import Iterator

import pytest

from tests.cluster.front import Front, running_front
from tests.cluster.runs import Runs


@pytest.fixture
def front() -> Iterator[Front]:
    """An AWS account with nothing in it but its default VPC."""
    with running_front() as running:
        yield running


@pytest.fixture
def runs(front: Front, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Runs of the DAGs on it."""
    return Runs(front, monkeypatch)
