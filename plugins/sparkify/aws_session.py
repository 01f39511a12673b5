"""boto3 sessions that share what botocore reads from disk.

Each boto3 session reads botocore's descriptions of the services anew: most of the CPU that a task's first S3 client
costs. Airflow takes this factory by its setting `[aws] session_factory`; without it everything works, and costs that.
"""

from typing import Any

import boto3.session
import botocore.session
from airflow.providers.amazon.aws.hooks.base_aws import BaseSessionFactory
from botocore.loaders import Loader

_LOADER = Loader()
_ANY_REGION = "us-east-1"


class SharedLoaderSessionFactory(BaseSessionFactory):
    """Makes the provider's own sessions, with one loader for the whole process and those forked from it."""

    def _create_basic_session(self, session_kwargs: dict[str, Any]) -> boto3.session.Session:
        return _session(**session_kwargs)


def warm() -> None:
    """Read what an S3 client needs, so that forked processes need not. Connects to nothing; idempotent."""
    _session().client("s3", region_name=_ANY_REGION)


def _session(**arguments: Any) -> boto3.session.Session:
    core = botocore.session.get_session()
    core.register_component("data_loader", _LOADER)
    return boto3.session.Session(botocore_session=core, **arguments)
