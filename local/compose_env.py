"""Writes `.env` for docker-compose.yaml: `python3 -m local.compose_env [--local]`. Standard library only.

Generates each secret once and keeps what is there, so it can be run again, after an upgrade say. A file is for AWS or
for the stand-in: one that holds the other's settings is refused, because mixed they would load the sample into a
warehouse that is not the stand-in. What was made with `--local` is completed without it, too. The file is readable by
its owner alone and git ignores it.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local import secret_files
from local.errors import StackError

ROOT = Path(__file__).resolve().parent.parent
IAM_ROLE = "arn:aws:iam::000000000000:role/sparkify-copy"
SOURCE = "s3://sparkify-source"
MANIFESTS = "s3://sparkify-manifests/manifests/"
_HOST = "redshift"
_S3 = "http://s3:8333"

_SETTING = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.MULTILINE)
_SECRETS: dict[str, Callable[[], str]] = {
    "SPARKIFY_METADATA_PASSWORD": lambda: secrets.token_hex(24),
    "SPARKIFY_ADMIN_PASSWORD": secret_files.token,
    "SPARKIFY_FERNET_KEY": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "SPARKIFY_API_KEY": secret_files.token,
    "SPARKIFY_JWT_SECRET": secret_files.token,
}
_LOCAL_SECRETS: dict[str, Callable[[], str]] = {
    "SPARKIFY_WAREHOUSE_PASSWORD": secret_files.token,
    "SPARKIFY_REDSHIFT_PASSWORD": secret_files.token,
    "SPARKIFY_S3_ACCESS_KEY": lambda: secrets.token_hex(10).upper(),
    "SPARKIFY_S3_SECRET_KEY": lambda: secrets.token_hex(20),
}
_TO_FILL_IN = """
# Where the warehouse is and what it may read: fill in, and take the marks in front away.
# AIRFLOW_CONN_REDSHIFT='redshift://LOGIN:PASSWORD@HOST:5439/dev'
# AIRFLOW_CONN_REDSHIFT_S3_ROLE='{"conn_type": "aws", "extra": {"role_arn": "arn:aws:iam::ACCOUNT:role/NAME"}}'
# AIRFLOW_VAR_SPARKIFY_MANIFEST_PREFIX='s3://BUCKET/manifests/'
# Only where the host's own role or the public sample will not do:
# AIRFLOW_CONN_AWS_DEFAULT='aws://KEY:SECRET@/?region_name=us-west-2'
# AIRFLOW_VAR_SPARKIFY_SOURCE='s3://BUCKET'
"""


def is_stand_ins(connection: str) -> bool:
    """Tell whether an Airflow connection, as JSON or as a URI, leads to the stack's own stand-in for Redshift."""
    return bool(_fields(connection).get("host") == _HOST)


def _fields(connection: str) -> dict[str, Any]:
    """Return the fields of a connection; of a URI the host alone, of what is neither none."""
    try:
        fields = (
            json.loads(connection) if connection.lstrip().startswith("{") else {"host": urlsplit(connection).hostname}
        )
    except ValueError:
        return {}
    return dict(fields)


def _extra(connection: str, name: str) -> object:
    extra = _fields(connection).get("extra")
    return extra.get(name) if isinstance(extra, dict) else None


# What decides where data come from and where they go, and whether that is the stand-in.
_STAND_INS: dict[str, Callable[[str], bool]] = {
    "COMPOSE_PROFILES": lambda value: "local" in value.split(","),
    "AIRFLOW_CONN_REDSHIFT": is_stand_ins,
    "AIRFLOW_CONN_REDSHIFT_S3_ROLE": lambda value: _extra(value, "role_arn") == IAM_ROLE,
    "AIRFLOW_CONN_AWS_DEFAULT": lambda value: _extra(value, "endpoint_url") == _S3,
    "AIRFLOW_VAR_SPARKIFY_SOURCE": lambda value: value == SOURCE,
    "AIRFLOW_VAR_SPARKIFY_MANIFEST_PREFIX": lambda value: value == MANIFESTS,
}


