"""Checks of a table, declared as data, and the one statement that measures them all.

The vocabulary is that of Airflow's own check operators: per column `null_check`, `unique_check`, `distinct_check`,
`min` and `max`; per check `equal_to`, `greater_than`, `geq_to`, `less_than` and `leq_to`. Beside those stand
`accepted_values` and `references`, and for the table `row_count`, which may be compared with a query's value::

    table: songplays
    window_column: start_time
    row_count: {equal_to_query: "select count(*) from …"}
    columns:
      songplay_id:
        null_check: {equal_to: 0}
        unique_check: {equal_to: 0}
      level:
        accepted_values: {values: [free, paid], equal_to: 0, severity: warn}
      user_id:
        references: {table: users, column: user_id, equal_to: 0}

What a run measures must not grow with what is loaded. `window_column` bounds a table to the run's window. `rows_of`,
with `column` and `query`, bounds it to the rows whose column is among the query's values. `only_if_changed`, with
`version_table` and `checked_table`, leaves a table out while its version is the one that last passed; see
:mod:`sparkify.versions`. Of a referenced table only the keys are read that the bounded rows have; with a
`window_column` of its own, only the window.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from airflow.sdk.exceptions import AirflowFailException

from sparkify.identifiers import column_names, literal, table_name
from sparkify.session import Session
from sparkify.window import Window, within_bounds

SEVERITIES = ("fail", "warn")
_COMPARATORS = {
    "equal_to": ("=", lambda found, bound: found == bound),
    "greater_than": (">", lambda found, bound: found > bound),
    "geq_to": (">=", lambda found, bound: found >= bound),
    "less_than": ("<", lambda found, bound: found < bound),
    "leq_to": ("<=", lambda found, bound: found <= bound),
}
_EQUAL_TO_QUERY = "equal_to_query"


class CheckDefinitionError(AirflowFailException):
    """A check that is not declared as it should be."""


@dataclass(frozen=True)
class Check:
    """One check.

    :ivar name: table, column if any, and kind: `songplays.level.accepted_values`.
    :ivar expression: the aggregate that measures it.
    :ivar bounds: comparator and number, all of which must hold.
    :ivar query: a query whose single value must equal what was measured, or None.
    :ivar severity: `fail` or `warn`.
    """

    name: str
    table: str
    column: str | None
    kind: str
    expression: str
    bounds: tuple[tuple[str, float], ...]
    query: str | None
    severity: str

    def expectation(self, session: Session) -> tuple[tuple[str, float], ...]:
        """The bounds, with the query's value among them as it is now."""
        if self.query is None:
            return self.bounds
        return (*self.bounds, ("equal_to", session.value(self.query)))


@dataclass(frozen=True)
class CheckResult:
    """What a check found."""

    check: Check
    expected: str
    observed: Any
    passed: bool

    @property
    def failed(self) -> bool:
        """Not passed, and severe enough to end the run."""
        return not self.passed and self.check.severity == "fail"

    @property
    def warned(self) -> bool:
        """Not passed, but only worth a warning."""
        return not self.passed and self.check.severity == "warn"


@dataclass(frozen=True)
class Versions:
    """Where a table's version is kept, and the version of it that last passed its checks."""

    version_table: str
    checked_table: str


