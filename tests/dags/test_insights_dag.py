"""The DAG that answers questions: when it runs, and that its tables, statements and columns agree."""

import re

import pytest
import sqlglot
from airflow.sdk import DAG, AssetAny

from local.settings import ROOT
from sparkify.assets import table_asset
from sparkify.insights import QUESTIONS, STATE_COLUMNS
from sparkify.tables import TABLES
from tests.pipeline import load_dag

SQL = ROOT / "sql"
STATEMENTS = {**QUESTIONS, "refreshed": STATE_COLUMNS}


@pytest.fixture
def dag() -> DAG:
    return load_dag("sparkify_insights")


def test_it_runs_when_any_of_what_the_answers_are_made_from_has_changed_one_run_at_a_time(dag: DAG) -> None:
    condition = dag.timetable.asset_condition
    assert isinstance(condition, AssetAny)
    assert list(condition.objects) == [table_asset(name) for name in ("songplays", "songs", "artists")]
    assert dag.max_active_runs == 1
    # Whoever unpauses the loads need not know of it.
    assert dag.is_paused_upon_creation is False


def test_nothing_is_computed_before_it_is_decided_and_checked(dag: DAG) -> None:
    assert {task.task_id: set(task.upstream_task_ids) for task in dag.tasks} == {
        "decide_refresh": set(),
        "check_warehouse": {"decide_refresh"},
        "refresh_insights": {"check_warehouse"},
    }
    assert {task.trigger_rule for task in dag.tasks} == {"all_success"}


def test_every_answer_is_an_asset_that_the_refresh_makes(dag: DAG) -> None:
    outlets = dag.get_task("refresh_insights").outlets
    assert {asset.name for asset in outlets} == {f"insights.{question}" for question in QUESTIONS}


def test_every_question_has_a_statement_and_a_table_and_there_are_no_others() -> None:
    assert {path.stem for path in (SQL / "insights").glob("*.sql")} == set(STATEMENTS)
    tables = {f"tables/{path.name}" for path in (SQL / "tables").glob("insights_*.sql")}
    assert tables == {name for name in TABLES if "insights_" in name}
    assert tables == {f"tables/insights_{name}.sql" for name in STATEMENTS}


@pytest.mark.parametrize("question", STATEMENTS)
def test_statement_and_table_have_the_declared_columns_in_their_order(question: str) -> None:
    [select] = sqlglot.parse((SQL / "insights" / f"{question}.sql").read_text(), read="redshift")
    assert isinstance(select, sqlglot.exp.Select)
    assert tuple(select.named_selects) == STATEMENTS[question]
    ddl = (SQL / "tables" / f"insights_{question}.sql").read_text()
    create = next(each for each in sqlglot.parse(ddl, read="redshift") if each and each.find(sqlglot.exp.ColumnDef))
    columns = [column.name for column in create.find_all(sqlglot.exp.ColumnDef)]
    if question == "refreshed":
        columns = [column for column in columns if column not in ("run_id", "computed_at")]
    assert tuple(columns) == STATEMENTS[question]


@pytest.mark.parametrize("question", STATEMENTS)
def test_a_statement_says_first_what_it_asks_of_what_and_what_counts_and_holds_no_placeholder(question: str) -> None:
    text = (SQL / "insights" / f"{question}.sql").read_text()
    assert re.match(r"-- Question: .*\?\n(?:-- .*\n)*-- Grain: .*\n(?:-- .*\n)*-- Counts: ", text)
    # Both drivers read a per cent sign in a statement with parameters, each in its way.
    assert "%" not in text
