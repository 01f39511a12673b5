"""Random conversations on the wire: cut anywhere, sent in any batches, they go as PostgreSQL's own would."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.redshift.wire import messages
from local.warehouse import Warehouse
from tests.warehouse import raw
from tests.warehouse.raw import RawClient

pytestmark = pytest.mark.slow

_BOUNDED = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# They mean the same to PostgreSQL, so what it answers is how the conversation must go.
_SHARED = (
    *("select 1", "select 'é' as a, null as b", "", "select 1 / 0", "selec 1", "select * from nowhere"),
    *("begin", "commit", "rollback", "create temp table t (a int)", "insert into t values (1), (2)"),
    *("select a from t order by a", "drop table t", "update t set a = a + 1", "delete from t"),
)
_WITH_PARAMETER = ("select cast($1 as int) + 1 as a", "insert into t values ($1)", "select a from t where a > $1")
_STRINGS = ("select 1; select 2", "begin; select 1 / 0; select 1", "insert into t values (3); select 1 / 0", ";;")
# What the front carries out or refuses itself, in the midst of the rest.
_FRONTS = ("truncate t", "vacuum", "select foo(1)", "create table x (a xml)", "truncate t; select 1", "cancel 1")

_names = st.sampled_from(["", "a", "b"])


def _messages(single: tuple[str, ...], strings: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    statements = st.sampled_from(single + _WITH_PARAMETER)
    values = st.lists(st.sampled_from([b"1", b"x", None]), max_size=2)
    return st.one_of(
        st.sampled_from(single + strings).map(messages.query),
        st.builds(raw.parse, _names, statements),
        st.builds(raw.bind, _names, _names, values),
        st.builds(raw.describe, st.sampled_from("SP"), _names),
        st.builds(raw.execute, _names, st.integers(0, 1)),
        st.builds(raw.close, st.sampled_from("SP"), _names),
        st.just(raw.SYNC),
        st.just(raw.FLUSH),
        # What drivers send: a statement from its Parse to its Sync.
        st.builds(
            lambda sql, value: raw.parse("", sql) + raw.bind("", "", value) + raw.execute("") + raw.SYNC,
            statements,
            values,
        ),
    )


def _conversations(single: tuple[str, ...], strings: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    return st.lists(_messages(single, strings), max_size=12).map(b"".join)


# The last words of every conversation: whatever went before, they are heard.
_END = raw.SYNC + messages.query("rollback") + messages.query("select 'the end' as ended")


def _heard(client: RawClient) -> list[tuple[bytes, bytes | str]]:
    """All up to the last word's answer, without what differs from one server to the other: texts, types, notices."""
    found: list[tuple[bytes, bytes | str]] = []
    ended = False
    while True:
        kind, payload = client.reply()
        ended = ended or (kind == b"D" and b"the end" in payload)
        if kind == b"E":
            found.append((kind, messages.fields(payload)["C"]))
        elif kind not in b"NS":
            found.append((kind, payload if kind in b"DCZ" else b""))
        if ended and kind == b"Z":
            return found


@_BOUNDED
@given(conversation=_conversations(_SHARED, _STRINGS))
def test_any_conversation_goes_as_it_would_with_postgres(warehouse: Warehouse, conversation: bytes) -> None:
    with RawClient.of_front(warehouse.redshift) as front, RawClient.of_postgres(warehouse.postgres, "dev") as postgres:
        for client in (front, postgres):
            client.send(conversation + _END)
        assert _heard(front) == _heard(postgres)


@_BOUNDED
@given(conversation=_conversations(_SHARED + _FRONTS, _STRINGS), data=st.data())
def test_how_a_conversation_is_cut_into_packets_changes_nothing(
    warehouse: Warehouse, conversation: bytes, data: st.DataObject
) -> None:
    whole = conversation + _END
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=30)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    with RawClient.of_front(warehouse.redshift) as one, RawClient.of_front(warehouse.redshift) as other:
        one.send(whole)
        other.send(*pieces)
        assert _heard(one) == _heard(other)


@_BOUNDED
@given(talk=_conversations(_SHARED + _FRONTS, _STRINGS))
def test_no_session_affects_another(warehouse: Warehouse, talk: bytes) -> None:
    quiet = raw.parse("a", "select cast($1 as int)"), raw.bind("", "a", [b"7"]) + raw.execute("") + raw.SYNC
    with RawClient.of_front(warehouse.redshift) as bystander, RawClient.of_front(warehouse.redshift) as talker:
        bystander.send(messages.query("begin"), quiet[0])
        talker.send(talk + _END)
        _heard(talker)
        bystander.send(quiet[1])
        assert [kind for kind, _ in bystander.until_ready(2)] == [b"C", b"Z", b"1", b"2", b"D", b"C", b"Z"]
