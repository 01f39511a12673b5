"""How often and when a failed task is tried again."""

import logging
import ssl
from typing import Any, cast

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Context, RetryAction
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from sparkify.failures import PermanentWarehouseError, WarehouseError, is_permanent
from sparkify.quick_retries import WAITS, retrying
from sparkify.retry_policy import WarehouseRetryPolicy

LOG: Any = logging.getLogger(__name__)


def aws(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "ListObjectsV2")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("sparkify.quick_retries.time.sleep", slept.append)
    return slept


class Work:
    """Fails with these errors, one after the other, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls


def test_a_conflict_is_tried_again_from_the_beginning_within_seconds(no_waiting: list[float]) -> None:
    assert retrying(Work(WarehouseError("1023"), WarehouseError("1023")), log=LOG) == 3
    assert all(0 <= slept <= wait for slept, wait in zip(no_waiting, WAITS, strict=True))


def test_quick_tries_are_few_and_the_last_error_goes_to_airflow() -> None:
    work = Work(*[WarehouseError(str(number)) for number in range(9)])
    with pytest.raises(WarehouseError, match="2"):
        retrying(work, log=LOG)
    assert work.calls == 3


@pytest.mark.parametrize("error", [PermanentWarehouseError("42P01"), WarehouseError("57014", soon=False), ValueError()])
def test_what_another_try_would_meet_again_is_not_tried_quickly(error: Exception) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        retrying(work, log=LOG)
    assert work.calls == 1


def test_a_task_that_was_told_to_end_does_not_begin_again() -> None:
    work = Work(WarehouseError("terminated"))
    with pytest.raises(WarehouseError):
        retrying(work, log=LOG, wanted=lambda: False)
    assert work.calls == 1


@pytest.mark.parametrize(
    "error",
    [
        aws("SlowDown", 503),
        aws("InternalError", 500),
        aws("RequestTimeout", 400),
        aws("ExpiredToken", 400),
        aws("503", 503),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        WarehouseError("lost"),
        ConnectionResetError(),
    ],
    ids=str,
)
def test_airflow_tries_again_what_may_be_gone(error: Exception) -> None:
    assert not is_permanent(error)
    assert WarehouseRetryPolicy().evaluate(error, 1, 5).action is RetryAction.RETRY


@pytest.mark.parametrize(
    "error",
    [
        aws("AccessDenied", 403),
        aws("NoSuchBucket", 404),
        aws("403", 403),
        aws("InvalidAccessKeyId", 403),
        aws("PermanentRedirect", 301),
        NoCredentialsError(),
        ssl.SSLCertVerificationError("certificate verify failed"),
        TypeError("a bug"),
    ],
    ids=str,
)
def test_airflow_gives_up_at_once_on_what_a_retry_cannot_mend(error: Exception) -> None:
    assert WarehouseRetryPolicy().evaluate(error, 1, 5).action is RetryAction.FAIL


def test_waits_grow_up_to_a_bound_and_are_not_the_same_for_all() -> None:
    policy = WarehouseRetryPolicy()
    for number, nominal in enumerate([10, 40, 160, 600, 600], 1):
        delays = {policy.evaluate(WarehouseError("x"), number, 5).retry_delay for _ in range(20)}
        assert len(delays) > 1
        assert all(delay and nominal * 0.5 <= delay.total_seconds() <= nominal * 1.5 for delay in delays)


def test_waits_begin_anew_after_a_clear() -> None:
    policy, context = WarehouseRetryPolicy(), cast(Context, {"task": EmptyOperator(task_id="load", retries=5)})
    # Failed for good in try 6, cleared, cleared again while it waited for its second try since.
    for number, most, nominal in ((1, 5, 10), (6, 5, 600), (7, 11, 10), (8, 11, 40), (9, 13, 10)):
        delay = policy.evaluate(WarehouseError("x"), number, most, context).retry_delay
        assert delay
        assert nominal * 0.5 <= delay.total_seconds() <= nominal * 1.5, number


def test_a_policy_survives_being_written_down() -> None:
    policy = WarehouseRetryPolicy(first=1.0)
    assert WarehouseRetryPolicy.deserialize(policy.serialize()) == policy
