"""The whole laptop stack: warehouse and Airflow, started as parallel as their needs allow, stopped in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local import airflow_settings, settings
from local.airflow import Airflow
from local.airflow_api import AirflowApi
from local.home import Home
from local.mirror import ensure_bucket
from local.processes import Server
from local.s3 import S3Server
from local.warehouse import Detours, Warehouse

DAGS = ("sparkify_tables", "sparkify_etl", "sparkify_insights")


class Stack:
    """PostgreSQL, S3, the Redshift stand-in and Airflow in one home, which the caller holds.

    :param scheduled: whether Airflow makes runs by the clock.
    :param interactive: whether somebody will use the UI: then deferred tasks can wake up, too.
    :param dags: the folder with the DAG files, among them the project's.
    :param detours: what stands between the servers and their clients, if anything.
    :param further: settings of Airflow besides those that every stack has, as environment variables.
    """

    def __init__(
        self,
        home: Home,
        *,
        scheduled: bool,
        interactive: bool,
        dags: Path = settings.ROOT / "dags",
        detours: Detours = Detours(),  # noqa: B008 - it cannot be changed
        further: Mapping[str, str] | None = None,
    ) -> None:
        settings.require_ports(settings.UI, settings.REDSHIFT, settings.S3)
        self.home = home
        self.warehouse = Warehouse(
            home.path, redshift_port=settings.REDSHIFT.number(), s3_port=settings.S3.number(), detours=detours
        )
        self.airflow = Airflow(
            home.path / "airflow",
            port=settings.UI.number(),
            scheduled=scheduled,
            triggerer=interactive,
            dags=dags,
            further=further,
        )

    def start(self, *, with_s3: Callable[[S3Server], None] | None = None) -> AirflowApi:
        """Start everything, wait until it is ready and return a client of Airflow's API.

        :param with_s3: work to do as soon as S3 is there, beside the rest of the start: putting the data into it.
        """
        with ThreadPoolExecutor() as pool:
            s3 = pool.submit(self.warehouse.s3.start)
            # Airflow's database takes longest; it needs PostgreSQL only.
            self.warehouse.postgres.start()
            prepared = pool.submit(self.airflow.prepare, self.warehouse.postgres)
            s3.result()
            address = self.warehouse.public_address
            front = pool.submit(self.warehouse.start_front)
            filled = pool.submit(self._fill, with_s3)
            prepared.result()
            environment = self.airflow.start(address, self.warehouse.s3, self.warehouse.iam_role)
            api = AirflowApi(self.airflow.url, airflow_settings.LOGIN, self.airflow.password)

            def check() -> None:
                self.airflow.check()
                for side in (front, filled):
                    if side.done():
                        side.result()

            self.airflow.wait(lambda: api.ready(DAGS), check)
            front.result()
            filled.result()
        self.home.publish({"airflow": environment, **addresses(self.warehouse)})
        return api

    @property
    def servers(self) -> list[Server]:
        """The processes of everything that is started."""
        return [*self.warehouse.servers, *self.airflow.servers]

    def check(self) -> None:
        """Raise ServerDiedError if a server has ended."""
        self.airflow.check()
        self.warehouse.check()

    def stop(self) -> None:
        """Stop everything: Airflow first, then the stand-in, then S3 and PostgreSQL. Idempotent."""
        self.airflow.stop()
        self.warehouse.stop()

    def _fill(self, with_s3: Callable[[S3Server], None] | None) -> None:
        client = self.warehouse.s3.client()
        for bucket in (airflow_settings.SOURCE_BUCKET, airflow_settings.MANIFEST_BUCKET):
            ensure_bucket(client, bucket)
        if with_s3:
            with_s3(self.warehouse.s3)


def addresses(warehouse: Warehouse) -> dict[str, Any]:
    """Return how clients reach a running warehouse, secrets included."""
    return {
        "redshift": warehouse.redshift.dsn,
        "s3_endpoint": warehouse.s3.endpoint_url,
        "access_key": warehouse.s3.access_key,
        "secret_key": warehouse.s3.secret_key,
        "iam_role": warehouse.iam_role,
        "region": warehouse.s3.region,
    }