@dataclass(frozen=True)
class TableChecks:
    """All checks of one table."""

    table: str
    window_column: str | None
    joins: tuple[str, ...]
    checks: tuple[Check, ...]
    rows_of: str | None = None
    only_if_changed: Versions | None = None

    def statement(self) -> str:
        """The one SELECT that measures every check, in their order; its parameters repeat the window's bounds."""
        measures = ",\n    ".join(check.expression for check in self.checks)
        joins = "".join(f"\n{join}" for join in self.joins)
        bounds = _bounds("checked", self.window_column, self.rows_of)
        return f"select\n    {measures}\nfrom {self.table} as checked{joins}{bounds}"

    def run(self, session: Session, window: Window) -> Iterator[CheckResult]:
        """Measure and compare, reading only the window where the table has a window column."""
        statement = self.statement()
        [measured] = session.fetch(statement, window.bounds * (statement.count("%s") // 2))
        for check, observed in zip(self.checks, measured, strict=True):
            expected = check.expectation(session)
            if observed is None:
                # Only min and max of no rows: in an empty hour nothing is out of range, in a whole table something is.
                passed = self.window_column is not None or self.rows_of is not None
            else:
                passed = all(_COMPARATORS[how][1](observed, bound) for how, bound in expected)
            text = " and ".join(f"{_COMPARATORS[how][0]} {bound}" for how, bound in expected)
            yield CheckResult(check, text, observed, passed)


def parse_checks(text: str) -> TableChecks:
    """Read the checks of one table from YAML.

    :raises CheckDefinitionError: if they are not YAML, or a key, kind, comparator or severity is not known.
    :raises UnsafeSqlTextError: if a table or column is no identifier.
    """
    try:
        declared = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CheckDefinitionError(f"the checks are not YAML: {error}") from error
    known = {"table", "window_column", "rows_of", "only_if_changed", "row_count", "columns"}
    _refuse_unknown("checks", declared, known, {"table"})
    table = table_name(declared["table"])
    window_column = declared.get("window_column")
    if window_column:
        [window_column] = column_names([window_column])
    rows_of = None
    if "rows_of" in declared:
        _refuse_unknown(f"{table}.rows_of", declared["rows_of"], {"column", "query"}, {"column", "query"})
        [of_column] = column_names([declared["rows_of"]["column"]])
        rows_of = f"{{alias}}.{of_column} in (\n{declared['rows_of']['query'].strip()}\n)"
    joins: list[str] = []
    checks: list[Check] = []
    if "row_count" in declared:
        checks.append(_check(table, None, "row_count", "count(*)", declared["row_count"]))
    for column, kinds in declared.get("columns", {}).items():
        column_names([column])
        for kind, specification in kinds.items():
            same_rows = f"select same.{column} from {table} as same{_bounds('same', window_column, rows_of)}"
            bounded = same_rows if window_column or rows_of else None
            expression = _expression(f"{table}.{column}", column, kind, specification, joins, bounded)
            checks.append(_check(table, column, kind, expression, specification))
    if not checks:
        raise CheckDefinitionError(f"{table}: no check is declared")
    only_if_changed = None
    if "only_if_changed" in declared:
        needed = {"version_table", "checked_table"}
        _refuse_unknown(f"{table}.only_if_changed", declared["only_if_changed"], needed, needed)
        only_if_changed = Versions(**{key: table_name(name) for key, name in declared["only_if_changed"].items()})
    return TableChecks(table, window_column, tuple(joins), tuple(checks), rows_of, only_if_changed)


def _bounds(alias: str, window_column: str | None, rows_of: str | None) -> str:
    """Return the WHERE that bounds a table to what the run is about, or nothing."""
    bounds = []
    if window_column:
        bounds.append(f"{alias}.{window_column} >= %s and {alias}.{window_column} < %s")
    if rows_of:
        bounds.append(rows_of.replace("{alias}", alias, 1))
    return f"\nwhere {' and '.join(bounds)}" if bounds else ""


def _expression(
    place: str, column: str, kind: str, specification: Mapping[str, Any], joins: list[str], bounded: str | None
) -> str:
    """Return the aggregate for a column's check; a reference adds the join that it needs.

    :param bounded: a query of the column's values in the rows that are checked, or None for all of the table.
    """
    value = f"checked.{column}"
    if kind == "null_check":
        return f"coalesce(sum(case when {value} is null then 1 else 0 end), 0)"
    if kind == "unique_check":
        return f"count({value}) - count(distinct {_untrusted(value)})"
    if kind == "distinct_check":
        return f"count(distinct {_untrusted(value)})"
    if kind in ("min", "max"):
        return f"{kind}({value})"
    if kind == "accepted_values":
        values = specification.get("values")
        if not values:
            raise CheckDefinitionError(f"{place}.{kind} lacks `values`")
        accepted = ", ".join(literal(str(item)) for item in values)
        return f"coalesce(sum(case when {value} not in ({accepted}) then 1 else 0 end), 0)"
    if kind == "references":
        _refuse_unknown(f"{place}.{kind}", specification, set(specification), {"table", "column"})
        referenced = table_name(specification["table"])
        [key] = column_names([specification["column"]])
        alias = f"referenced_{len(joins) + 1}"
        within = ""
        if specification.get("window_column"):
            within = f" where {within_bounds(specification['window_column'])}"
        elif bounded:
            within = f" where {key} in (\n{bounded}\n)"
        joins.append(
            f"left join (select distinct {key} from {referenced}{within}) as {alias} on {alias}.{key} = {value}"
        )
        return f"coalesce(sum(case when {value} is not null and {alias}.{key} is null then 1 else 0 end), 0)"
    raise CheckDefinitionError(f"{place}: {kind!r} is not a check")


def _untrusted(column: str) -> str:
    """Return the column as an expression: Redshift trusts a declared primary key and may drop a DISTINCT on it."""
    return f"cast({column} as varchar(256))"


def _check(table: str, column: str | None, kind: str, expression: str, specification: Mapping[str, Any]) -> Check:
    name = ".".join(part for part in (table, column, kind) if part)
    known = {*_COMPARATORS, _EQUAL_TO_QUERY, "severity", "values", "table", "column", "window_column"}
    _refuse_unknown(name, specification, known, set())
    bounds = tuple((how, specification[how]) for how in _COMPARATORS if how in specification)
    query = specification.get(_EQUAL_TO_QUERY)
    severity = specification.get("severity", "fail")
    if not bounds and query is None:
        raise CheckDefinitionError(f"{name} expects nothing: give one of {', '.join([*_COMPARATORS, _EQUAL_TO_QUERY])}")
    if severity not in SEVERITIES:
        raise CheckDefinitionError(f"{name}: severity {severity!r} is neither fail nor warn")
    return Check(name, table, column, kind, expression, bounds, query, severity)


def _refuse_unknown(place: str, declared: Any, known: set[str], needed: set[str]) -> None:
    if not isinstance(declared, Mapping):
        raise CheckDefinitionError(f"{place}: expected a mapping, got {declared!r}")
    if unknown := set(declared) - known:
        raise CheckDefinitionError(f"{place}: {', '.join(sorted(map(str, unknown)))} is not known here")
    if missing := needed - set(declared):
        raise CheckDefinitionError(f"{place} lacks {', '.join(sorted(missing))}")
