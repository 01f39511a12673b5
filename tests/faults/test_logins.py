"""What a task makes of a warehouse that it cannot log in to."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from local.warehouse import Warehouse
from sparkify.failures import WarehouseError
from sparkify.quick_retries import retrying
from sparkify.session import open_session
from tests.faults.loop import Loop
from tests.faults.warehouse_proxy import WarehouseProxy
from tests.ports import named_ports

pytestmark = pytest.mark.slow
LOG: Any = logging.getLogger(__name__)


@pytest.fixture
def before(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[WarehouseProxy]:
    """Stands before the warehouse that the connection `redshift` names."""
    address = warehouse.redshift
    proxy = WarehouseProxy(named_ports(1)[0], address.port)
    connection = {
        "conn_type": "redshift",
        "host": address.host,
        "port": proxy.port,
        "login": address.user,
        "password": address.password,
        "schema": address.database,
        "extra": {"ssl": False},
    }
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT", json.dumps(connection))
    with Loop() as loop:
        loop.do(proxy.listen())
        yield proxy


def ask() -> int:
    from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook

    with open_session(RedshiftSQLHook(redshift_conn_id="redshift"), label="test", log=LOG) as session:
        return int(session.value("select 7"))


def test_a_login_that_is_cut_off_is_worth_another_try_at_once(before: WarehouseProxy) -> None:
    there, before.target = before.target, named_ports(1)[0]
    with pytest.raises(WarehouseError) as failed:
        ask()
    assert failed.value.soon
    tries: list[int] = []

    def once_more() -> int:
        if tries:
            before.target = there
        tries.append(before.target)
        return ask()

    assert retrying(once_more, log=LOG) == 7
    assert len(tries) == 2
