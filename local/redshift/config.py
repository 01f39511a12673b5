"""The front's configuration: one JSON file, readable by its owner alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ISOLATIONS = {"snapshot": "repeatable read", "serializable": "serializable"}
AUTHENTICATIONS = ("md5", "password")


class ConfigurationError(Exception):
    """The configuration file cannot be read, or says something impossible."""


@dataclass(frozen=True)
class Backend:
    """The PostgreSQL behind the front, and the superuser that prepares it."""

    host: str
    port: int
    user: str
    password: str


@dataclass(frozen=True)
class S3:
    """The S3 service that COPY reads from."""

    endpoint_url: str
    access_key: str
    secret_key: str
    region: str


@dataclass(frozen=True)
class Tls:
    """The front's certificate.

    :param certificate: the file with the chain, PEM. :param key: the file with the private key, PEM.
    :param required: whether clients without TLS are refused, as with a cluster's parameter require_ssl.
    """

    certificate: str
    key: str
    required: bool = False


@dataclass(frozen=True)
class Config:
    """All that the front needs to know.

    :param users: password by login name. :param iam_roles: the roles that COPY may assume; the first is the default.
    :param isolation: 'snapshot' or 'serializable'. :param tls: None where TLS is not offered.
    :param authentication: how clients are asked for their password, 'md5' or 'password' (in clear text).
    :param max_connections: how many sessions there may be at once; 500 is a cluster's own limit.
    :param login_seconds: how long a client may take to log in.
    """

    host: str
    port: int
    database: str
    backend: Backend
    users: dict[str, str]
    s3: S3
    iam_roles: tuple[str, ...]
    isolation: str
    tls: Tls | None = None
    authentication: str = "md5"
    max_connections: int = 500
    login_seconds: int = 60

    @property
    def isolation_level(self) -> str:
        """PostgreSQL's name for the configured isolation."""
        return ISOLATIONS[self.isolation]


def load(path: Path) -> Config:
    """Read the configuration from `path`.

    Raises ConfigurationError if the file is missing, open to other users, not JSON, or incomplete.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path} holds passwords and is open to other users: chmod 600 {path}")
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}") from error
    return parse(raw)


def parse(raw: dict[str, Any]) -> Config:
    """Return the configuration that `raw` describes; raises ConfigurationError for a missing or wrong entry."""
    try:
        config = Config(
            host=str(raw["host"]),
            port=int(raw["port"]),
            database=str(raw["database"]),
            backend=Backend(**raw["backend"]),
            users={str(user): str(password) for user, password in raw["users"].items()},
            s3=S3(**raw["s3"]),
            iam_roles=tuple(raw["iam_roles"]),
            isolation=str(raw.get("isolation", "snapshot")),
            tls=Tls(**raw["tls"]) if raw.get("tls") else None,
            authentication=str(raw.get("authentication", "md5")),
            max_connections=int(raw.get("max_connections", 500)),
            login_seconds=int(raw.get("login_seconds", 60)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"the configuration lacks or misstates {error}") from error
    if config.isolation not in ISOLATIONS:
        raise ConfigurationError(f"isolation is {config.isolation!r}; it can be {' or '.join(map(repr, ISOLATIONS))}")
    if config.authentication not in AUTHENTICATIONS:
        raise ConfigurationError(
            f"authentication is {config.authentication!r}; it can be {' or '.join(map(repr, AUTHENTICATIONS))}"
        )
    if config.max_connections < 1 or config.login_seconds < 1:
        raise ConfigurationError("max_connections and login_seconds are at least 1")
    if not config.users:
        raise ConfigurationError("users is empty: nobody could log in")
    if not config.iam_roles:
        raise ConfigurationError("iam_roles is empty: no COPY could be authorised")
    return config
