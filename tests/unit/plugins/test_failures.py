"""Which errors are worth a second try."""

from typing import Any

import psycopg
import pytest
import redshift_connector
from airflow.sdk.exceptions import AirflowNotFoundException
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from sparkify.failures import PermanentWarehouseError, WarehouseError, describe, translate


def redshift_error(code: str, message: str, detail: str = "") -> Exception:
    return redshift_connector.ProgrammingError({"S": "ERROR", "C": code, "M": message, "D": detail})


def aws_error(code: str, status: int) -> Exception:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetClusterCredentials")


LOAD_FAILED = "Load into table 'events' failed.  Check 'stl_load_errors' system table for details."
S3_ERROR = "S3ServiceException:{},Status {},Error {},Rid x,ExtRid y,CanRetry 1"


@pytest.mark.parametrize(
    "error",
    [
        redshift_error("42P01", 'relation "users" does not exist'),
        redshift_error("42601", "syntax error"),
        redshift_error("2BP01", "cannot drop table songplays because other objects depend on it"),
        redshift_error("22001", "value too long"),
        redshift_error("28000", "password authentication failed"),
        redshift_error("0A000", "not supported"),
        redshift_error("XX000", LOAD_FAILED),
        redshift_error("XX000", "The specified S3 prefix 'a' does not exist"),
        redshift_error("XX000", S3_ERROR.format("The specified key does not exist.", 404, "NoSuchKey")),
        redshift_error("XX000", "User arn:… is not authorized to assume IAM Role arn:…"),
        psycopg.errors.UndefinedColumn("column does not exist"),
    ],
)
def test_what_is_wrong_with_statement_or_data_fails_at_once(error: Exception) -> None:
    assert isinstance(translate(error, "copy"), PermanentWarehouseError)


@pytest.mark.parametrize(
    "error",
    [
        redshift_error(
            "XX000", "1023", "Serializable isolation violation on table - 1, transactions forming the cycle"
        ),
        redshift_error("XX000", "copy failed", S3_ERROR.format("Please reduce your request rate.", 503, "SlowDown")),
        redshift_error("XX000", "1018", "Relation does not exist."),
        redshift_error("XX000", "could not complete because of conflict with concurrent transaction"),
        redshift_error("XX000", "could not open relation with OID 6134794"),
        redshift_error("42P01", "Relation with OID 15170212 does not exist"),
        redshift_error("XX000", "table 6616765 dropped by concurrent transaction"),
        redshift_error("57014", "canceling statement due to statement timeout"),
        redshift_error("57P01", "terminating connection due to administrator command"),
        redshift_connector.InterfaceError("communication error"),
        psycopg.OperationalError("server closed the connection unexpectedly"),
        ConnectionResetError("connection reset"),
    ],
)
def test_what_may_be_gone_in_a_minute_is_retried(error: Exception) -> None:
    assert isinstance(translate(error, "copy"), WarehouseError)


@pytest.mark.parametrize(
    "error", [aws_error("AccessDenied", 403), aws_error("ClusterNotFound", 404), NoCredentialsError()], ids=str
)
def test_a_login_that_aws_refuses_fails_at_once(error: Exception) -> None:
    assert isinstance(translate(error, "connecting"), PermanentWarehouseError)


@pytest.mark.parametrize(
    "error",
    [
        aws_error("Throttling", 400),
        aws_error("ServiceUnavailable", 503),
        EndpointConnectionError(endpoint_url="https://redshift.us-west-2.amazonaws.com"),
    ],
    ids=str,
)
def test_a_login_that_aws_cannot_answer_just_now_is_tried_again(error: Exception) -> None:
    assert isinstance(translate(error, "connecting"), WarehouseError)


def test_a_connection_that_is_not_defined_or_not_readable_is_tried_again_but_not_within_seconds() -> None:
    error = translate(AirflowNotFoundException("The conn_id `redshift` isn't defined"), "connecting")
    assert isinstance(error, WarehouseError)
    assert not error.soon


def test_message_and_detail_are_kept_and_the_statement_is_named() -> None:
    error = translate(redshift_error("42P01", 'relation "users" does not exist', "a detail"), "delete from users")
    assert str(error) == 'delete from users: relation "users" does not exist\na detail (SQLSTATE 42P01)'


def test_a_lost_connection_without_a_word_is_still_named() -> None:
    assert describe(ConnectionResetError()).message == "ConnectionResetError"
