"""Airflow's settings on the laptop, as environment variables, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from local.postgres import PostgresServer
from local.s3 import S3Server
from local.settings import ROOT
from local.warehouse import RedshiftAddress

DATABASE = "airflow"
LOGIN = "admin"
SOURCE_BUCKET = "sparkify-source"
MANIFEST_BUCKET = "sparkify-manifests"


def environment(
    directory: Path,
    *,
    port: int,
    secrets: Mapping[str, str],
    postgres: PostgresServer,
    scheduled: bool,
    dags: Path = ROOT / "dags",
) -> dict[str, str]:
    """Return what every Airflow process and its command line need, except connections.

    :param directory: becomes AIRFLOW_HOME. :param port: of the web page and API.
    :param secrets: `fernet`, `jwt` and `api` keys.
    :param postgres: the running server that holds the metadata.
    :param scheduled: whether Airflow makes runs when the clock says so; `run` loads what was asked and nothing else.
    :param dags: the folder with the DAG files.
    """
    password = quote(postgres.password, safe="")
    database = f"{postgres.user}:{password}@{postgres.host}:{postgres.port}/{DATABASE}"
    settings = {
        "AIRFLOW_HOME": directory,
        "AIRFLOW__CORE__DAGS_FOLDER": dags,
        "AIRFLOW__CORE__PLUGINS_FOLDER": ROOT / "plugins",
        "AIRFLOW__CORE__LOAD_EXAMPLES": False,
        # SQLite locks up under a backfill; measured.
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
        # The default, 32 workers, takes 559 MB and gains nothing on a laptop's cores.
        "AIRFLOW__CORE__PARALLELISM": 8,
        # The default asks the resolver for the machine's full name, which takes seconds where there is none.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        # A task whose end is noticed late waits this long; 1 instead of 5 doubled the throughput. Not 0: it then sends
        # heartbeats without a pause.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": 1,
        # How long the scheduler rests when it had nothing to do; each step of a run waits for it.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.2,
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": scheduled,
        # S3 clients share what botocore reads from disk: half of what one costs.
        "AIRFLOW__AWS__SESSION_FACTORY": "sparkify.aws_session.SharedLoaderSessionFactory",
        # An edited DAG file shows after seconds, not after five minutes.
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": 10,
        # Unset, bundles would meet in a shared temporary directory.
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": directory / "bundles",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": directory / "logs",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        # One user and one task at a time read the page; each further worker takes 200 MB and start-up time.
        "AIRFLOW__API__WORKERS": 1,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{LOGIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": directory / "passwords.json",
        # Shared by all processes and kept over restarts: logins, and what is encrypted, outlive them.
        "AIRFLOW__CORE__FERNET_KEY": secrets["fernet"],
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets["jwt"],
        "AIRFLOW__API__SECRET_KEY": secrets["api"],
        # Nothing is reported to anybody.
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": False,
        "SCARF_ANALYTICS": False,
        "DO_NOT_TRACK": 1,
        # macOS: forked workers may otherwise be killed by the system's own libraries.
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    return {name: str(value) for name, value in settings.items()}


def connections(redshift: RedshiftAddress, s3: S3Server, iam_role: str) -> dict[str, str]:
    """Return Airflow's connections and Variables for this stack: all that tells it from a deployed one."""
    held = {
        "REDSHIFT": {
            "conn_type": "redshift",
            "host": redshift.host,
            "port": redshift.port,
            "schema": redshift.database,
            "login": redshift.user,
            "password": redshift.password,
            # Plain: it never leaves the loopback device. Without a name, redshift_connector looks for its caller's
            # in every module that is loaded, at each connect.
            "extra": {"ssl": False, "application_name": "sparkify"},
        },
        # Apart from aws_default: with a role in its extra, every hook on a connection tries to assume it.
        "REDSHIFT_S3_ROLE": {"conn_type": "aws", "extra": {"role_arn": iam_role}},
        "AWS_DEFAULT": {
            "conn_type": "aws",
            "login": s3.access_key,
            "password": s3.secret_key,
            "extra": {"endpoint_url": s3.public_url, "region_name": s3.region},
        },
    }
    return {
        **{f"AIRFLOW_CONN_{name}": json.dumps(connection) for name, connection in held.items()},
        "AIRFLOW_VAR_SPARKIFY_SOURCE": f"s3://{SOURCE_BUCKET}",
        "AIRFLOW_VAR_SPARKIFY_MANIFEST_PREFIX": f"s3://{MANIFEST_BUCKET}/manifests/",
        "AIRFLOW_VAR_SPARKIFY_REGION": s3.region,
        # As the public data set has them.
        "AIRFLOW_VAR_SPARKIFY_LOG_LAYOUT": "log_data/%Y/%m/%Y-%m-%d-events.json",
        "AIRFLOW_VAR_SPARKIFY_SONG_PREFIX": "song_data/",
        "AIRFLOW_VAR_SPARKIFY_JSONPATHS": "log_json_path.json",
        "AIRFLOW_VAR_SPARKIFY_KEEP_DAYS": "7",
    }
