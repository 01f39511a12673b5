"""Prepares the backend: the database, its roles and settings, and the catalogue's objects. Idempotent."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

from local.redshift import superuser
from local.redshift.config import Config

_FILES = (
    *("tables.sql", "super.sql", "functions.sql", "dates.sql", "texts.sql", "numbers.sql", "aggregates.sql"),
    *("definitions.sql", "rights.sql"),
    *("functions_catalogue.sql", "views_loads.sql", "views_tables.sql", "views_external.sql"),
    *("views_keys.sql", "views_discovery.sql", "views_activity.sql", "views_history.sql"),
)
_HERE = Path(__file__).parent
_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "lc_messages": "C",
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
}


def install(config: Config) -> dict[str, str]:
    """Prepare the backend and return each login's password there, which is new at every start.

    The clients' roles are not superusers, so nothing that they send can reach PostgreSQL's files or programs.
    Raises psycopg.Error if the backend cannot be reached or refuses.
    """
    with superuser.connect(config, database="postgres") as connection:
        passwords = {user: secrets.token_urlsafe(32) for user in config.users}
        for user, password in passwords.items():
            _make_role(connection, user, password)
        owner = next(iter(config.users))
        for user in list(config.users)[1:]:
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(owner), sql.Identifier(user)))
        _make_database(connection, config, owner)
    with superuser.connect(config) as connection:
        _make_catalogue(connection)
    return passwords


def _make_role(connection: psycopg.Connection, user: str, password: str) -> None:
    known = connection.execute("select 1 from pg_roles where rolname = %s", (user,)).fetchone()
    # The statement carries a verifier, not the password.
    verifier = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("{} role {} with login nosuperuser nocreatedb createrole password {}").format(
            sql.SQL("alter" if known else "create"), sql.Identifier(user), sql.Literal(verifier)
        )
    )


def _make_database(connection: psycopg.Connection, config: Config, owner: str) -> None:
    name = sql.Identifier(config.database)
    if not connection.execute("select 1 from pg_database where datname = %s", (config.database,)).fetchone():
        # Text sorts by code point, as on Redshift; upper() and lower() know all of Unicode.
        connection.execute(
            sql.SQL(
                "create database {} owner {} template template0 encoding 'UTF8' locale 'C' "
                "locale_provider builtin builtin_locale 'C.UTF-8'"
            ).format(name, sql.Identifier(owner))
        )
    connection.execute(sql.SQL("alter database {} owner to {}").format(name, sql.Identifier(owner)))
    settings = {**_SETTINGS, "default_transaction_isolation": config.isolation_level}
    for setting, value in settings.items():
        connection.execute(sql.SQL("alter database {} set {} to {}").format(name, sql.SQL(setting), sql.Literal(value)))


def _make_catalogue(connection: psycopg.Connection) -> None:
    texts = [(_HERE / file).read_text(encoding="utf-8") for file in _FILES]
    fingerprint = hashlib.sha256("".join(texts).encode()).hexdigest()
    said = connection.execute("select obj_description(to_regnamespace('redshift_internal'), 'pg_namespace')").fetchone()
    if said and said[0] == fingerprint:
        return
    with connection.transaction():
        connection.execute("set local allow_system_table_mods = on")
        connection.execute("set local client_min_messages = warning")
        # Bodies name functions that come later in the file.
        connection.execute("set local check_function_bodies = off")
        connection.execute("set local search_path = pg_catalog")
        for text in texts:
            connection.execute(text.encode())
        connection.execute(sql.SQL("comment on schema redshift_internal is {}").format(sql.Literal(fingerprint)))
