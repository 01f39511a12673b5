"""The answers as they lie in the warehouse."""

from typing import Any

from sparkify.insights import QUESTIONS
from tests.expected import Rows
from tests.pipeline import Pipeline, execute, load_dag

DAG_ID = "sparkify_insights"


def answers(pipeline: Pipeline) -> dict[str, Rows]:
    """Every answer's rows; fails if one is there twice."""
    found = {}
    for question, columns in QUESTIONS.items():
        rows = pipeline.query(f"select {', '.join(columns)} from insights.{question}")
        assert len(rows) == len(set(rows)), f"insights.{question} holds a row twice"
        found[question] = set(rows)
    return found


def refresh(pipeline: Pipeline) -> dict[str, Any]:
    """Run sparkify_insights as if by hand, and return what each task returned."""
    results, _ = pipeline.run(DAG_ID, {})
    return results


def refresh_task(pipeline: Pipeline, run_id: str) -> tuple[Any, Any]:
    """Only the refreshing, in a run of its own; the task and what it returned."""
    task = load_dag(DAG_ID).get_task("refresh_insights")
    context, _ = pipeline.context(DAG_ID, {}, run_id)
    return task, execute(task, context)