def complete(text: str, *, local: bool) -> str:
    """Return the text of an `.env` with what it lacks added at its end; what it sets stays as it is.

    :param local: also set what the profile `local` needs, and the profile itself; so it is for a text that names the
        profile and sets nothing that is not the stand-in's.
    :raises StackError: if it sets a warehouse or an S3 that is not the stand-in, or without `local` one that is.
    """
    held = {name: value.strip().strip("'\"") for name, value in _SETTING.findall(text)}
    local = local or (
        "COMPOSE_PROFILES" in held and all(is_ours(held[name]) for name, is_ours in _STAND_INS.items() if name in held)
    )
    if wrong := [name for name, is_ours in _STAND_INS.items() if name in held and is_ours(held[name]) is not local]:
        holds, asked = ("AWS", "the stand-in") if local else ("the stand-in", "AWS")
        raise StackError(
            f"the file sets {', '.join(wrong)} for {holds}, and is to be for {asked}",
            "name another file with --file, which docker compose takes by --env-file, or delete these lines",
        )
    added: dict[str, str] = {}
    for name, make in (_SECRETS | _LOCAL_SECRETS if local else _SECRETS).items():
        if name not in held:
            added[name] = make()
    if local:
        for name, value in _local_settings(held | added).items():
            if name not in held:
                added[name] = value
    lines = "".join(f"{name}='{value}'\n" for name, value in added.items())
    hint = "" if local or "AIRFLOW_CONN_REDSHIFT" in text else _TO_FILL_IN
    return (text if not text or text.endswith("\n") else text + "\n") + lines + hint


def _local_settings(held: dict[str, str]) -> dict[str, str]:
    keys = {"access_key": held["SPARKIFY_S3_ACCESS_KEY"], "secret_key": held["SPARKIFY_S3_SECRET_KEY"]}
    s3 = {"endpoint_url": _S3, "region": "us-west-2", **keys}
    front = {
        "host": "0.0.0.0",  # noqa: S104 - in its container; compose publishes it on loopback
        "port": 5439,
        "database": "dev",
        "backend": {
            "host": "warehouse",
            "port": 5432,
            "user": "postgres",
            "password": held["SPARKIFY_WAREHOUSE_PASSWORD"],
        },
        "users": {"awsuser": held["SPARKIFY_REDSHIFT_PASSWORD"]},
        "s3": s3,
        "iam_roles": [IAM_ROLE],
        "isolation": "snapshot",
    }
    redshift = {
        "conn_type": "redshift",
        "host": _HOST,
        "port": 5439,
        "schema": "dev",
        "login": "awsuser",
        "password": held["SPARKIFY_REDSHIFT_PASSWORD"],
        "extra": {"ssl": False, "application_name": "sparkify"},
    }
    aws = {
        "conn_type": "aws",
        "login": keys["access_key"],
        "password": keys["secret_key"],
        "extra": {"endpoint_url": s3["endpoint_url"], "region_name": s3["region"]},
    }
    return {
        "COMPOSE_PROFILES": "local",
        "SPARKIFY_REDSHIFT_CONFIG": json.dumps(front),
        "AIRFLOW_CONN_REDSHIFT": json.dumps(redshift),
        "AIRFLOW_CONN_REDSHIFT_S3_ROLE": json.dumps({"conn_type": "aws", "extra": {"role_arn": IAM_ROLE}}),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(aws),
        "AIRFLOW_VAR_SPARKIFY_SOURCE": SOURCE,
        "AIRFLOW_VAR_SPARKIFY_MANIFEST_PREFIX": MANIFESTS,
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or leave it as it is and say why; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m local.compose_env", description="Write the secrets that docker-compose.yaml asks for."
    )
    parser.add_argument(
        "--local",
        action="store_true",
        help="also what stands in for AWS: the profile `local`; a file that was made so needs it no more",
    )
    parser.add_argument("--file", type=Path, default=ROOT / ".env", help="default: .env beside docker-compose.yaml")
    given = parser.parse_args(arguments)
    before = given.file.read_text(encoding="utf-8") if given.file.exists() else ""
    try:
        after = complete(before, local=given.local)
    except StackError as error:
        sys.stderr.write(f"{given.file}: {error}\n")
        return 2
    secret_files.write(given.file, after)
    made = len(_SETTING.findall(after)) - len(_SETTING.findall(before))
    sys.stdout.write(f"{given.file}: {made} settings added, {len(_SETTING.findall(before))} kept\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
