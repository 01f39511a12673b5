"""Run a table's checks: one SELECT for all that can be asked so, and few more for the rest."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sparkify.audit import TaskRun
from sparkify.failures import PermanentWarehouseError, WarehouseError
from sparkify.quality.declaration import TableChecks
from sparkify.quality.errors import CheckDefinitionError
from sparkify.quality.fragments import Fragment, Scope, compose, joined
from sparkify.quality.measures import SAMPLES, Comparable, Extreme, Measure, Reconciliation, References, Rows
from sparkify.quality.results import Check, CheckResult, CustomSql, Freshness
from sparkify.quality.settled import is_loaded, unsettled
from sparkify.session import Session
from sparkify.window import Window

# What the count of rows that are compared is called among the measures; a check's name has a dot.
_COMPARED = "compared"


@dataclass(frozen=True)
class Run:
    """For whom the checks are asked.

    :ivar task_run: which try of which run.
    :ivar run_type: as Airflow names it; only a `scheduled` run is asked how fresh its rows are.
    :ivar window: its window, or None if it is about whole tables.
    """

    task_run: TaskRun
    run_type: str
    window: Window | None
    audit_table: str


def scan(table: TableChecks, measures: Sequence[Measure], scope: Scope) -> Fragment:
    """The one SELECT that gives all of the measures, in their order."""
    rows = _rows(table, scope)
    measured = [measure.expression(rows) for measure in measures]
    return compose(
        "{heading}select\n    {measures}{source}",
        heading=rows.heading(),
        measures=joined(",\n    ", measured),
        source=rows.source(),
    )


def run_checks(table: TableChecks, session: Session, run: Run) -> Iterator[CheckResult]:
    """Measure and compare; where a check does not pass, look for the rows to blame.

    :raises CheckDefinitionError: if the table is bounded by a window and the run has none, or a check's query gives
        other than one value, or one that cannot be compared with what is expected.
    :raises PermanentWarehouseError: if the warehouse refuses a statement; names the table and the checks.
    :raises WarehouseError: if a retry may succeed.
    """
    if table.window_column and run.window is None:
        raise CheckDefinitionError(
            f"{table.name} has a window_column, but the run has no window: leave one out or give the other"
        )
    scope = _scope(table, session, run)
    scanned = {
        check.name: _measure(check) for check in table.checks if not isinstance(check.measure, Freshness | CustomSql)
    }
    asked = f"{table.relation}, asked for {', '.join(scanned)}"
    if scope.against and scope.unsettled:
        scanned[_COMPARED] = Comparable(scope.against)
    measured: dict[str, Any] = {}
    nothing_left = _nothing_left(scope)
    if scanned and not nothing_left:
        statement = scan(table, list(scanned.values()), scope)
        with _naming(asked):
            [values] = session.fetch(statement.text, statement.parameters)
        measured = dict(zip(scanned, values, strict=True))
    for check in table.checks:
        if isinstance(check.measure, Freshness):
            with _naming(f"{table.relation}, asked for {check.name}"):
                result = _freshness(check, table, session, run)
            yield result
        elif isinstance(check.measure, CustomSql):
            yield _custom(check, check.measure, session)
        elif nothing_left:
            yield CheckResult(check, str(check.expectation), None, True, nothing_left)
        else:
            result = _scanned(check, measured[check.name], table, session, scope)
            if result.passed and _compares(check.measure, scope.against) and measured.get(_COMPARED) == 0:
                why = f"runs have loaded all of {table.name} and not made {scope.against} from it yet"
                result = replace(result, observed=None, not_asked=why)
            yield result


def _scope(table: TableChecks, session: Session, run: Run) -> Scope:
    if table.settled is None:
        return Scope(run.window if table.window_column else None)
    with _naming(f"{run.audit_table}, asked which spans of {table.name} are settled"):
        spans = unsettled(session, run.audit_table, table.settled, run.window, run.task_run)
    if run.window is None:
        # A run loads a window of the table in one transaction, after all that its rows refer to. So rows that are not
        # settled yet lack nothing but what is made from them.
        return Scope(None, spans, table.settled.then)
    return Scope(run.window if table.window_column else None, spans)


def _compares(measure: Measure | Freshness | CustomSql, relation: str | None) -> bool:
    return isinstance(measure, References | Reconciliation) and measure.other.relation == relation


def _rows(table: TableChecks, scope: Scope) -> Rows:
    moment = table.settled.column if table.settled else None
    column = table.window_column or moment
    bounds = scope.compared_with(None).conditions(column, "checked") if column else []
    if table.rows_of:
        bounds.append(Fragment(table.rows_of))
    return Rows(table.relation, table.key, scope, bounds, moment)


def _measure(check: Check) -> Measure:
    assert not isinstance(check.measure, Freshness | CustomSql)  # noqa: S101  (told apart by the caller)
    return check.measure


def _nothing_left(scope: Scope) -> str | None:
    if scope.window and scope.unsettled == (scope.window,):
        return "another run has loaded the window since, and checks it itself"
    return None


def _scanned(check: Check, found: Any, table: TableChecks, session: Session, scope: Scope) -> CheckResult:
    # Of no value none is too small or too great.
    none_to_compare = found is None and isinstance(check.measure, Extreme)
    passed = none_to_compare or check.expectation.met_by(check.name, found)
    result = CheckResult(check, str(check.expectation), found, passed)
    if passed:
        return result
    statement = _measure(check).samples(_rows(table, scope), check.expectation)
    return replace(result, samples=_samples(session, check, statement)) if statement else result


def _custom(check: Check, custom: CustomSql, session: Session) -> CheckResult:
    with _naming(f"{check.table}, asked for {check.name}"):
        rows = session.fetch(custom.sql)
    if len(rows) != 1 or len(rows[0]) != 1:
        raise CheckDefinitionError(f"{check.name}: its query gave {len(rows)} rows: it must give one row of one column")
    [(found,)] = rows
    result = CheckResult(check, str(check.expectation), found, check.expectation.met_by(check.name, found))
    if result.passed or custom.rows is None:
        return result
    return replace(result, samples=_samples(session, check, Fragment(f"{custom.rows}\nlimit {SAMPLES}")))


def _freshness(check: Check, table: TableChecks, session: Session, run: Run) -> CheckResult:
    """Look back from the window's end no further than is expected; only for a scheduled run, and what is loaded."""
    [(_, hours)] = check.expectation.bounds
    expected = f"{check.expectation} hours before the window's end"
    not_asked = lambda why: CheckResult(check, expected, None, True, why)  # noqa: E731
    if run.run_type != "scheduled":
        return not_asked(f"a {run.run_type} run's rows may be of any age")
    assert run.window  # noqa: S101  (a table with freshness has a window column)
    back = Window(run.window.end - timedelta(hours=float(hours)), run.window.end)
    if table.settled and not is_loaded(session, run.audit_table, table.settled, back):
        return not_asked(f"not all of the {hours} hours before the scheduled run's end is loaded yet")
    column = check.column
    statement = compose(
        "select max({column})\nfrom {table}\nwhere {within}",
        column=str(column),
        table=table.relation,
        within=joined(" and ", Scope(back).conditions(str(column))),
    )
    newest = session.value(statement.text, statement.parameters)
    if newest is None:
        return CheckResult(check, expected, f"no row in the {hours} hours", passed=False)
    age = round((run.window.bounds[1] - newest).total_seconds() / 3600, 2)
    return CheckResult(check, expected, age, check.expectation.met_by(check.name, age))


def _samples(session: Session, check: Check, statement: Fragment) -> tuple[str, ...]:
    with _naming(f"{check.table}, asked for rows to blame by {check.name}"):
        rows = session.fetch(statement.text, statement.parameters)
    shown: Callable[[Any], str] = lambda value: "null" if value is None else str(value).rstrip()  # noqa: E731
    return tuple(" ".join(map(shown, row)) for row in rows)


@contextmanager
def _naming(asked: str) -> Iterator[None]:
    """Put before the warehouse's own words who was asked for what: the first line of a statement does not tell."""
    try:
        yield
    except PermanentWarehouseError as error:
        raise PermanentWarehouseError(f"{asked}: {error}") from error.__cause__
    except WarehouseError as error:
        raise WarehouseError(f"{asked}: {error}", soon=error.soon) from error.__cause__
