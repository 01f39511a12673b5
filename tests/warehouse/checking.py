"""The project's checks on what a pipeline has loaded: a run's own, and those of whole tables."""

from typing import Any

from airflow.sdk import DAG

from sparkify.operators.data_quality import DataQualityOperator
from sparkify.quality.results import DataQualityError
from tests.pipeline import ROOT, Pipeline, execute

WAREHOUSE = sorted(f"checks/warehouse/{path.name}" for path in (ROOT / "sql/checks/warehouse").glob("*.yaml"))


def check_window(pipeline: Pipeline, form: dict[str, str], run_id: str) -> list[dict[str, Any]]:
    """Run check_quality for a run that has loaded; return its results, of a failure, too."""
    task, context = pipeline.task("sparkify_etl", "check_quality", form, run_id)
    return _results(task, context)


def check_warehouse(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Run the checks of whole tables; return their results."""
    with DAG("checks", schedule=None, template_searchpath=[str(ROOT / "sql")]):
        task = DataQualityOperator(task_id="check_warehouse", checks=WAREHOUSE)
    context, _ = pipeline.context("checks", {})
    return _results(task, context)


def not_passed(*results: list[dict[str, Any]]) -> set[str]:
    """The names of the checks that did not pass."""
    return {each["check"] for result in results for each in result if not each["passed"]}


def _results(task: Any, context: Any) -> list[dict[str, Any]]:
    pushed: dict[str, Any] = {}
    context["ti"].xcom_push = lambda key, value: pushed.update({key: value})
    try:
        execute(task, context)
    except DataQualityError as error:
        assert {failure.check.name for failure in error.failures} == {
            each["check"] for each in pushed["quality"]["results"] if not each["passed"] and each["severity"] == "fail"
        }
    return list(pushed["quality"]["results"])
