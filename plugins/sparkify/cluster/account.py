"""The AWS account that a connection leads to: who is called, the services' clients, and what their errors say."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from sparkify.cluster.errors import NotYetError

T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """One account and region, as ARNs name them.

    :ivar partition: `aws`, `aws-cn` or `aws-us-gov`.
    """

    partition: str
    number: str
    region: str

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """The ARN of a resource in this account."""
        return f"arn:{self.partition}:{service}:{self.region if regional else ''}:{self.number}:{resource}"


class Aws:
    """The clients of one Airflow connection in one region, made by the amazon provider's hooks when first used.

    :param conn_id: an `aws` connection; its `endpoint_url` goes for all services.
    """

    def __init__(self, conn_id: str, region: str) -> None:
        self.conn_id, self.region = conn_id, region
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, `redshift-serverless` say."""
        if service not in self._clients:
            from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

            hook: Any = AwsBaseHook(aws_conn_id=self.conn_id, region_name=self.region, client_type=service)
            self._clients[service] = hook.conn
        return self._clients[service]

    @cached_property
    def account(self) -> Account:
        """Ask who we are; costs one call."""
        parts = self.client("sts").get_caller_identity()["Arn"].split(":")
        return Account(partition=parts[1], number=parts[4], region=self.region)


def default_region(conn_id: str) -> str | None:
    """The region in which hooks on a connection ask that are given none: its own, or the environment's; None: none."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    hook: Any = AwsBaseHook(aws_conn_id=conn_id)
    region: str | None = hook.get_session().region_name
    return region


def code_of(error: BaseException) -> str:
    """Return the error code of a botocore ClientError."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def found(ask: Callable[[], T], *codes: str) -> T | None:
    """Return what AWS tells, or None where it answers by one of these codes: there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if code_of(error) in codes:
            return None
        raise


def refusal(ask: Callable[[], object], *codes: str) -> Exception | None:
    """Have AWS do something; return its refusal if that has one of these codes, None once it is done; others pass."""
    from botocore.exceptions import ClientError

    try:
        ask()
    except ClientError as error:
        if code_of(error) in codes:
            return error
        raise
    return None


@contextmanager
def not_yet(what: str, *codes: str, about: str = "") -> Iterator[None]:
    """Turn AWS's answers that something is not ready, which look like refusals for good, into what a retry may mend.

    :param what: is not ready.
    :param codes: of the answers.
    :param about: a pattern that their text must hold, in whatever case.
    :raises NotYetError: for such an answer; others pass.
    """
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if code_of(error) not in codes or not re.search(about, str(error), re.IGNORECASE):
            raise
        raise NotYetError(f"AWS is not ready yet, as happens with what is new ({what}): {error}") from error
