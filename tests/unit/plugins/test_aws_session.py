"""S3 clients that share what botocore reads from disk."""

from typing import Any

import pytest
from airflow.providers.amazon.aws.utils.connection_wrapper import AwsConnectionWrapper
from airflow.sdk import Connection
from botocore.loaders import JSONFileLoader

from sparkify import aws_session


def made_by_the_factory(region: str = "eu-west-1") -> Any:
    connection = Connection(conn_id="aws", conn_type="aws", login="key", password="secret")
    factory = aws_session.SharedLoaderSessionFactory(conn=AwsConnectionWrapper(connection), region_name=region)
    return factory.create_session()


def test_once_warm_a_client_reads_no_description_from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    aws_session.warm()

    def refuse(_: JSONFileLoader, path: str) -> None:
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr(JSONFileLoader, "load_file", refuse)
    client = made_by_the_factory().client("s3")
    assert client.meta.service_model.operation_model("ListObjectsV2")


def test_sessions_share_descriptions_and_nothing_else() -> None:
    one, other = made_by_the_factory(), made_by_the_factory("us-west-2")
    assert (one.region_name, other.region_name) == ("eu-west-1", "us-west-2")
    assert one.get_credentials().access_key == "key"
    assert other.events is not one.events
