"""A warehouse or an Airflow for one command: the running stack's, or one started for as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local import settings
from local.airflow import Airflow
from local.console import err
from local.errors import StackError
from local.home import Home
from local.stack import addresses
from local.warehouse import Warehouse


@contextmanager
def warehouse(command: str) -> Iterator[dict[str, Any]]:
    """Yield how to reach the warehouse of this home, starting it on free ports when no stack runs.

    Raises StackError while another command starts or holds the home without a warehouse.
    """
    home = Home(settings.home_directory())
    if found := home.running():
        if "redshift" not in found:
            raise StackError(
                "the command that is using this home runs no warehouse yet", "wait until it is ready, or stop it"
            )
        yield found
        return
    with home.held(command):
        home.require_space()
        err.print("Starting the warehouse …", style="dim")
        with Warehouse(home.path) as started:
            home.publish(addresses(started))
            yield addresses(started)


@contextmanager
def airflow(command: str) -> Iterator[dict[str, str]]:
    """Yield the environment of this home's Airflow, starting PostgreSQL for it when no stack runs.

    Connections then name the ports at which `up` would listen, with nobody there.
    """
    home = Home(settings.home_directory())
    if found := home.running():
        if "airflow" not in found:
            raise StackError(
                "the command that is using this home runs no Airflow", "stop it, or let `./sparkify up` take its place"
            )
        yield found["airflow"]
        return
    with home.held(command):
        home.require_space()
        place = Warehouse(home.path, redshift_port=settings.REDSHIFT.number(), s3_port=settings.S3.number())
        with place.postgres:
            prepared = Airflow(home.path / "airflow", port=settings.UI.number(), scheduled=True, triggerer=False)
            environment = prepared.prepare(place.postgres)
            environment |= prepared.connect(place.redshift, place.s3.with_keys(), place.iam_role)
            home.publish({"airflow": environment})
            yield environment
