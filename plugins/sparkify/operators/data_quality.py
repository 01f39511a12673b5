"""Check tables and stop what follows if they are not as they must be."""

import json
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator, SQLCheckResult

from sparkify.identifiers import table_name
from sparkify.lineage.flow import Checked, Flow, Written
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.quality.declaration import TableChecks, parse_checks
from sparkify.quality.errors import CheckDefinitionError
from sparkify.quality.link import ChecksLink
from sparkify.quality.results import CheckResult, DataQualityError
from sparkify.quality.running import Run, run_checks
from sparkify.session import Session
from sparkify.staging_gone import telling_what_to_clear
from sparkify.window import Window

if TYPE_CHECKING:
    from airflow.sdk import Context

_RESULT_COLUMNS = (
    "dag_id, run_id, try_number, check_name, table_name, severity, passed, expected, observed,"
    " window_start, window_end, kind, column_name, samples, checked_at"
)
# Bytes that results_table's columns take.
_LONGEST_TEXT, _LONGEST_SAMPLES = 250, 1000


class DataQualityOperator(WarehouseOperator):
    """Run every check, record every result, then fail once with all that failed.

    One transaction, so that all checks see one state; one scan a table. Results go to `results_table`, to XCom
    under the key `quality`, and to `check_results` for listeners; a check that did not pass is also in the log, as an
    error or a warning, and gives the task instance's page a link to the results. Run twice, results are appended twice,
    told apart by their try.

    With a window it checks what a run has loaded, and leaves out what other runs are just replacing. Without one it
    checks whole tables, and leaves that out only of comparisons that it would spoil; see
    :mod:`sparkify.quality.settled`.

    :param checks: for each table its checks as YAML, or a .yaml file with them (templated); see docs/quality.md.
    :param window_start: start of the run's window, ISO 8601, UTC if without a zone (templated); None for whole tables.
    :param window_end: its end, not in it (templated).
    :param results_table: the table that keeps every result.
    :param audit_table: the table in which loads record themselves.
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
    operator_extra_links = (ChecksLink(),)
    ui_color = "#f4e1f0"

    def __init__(
        self,
        *,
        checks: Sequence[str],
        window_start: str | None = None,
        window_end: str | None = None,
        results_table: str = "quality_results",
        audit_table: str = "load_audit",
        staging: str | None = None,
        staged_by: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (window_start is None) != (window_end is None):
            raise ValueError(f"{self.task_id}: window_start and window_end need each other")
        self.checks = checks
        self.window_start = window_start
        self.window_end = window_end
        self.results_table = results_table
        self.audit_table = audit_table
        self.staging = staging
        self.staged_by = staged_by

    def work(self, context: "Context") -> dict[str, int]:
        """Check.

        :return: how many checks passed, were not asked, warned and failed (0).
        :raises DataQualityError: if one of severity `fail` did not pass.
        :raises CheckDefinitionError: if the checks are not declared as they should be.
        :raises PermanentWarehouseError: what else a retry cannot mend.
        :raises WarehouseError: what it may.
        """
        window = Window.parse(self.window_start, self.window_end) if self.window_start and self.window_end else None
        # Its value: as text Airflow's enum gives its own name, too.
        run_type = context["dag_run"].run_type.value
        run = Run(self.task_run(context), run_type, window, self.audit_table)
        tables = list(map(parse_checks, self.checks))
        _refuse_repeated(tables)
        gone = telling_what_to_clear(self.staging, self.staged_by)
        with self.session(context) as session, gone, session.transaction():
            results = [result for table in tables for result in run_checks(table, session, run)]
            self._record(session, run, results)
        self.check_results = list(map(_for_listeners, results))
        failures = [result for result in results if result.failed]
        summary = {
            "passed": sum(result.passed and not result.not_asked for result in results),
            "not_asked": sum(bool(result.not_asked) for result in results),
            "warned": sum(result.warned for result in results),
            "failed": len(failures),
        }
        for result in results:
            log = self.log.error if result.failed else self.log.warning if result.warned else self.log.info
            log("%s %s", "passed" if result.passed else "FAILED" if result.failed else "warning", result)
        told = {**summary, "window": str(window) if window else None, "results": list(map(_for_xcom, results))}
        context["ti"].xcom_push(key="quality", value=told)
        if failures:
            raise DataQualityError(failures, window)
        return summary

    def flow(self) -> Flow:
        """The tables that are checked, with what was found, and the results' table."""
        results = self.check_results
        checked = []
        for name in (table.name for table in map(parse_checks, self.checks)):
            found = tuple(result for result in results if result.table == name)
            counts = [int(str(r.actual)) for r in found if r.check_type == "row_count" and str(r.actual).isdigit()]
            checked.append(Checked(name, counts[0] if counts else None, found))
        return Flow(checked=tuple(checked), written=(Written(self.results_table, len(results) or None),))

    def _record(self, session: Session, run: Run, results: Sequence[CheckResult]) -> None:
        if not results:
            return
        # As a value: of functions in VALUES Redshift documents nothing where there are several rows.
        now = session.value("select getdate()")
        rows = [
            (
                run.task_run.dag_id,
                run.task_run.run_id,
                run.task_run.try_number,
                result.check.name,
                result.check.table,
                result.check.severity,
                result.passed,
                _cut(result.expected),
                _cut(result.found),
                *(run.window.bounds if run.window else (None, None)),
                result.check.kind,
                result.check.column,
                _samples(result),
                now,
            )
            for result in results
        ]
        placeholders = ", ".join([f"({', '.join(['%s'] * len(rows[0]))})"] * len(rows))
        session.execute(
            f"insert into {table_name(self.results_table)} ({_RESULT_COLUMNS}) values {placeholders}",
            list(chain.from_iterable(rows)),
            logged_as=f"insert into {self.results_table}: {len(rows)} results",
        )


def _refuse_repeated(tables: Sequence[TableChecks]) -> None:
    names = [check.name for table in tables for check in table.checks]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CheckDefinitionError(f"{', '.join(twice)} is declared in two of the task's files: give one a `name`")


def _cut(text: str) -> str:
    """Return what of a text fits its column."""
    return text.encode()[:_LONGEST_TEXT].decode(errors="ignore")


def _samples(result: CheckResult) -> str | None:
    """Return as many of the keys as fit their column, as JSON."""
    kept = list(result.samples)
    while len(json.dumps(kept, ensure_ascii=False).encode()) > _LONGEST_SAMPLES:
        kept.pop()
    return json.dumps(kept, ensure_ascii=False) if kept else None


def _for_xcom(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check.name,
        "severity": result.check.severity,
        "passed": result.passed,
        "expected": result.expected,
        "observed": result.found,
        "samples": list(result.samples),
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
        actual=result.found,
    )
