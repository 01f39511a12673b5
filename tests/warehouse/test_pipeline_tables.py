"""sparkify_tables: create, migrate, reset."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from sparkify.operators.manage_tables import ManageTablesOperator, TablesError
from sparkify.tables import MIGRATIONS
from tests.pipeline import Pipeline

pytestmark = pytest.mark.slow
TABLES = [
    "create table if not exists schema_migrations (name varchar(127) not null, applied_at timestamp not null)",
    "create table if not exists gadgets (id integer)",
]
ADD = "alter table gadgets add column colour varchar(16)"


@pytest.fixture
def gadgets(pipeline: Pipeline) -> Iterator[Pipeline]:
    """A warehouse without tables, whose own are schema_migrations and gadgets."""
    pipeline.execute("drop table schema_migrations")
    yield pipeline
    pipeline.execute("drop table if exists gadgets")


def manage(pipeline: Pipeline, action: str, migrations: dict[str, str], confirm: str = "") -> dict[str, Any]:
    operator = ManageTablesOperator(
        task_id="manage", action=action, confirm=confirm, tables=TABLES, migrations=list(migrations)
    )
    operator.migration_statements = list(migrations.values())
    return operator.execute(pipeline.context("sparkify_tables", {})[0])


def columns(pipeline: Pipeline) -> list[str]:
    rows = pipeline.query("select column_name from svv_columns where table_name = 'gadgets' order by 1")
    return [name.strip() for (name,) in rows]


def test_creating_twice_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.execute("insert into users (user_id, last_event_at) values (1, '2018-11-01')")
    pipeline.manage_tables("create")
    assert len(pipeline.table("users")) == 1


@pytest.mark.parametrize("confirm", ["", "yes", "RESET"])
def test_a_reset_without_its_confirmation_does_nothing(pipeline: Pipeline, confirm: str) -> None:
    pipeline.execute("insert into users (user_id, last_event_at) values (1, '2018-11-01')")
    with pytest.raises(TablesError, match="nothing was done"):
        pipeline.manage_tables("reset", confirm)
    assert len(pipeline.table("users")) == 1


def test_a_reset_empties_our_tables_drops_what_runs_left_and_touches_no_other(pipeline: Pipeline) -> None:
    pipeline.execute("insert into users (user_id, last_event_at) values (1, '2018-11-01')")
    pipeline.execute("create table staging.events_0123456789abcdef (like staging.events)")
    pipeline.execute("create table somebodys (id integer)")
    pipeline.manage_tables("reset", "reset")
    assert pipeline.table("users") == set()
    assert pipeline.staging_tables() == []
    assert pipeline.query("select count(*) from somebodys") == [(0,)]
    pipeline.execute("drop table somebodys")


def test_an_unknown_action_is_refused_by_name(pipeline: Pipeline) -> None:
    with pytest.raises(TablesError, match="'drop' is not known: one of create, migrate, reset"):
        pipeline.manage_tables("drop")


def test_on_a_new_warehouse_all_migrations_count_as_applied(gadgets: Pipeline) -> None:
    assert manage(gadgets, "create", {"0001_colour.sql": ADD})["pending"] == []
    assert manage(gadgets, "migrate", {"0001_colour.sql": ADD})["applied"] == []
    assert columns(gadgets) == ["id"]


def test_a_migration_is_pending_after_create_and_applied_once_by_migrate(gadgets: Pipeline) -> None:
    manage(gadgets, "create", {})
    migration = {"0001_colour.sql": ADD}
    assert manage(gadgets, "create", migration)["pending"] == ["0001_colour"]
    assert manage(gadgets, "migrate", migration)["applied"] == ["0001_colour"]
    again = manage(gadgets, "migrate", migration)
    assert (again["applied"], again["pending"]) == ([], [])
    assert columns(gadgets) == ["colour", "id"]


def test_a_migration_that_fails_leaves_nothing_of_itself_and_keeps_those_before_it(gadgets: Pipeline) -> None:
    manage(gadgets, "create", {})
    bad = {"0001_colour.sql": ADD, "0002_bad.sql": "alter table gadgets add column size integer; drop table nothing"}
    with pytest.raises(AirflowFailException, match="nothing"):
        manage(gadgets, "migrate", bad)
    assert columns(gadgets) == ["colour", "id"]
    assert manage(gadgets, "create", bad)["pending"] == ["0002_bad"]


def test_a_migration_that_redshift_refuses_in_a_transaction_can_run_without(gadgets: Pipeline) -> None:
    manage(gadgets, "create", {})
    vacuum = {"0001_vacuum.sql": "-- no transaction\nvacuum gadgets"}
    assert manage(gadgets, "migrate", vacuum)["applied"] == ["0001_vacuum"]


def test_every_ddl_file_creates_what_it_is_named_for(pipeline: Pipeline) -> None:
    rows = pipeline.query("select table_schema, table_name from information_schema.tables")
    present = {name if schema == "public" else f"{schema}_{name}" for schema, name in rows}
    files = {path.stem for path in (Path(__file__).parents[2] / "sql" / "tables").glob("*.sql")}
    assert files <= present


def test_the_projects_own_migrations_bring_an_older_warehouse_to_what_the_ddl_makes(pipeline: Pipeline) -> None:
    def columns_now() -> list[tuple[Any, ...]]:
        return pipeline.query(
            "select table_name, column_name from information_schema.columns"
            " where table_name in ('quality_results', 'load_audit') order by table_name, ordinal_position"
        )

    made = columns_now()
    for table, column in (
        *(("quality_results", name) for name in ("kind", "column_name", "samples")),
        ("load_audit", "began_at"),
    ):
        pipeline.execute(f"alter table {table} drop column {column}")
    pipeline.execute("create table staging.version_songs_checked (version varchar(64) not null)")
    pipeline.execute("delete from schema_migrations")
    assert pipeline.manage_tables("migrate")["applied"] == [Path(name).stem for name in MIGRATIONS]
    assert columns_now() == made
    assert pipeline.query("select count(*) from information_schema.tables where table_name like '%_checked'") == [(0,)]
