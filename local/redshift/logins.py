"""Who may log in: the configuration's users, and those that CREATE USER made.

The front keeps a digest of a password, never the password; PostgreSQL knows the users by passwords that nobody is told.
"""

from __future__ import annotations

import hashlib
import secrets

import psycopg
from psycopg import sql

from local.redshift import superuser
from local.redshift.config import Config
from local.redshift.errors import RedshiftError

_DIGEST = """
    select d.digest from redshift_internal.logins as l
    join redshift_internal.login_digests as d on d.token = l.token
    join pg_catalog.pg_roles as r on r.oid = l.role
    where r.rolname = %s
"""
_OF_USER = """
    select l.role, l.backend_password from redshift_internal.logins as l
    join pg_catalog.pg_roles as r on r.oid = l.role
    where r.rolname = %s for update of l
"""


def digest(user: str, password: str) -> str:
    """Return what stands for a password: the MD5, in hexadecimal, that Redshift keeps of it (r_CREATE_USER)."""
    return hashlib.md5(password.encode() + user.encode(), usedforsecurity=False).hexdigest()


def known_digest(config: Config, user: str) -> str | None:
    """Return the digest of a user's password; None if there is no such user, or none that may use a password.

    Raises RedshiftError (FATAL) if PostgreSQL cannot be reached.
    """
    if user in config.users:
        return digest(user, config.users[user])
    try:
        with superuser.connect(config) as connection:
            found = connection.execute(_DIGEST, (user,)).fetchone()
    except psycopg.Error as error:
        raise RedshiftError(f"stand-in: PostgreSQL: {error}", code="08006", severity="FATAL") from error
    return str(found[0]) if found else None


def keep_digest(config: Config, kept: str) -> str:
    """Keep a digest and return the token that a statement can name it by.

    A token that no user ends up with, because the statement failed, is of no use to anybody.
    """
    token = secrets.token_hex(16)
    with superuser.connect(config) as connection:
        connection.execute("insert into redshift_internal.login_digests values (%s, %s)", (token, kept))
    return token


def backend_password(config: Config, user: str) -> str:
    """Return the password by which PostgreSQL knows a user that CREATE USER made, making it at the first log-in.

    Raises RedshiftError (FATAL) if PostgreSQL cannot be reached or the user has gone meanwhile.
    """
    try:
        return _backend_password(config, user)
    except psycopg.Error as error:
        raise RedshiftError(f"stand-in: PostgreSQL: {error}", code="08006", severity="FATAL") from error


def _backend_password(config: Config, user: str) -> str:
    with superuser.connect(config) as connection, connection.transaction():
        found = connection.execute(_OF_USER, (user,)).fetchone()
        if found is None:
            raise RedshiftError(f'user "{user}" does not exist', code="28000", severity="FATAL")
        role, password = found
        if password is None:
            password = secrets.token_urlsafe(32)
            verifier = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
            change = sql.SQL("alter role {} password {}").format(sql.Identifier(user), sql.Literal(verifier))
            connection.execute(change)
            update = "update redshift_internal.logins set backend_password = %s where role = %s"
            connection.execute(update, (password, role))
        return str(password)
