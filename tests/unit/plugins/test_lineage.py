"""What OpenLineage is told that a query reads."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from sparkify.lineage.queries import Reads, parse
from tests.pipeline import load_dag

LOG: Any = logging.getLogger(__name__)
RUN = SimpleNamespace(dag_id="sparkify_etl", run_id="manual__1")


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("users", {"staging.events"}),
        ("songs", {"staging.songs"}),
        ("artists", {"staging.songs"}),
        ("songplays", {"staging.events", "staging.songs"}),
        ("time", {"songplays"}),
    ],
)
def test_a_load_reads_the_tables_that_its_query_names(name: str, tables: set[str]) -> None:
    assert set(_reads(name).tables) == tables


def test_each_column_of_the_facts_is_traced_to_the_staged_ones_it_is_made_from() -> None:
    columns = _reads("songplays").columns
    assert columns
    assert columns["start_time"] == (("staging.events", "ts"),)
    # Joined under its bare name, which is also the name of a table of the star schema.
    assert columns["song_id"] == (("staging.songs", "song_id"),)
    assert {column for _, column in columns["songplay_id"]} == {"user_id", "session_id", "item_in_session", "ts"}


def test_a_query_that_cannot_be_parsed_tells_nothing_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    assert parse("select from where", LOG) == Reads()
    assert "cannot read the query" in caplog.text


def _reads(name: str) -> Reads:
    task: Any
    [task] = [task for task in load_dag("sparkify_etl").tasks if getattr(task, "table", None) == name]
    task.resolve_template_files()
    jinja = task.get_template_env()
    query = jinja.from_string(task.sql).render(dag_run=RUN, **task.dag.user_defined_macros)
    return parse(query, LOG)
