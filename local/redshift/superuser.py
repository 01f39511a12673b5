"""The front's own connections to the backend, beside its clients'."""

from __future__ import annotations

import psycopg

from local.redshift.config import Config

# What the front keeps beside its clients' tables, and how it writes there: each statement by itself.
KEEPING = "-c default_transaction_isolation=read\\ committed -c search_path=redshift_internal"


def connect(
    config: Config, *, database: str | None = None, purpose: str = "", options: str = "", seconds: int | None = None
) -> psycopg.Connection:
    """Connect as the superuser, in autocommit.

    :param database: another than the configured one. :param purpose: told in the application's name.
    :param options: parameters of the session, as PostgreSQL's `options` takes them.
    :param seconds: how long connecting may take.

    Raises psycopg.Error if the backend cannot be reached.
    """
    backend = config.backend
    return psycopg.connect(
        host=backend.host,
        port=backend.port,
        user=backend.user,
        password=backend.password,
        dbname=database or config.database,
        autocommit=True,
        connect_timeout=seconds,
        options=options,
        application_name=f"redshift stand-in {purpose}".rstrip(),
    )
