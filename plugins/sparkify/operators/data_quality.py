"""Check tables and stop what follows if they are not as they must be."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator, SQLCheckResult
from airflow.sdk.exceptions import AirflowFailException

from sparkify.checks import CheckResult, TableChecks, parse_checks
from sparkify.identifiers import table_name
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.session import Session
from sparkify.staging_gone import telling_what_to_clear
from sparkify.versions import read_versions, write_version
from sparkify.window import Window

if TYPE_CHECKING:
    from airflow.sdk import Context

_RESULT_COLUMNS = (
    "dag_id, run_id, try_number, check_name, table_name, severity, passed, expected, observed,"
    " window_start, window_end, checked_at"
)


class DataQualityError(AirflowFailException):
    """Checks of severity `fail` that did not pass, all of them; not retried: the data will not change by itself.

    :ivar failures: the results.
    """

    def __init__(self, failures: Sequence[CheckResult], window: Window) -> None:
        self.failures = tuple(failures)
        lines = "\n".join(
            f"  {result.check.name}: expected {result.expected}, found {result.observed}" for result in failures
        )
        super().__init__(
            f"{len(failures)} data quality check(s) failed for {window}:\n{lines}\n"
            "Find the cause, mend the source, and clear the run; the results are in quality_results."
        )


class DataQualityOperator(WarehouseOperator):
    """Run every check, record every result, then fail once with all that failed.

    One transaction, so that all checks see one state; one scan a table. Results go to `results_table`, to XCom
    under the key `quality`, and to `check_results` for listeners. Run twice, results are appended twice, told
    apart by their try. A table with `only_if_changed` that does not pass is checked by every run until it does.

    :param checks: for each table its checks as YAML, or a .yaml file with them (templated); see
        :mod:`sparkify.checks`.
    :param window_start: start of the run's window, ISO 8601, UTC if without a zone (templated).
    :param window_end: its end, not in it (templated).
    :param results_table: the table that keeps every result.
    :param staging: the run's own staging table that checks read, if one (templated); if it is gone, the error says
        which task brings it back.
    :param staged_by: the task that makes it.
    """

    template_fields: Sequence[str] = (
        *BaseSQLOperator.template_fields,
        "checks",
        "window_start",
        "window_end",
        "staging",
    )
    template_ext: Sequence[str] = (".yaml",)
    template_fields_renderers = {"checks": "yaml"}  # noqa: RUF012  (Airflow's own attribute)
    ui_color = "#f4e1f0"

    def __init__(
        self,
        *,
        checks: Sequence[str],
        window_start: str,
        window_end: str,
        results_table: str = "quality_results",
        staging: str | None = None,
        staged_by: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.checks = checks
        self.window_start = window_start
        self.window_end = window_end
        self.results_table = results_table
        self.staging = staging
        self.staged_by = staged_by

    def work(self, context: "Context") -> dict[str, int]:
        """Check.

        :return: how many checks passed, warned and failed (0).
        :raises DataQualityError: if one of severity `fail` did not pass.
        :raises CheckDefinitionError: if the checks are not declared as they should be.
        :raises PermanentWarehouseError: what else a retry cannot mend.
        :raises WarehouseError: what it may.
        """
        window = Window.parse(self.window_start, self.window_end)
        tables = [parse_checks(text) for text in self.checks]
        gone = telling_what_to_clear(self.staging, self.staged_by)
        with self.session(context) as session, gone, session.transaction():
            results = []
            for table in tables:
                results += _run(table, session, window)
            self._record(session, context, results, window)
        self.check_results = list(map(_for_listeners, results))
        failures = [result for result in results if result.failed]
        summary = {
            "passed": sum(result.passed for result in results),
            "warned": sum(result.warned for result in results),
            "failed": len(failures),
        }
        for result in results:
            log = self.log.error if result.failed else self.log.warning if result.warned else self.log.info
            verdict = "passed" if result.passed else "FAILED" if result.failed else "warning"
            log("%s %s: expected %s, found %s", verdict, result.check.name, result.expected, result.observed)
        context["ti"].xcom_push(
            key="quality", value={**summary, "window": str(window), "results": list(map(_for_xcom, results))}
        )
        if failures:
            raise DataQualityError(failures, window)
        return summary

    def _record(self, session: Session, context: "Context", results: Sequence[CheckResult], window: Window) -> None:
        run = self.task_run(context)
        rows = [
            (
                run.dag_id,
                run.run_id,
                run.try_number,
                result.check.name,
                result.check.table,
                result.check.severity,
                result.passed,
                result.expected,
                str(result.observed),
                *window.bounds,
            )
            for result in results
        ]
        if not rows:
            return
        placeholders = ", ".join([f"({', '.join(['%s'] * len(rows[0]))}, getdate())"] * len(rows))
        session.execute(
            f"insert into {table_name(self.results_table)} ({_RESULT_COLUMNS}) values {placeholders}",
            list(chain.from_iterable(rows)),
            logged_as=f"insert into {self.results_table}: {len(rows)} results",
        )


def _run(table: TableChecks, session: Session, window: Window) -> list[CheckResult]:
    """Check a table, or nothing of it where it is of the version that last passed; remember the version if it passes.

    Nobody is locked out: of two runs that check one version at once both may remember it, or one is retried.
    """
    if table.only_if_changed is None:
        return list(table.run(session, window))
    version, checked = read_versions(session, table.only_if_changed.version_table, table.only_if_changed.checked_table)
    if version is not None and version == checked:
        return []
    results = list(table.run(session, window))
    if version is not None and not any(result.failed for result in results):
        write_version(session, table.only_if_changed.checked_table, version)
    return results


def _for_xcom(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check.name,
        "severity": result.check.severity,
        "passed": result.passed,
        "expected": result.expected,
        "observed": str(result.observed),
    }


def _for_listeners(result: CheckResult) -> SQLCheckResult:
    return SQLCheckResult(
        name=result.check.name,
        check_type=result.check.kind,
        success=result.passed,
        severity="error" if result.check.severity == "fail" else "warn",
        column=result.check.column,
        table=result.check.table,
        expected=result.expected,
        actual=str(result.observed),
        content=result.check.expression,
    )
