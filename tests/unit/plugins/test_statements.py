"""The SQL that the load operators make, as text."""

from typing import Any, cast

import pytest

from sparkify.operators.load_dimension import LoadDimensionOperator
from sparkify.operators.load_fact import LoadFactOperator
from sparkify.operators.stage_to_redshift import StageToRedshiftOperator

WINDOW = {"window_start": "2018-11-12T07:00:00Z", "window_end": "2018-11-12T08:00:00Z"}
BUCKETS = {"source": "s3://source", "manifest_prefix": "s3://manifests/", "region": "us-west-2"}


def test_a_fact_deletes_and_inserts_within_the_same_bounds() -> None:
    operator = LoadFactOperator(
        task_id="load",
        table="plays",
        columns=["id", "at"],
        window_column="at",
        sql="select id, at from staged;\n",
        lock_table="lock_plays",
        **WINDOW,
    )
    assert operator.delete_statement() == "delete from plays\nwhere at >= %s and at < %s"
    assert operator.insert_statement() == (
        "insert into plays (id, at)\nselect id, at\nfrom (\nselect id, at from staged\n) as loaded\n"
        "where at >= %s and at < %s"
    )


def test_a_dimension_updates_only_what_differs_and_is_not_older() -> None:
    operator = LoadDimensionOperator(
        task_id="load",
        table="public.users",
        key=["id"],
        columns=["level"],
        version_column="seen_at",
        sql="select id, level from staged",
        lock_table="lock_users",
        **WINDOW,
    )
    assert operator.update_statement() == (
        "update public.users\nset level = source.level\nfrom (\nselect id, level from staged\n) as source\n"
        "where users.id = source.id\n  and source.seen_at >= users.seen_at\n  and (\n"
        "    users.level <> source.level or (users.level is null and source.level is not null)"
        " or (users.level is not null and source.level is null)\n  )"
    )
    assert operator.insert_statement().endswith(
        "where not exists (select 1 from public.users as existing where existing.id = source.id)"
    )


@pytest.mark.parametrize(
    ("mode", "arguments", "reason"),
    [
        ("replace", {"layout": "%Y%m%d"}, "needs like, window_column"),
        ("synchronise", {"prefix": "songs/", "ledger": "ledger"}, "needs version_table, lock_table"),
        (
            "synchronise",
            {"prefix": "a", "ledger": "b", "version_table": "v", "lock_table": "c", "like": "d"},
            "has no use for like",
        ),
    ],
)
def test_a_stage_with_arguments_that_do_not_fit_its_mode_is_refused(
    mode: str, arguments: dict[str, str], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        StageToRedshiftOperator(
            task_id="stage", table="t", columns=["a"], mode=cast(Any, mode), **BUCKETS, **WINDOW, **arguments
        )
