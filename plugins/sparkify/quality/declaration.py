"""Checks of a table as YAML declares them; docs/quality.md tells how. What is not known here is refused."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from sparkify.identifiers import column_names, literal, table_name
from sparkify.quality.errors import CheckDefinitionError
from sparkify.quality.expectations import COMPARATORS, TOLERANCE, Expectation
from sparkify.quality.measures import (
    Distinct,
    Extreme,
    Measure,
    Offending,
    Other,
    Reconciliation,
    References,
    RowCount,
)
from sparkify.quality.results import SEVERITIES, Check, CustomSql, Freshness

_EVERY_CHECK = {*COMPARATORS, TOLERANCE, "severity", "remedy"}
_NONE = {"equal_to": 0}
_REMEDY = "find where these rows come from, mend that, and load their window again"


@dataclass(frozen=True)
class Settled:
    """By which loads it is known that a table and what it refers to fit each other.

    :ivar column: the TIMESTAMP column that says when a row is.
    :ivar table: the table that a run loads first, as load_audit names it.
    :ivar then: the table that the same run makes from it.
    """

    column: str
    table: str
    then: str


@dataclass(frozen=True)
class TableChecks:
    """All checks of one table.

    :ivar name: what results call it; `relation` is its name in SQL.
    :ivar rows_of: a predicate that bounds the rows, or None.
    """

    name: str
    relation: str
    key: tuple[str, ...]
    window_column: str | None
    rows_of: str | None
    settled: Settled | None
    checks: tuple[Check, ...]


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one place: of two checks of one name the first would be lost unsaid."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise CheckDefinitionError(
                f"{', '.join(twice)} stands twice, {node.start_mark}: keep one".replace("\n", "")
            )
        return super().construct_mapping(node, deep)


def parse_checks(text: str) -> TableChecks:
    """Read the checks of one table from YAML.

    :raises CheckDefinitionError: if they are not YAML, a key, kind, comparator or severity is not known, or a query
        has a per cent sign.
    :raises UnsafeSqlTextError: if a table or column is no identifier.
    """
    try:
        declared = yaml.load(text, _Loader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        raise CheckDefinitionError(f"the checks are not YAML: {error}") from error
    known = {"table", "name", "key", "window_column", "rows_of", "settled", "remedy"}
    known |= {"row_count", "columns", "checks", "queries"}
    _refuse_unknown("checks", declared, known, {"table", "key"})
    relation = table_name(_text("table", declared["table"]))
    name = table_name(_text("name", declared.get("name", relation)))
    window_column = declared.get("window_column")
    if window_column is not None:
        [window_column] = column_names([window_column])
    rows_of = None
    if "rows_of" in declared:
        place = f"{name}.rows_of"
        given = _refuse_unknown(place, declared["rows_of"], {"column", "query"}, {"column", "query"})
        [of_column] = column_names([given["column"]])
        rows_of = f"checked.{of_column} in (\n{_query(place, given['query'])}\n)"
    settled = None
    if "settled" in declared:
        needed = {"column", "table", "then"}
        given = _refuse_unknown(f"{name}.settled", declared["settled"], needed, needed)
        [moment] = column_names([given["column"]])
        settled = Settled(moment, table_name(given["table"]), table_name(given["then"]))
    checks = tuple(_checks(name, declared))
    if not checks:
        raise CheckDefinitionError(f"{name}: no check is declared: give row_count, columns, checks or queries")
    names = [check.name for check in checks]
    if twice := sorted({each for each in names if names.count(each) > 1}):
        raise CheckDefinitionError(f"{', '.join(twice)} is declared twice: rename one")
    if any(isinstance(check.measure, Freshness) for check in checks) and not window_column:
        raise CheckDefinitionError(f"{name}: freshness needs a window_column, for it looks back from the window's end")
    keys = [declared["key"]] if isinstance(declared["key"], str) else declared["key"]
    return TableChecks(name, relation, column_names(keys), window_column, rows_of, settled, checks)


def _checks(table: str, declared: Mapping[str, Any]) -> Iterator[Check]:
    remedy = _text(f"{table}.remedy", declared.get("remedy", _REMEDY))

    def check(
        name: str, column: str | None, kind: str, measure: Any, given: Mapping[str, Any], default: Any = None
    ) -> Check:
        severity = given.get("severity", "fail")
        if severity not in SEVERITIES:
            raise CheckDefinitionError(f"{name}: severity {severity!r} is neither fail nor warn")
        expectation = Expectation.parse(name, given, default)
        return Check(
            name, table, column, kind, severity, _text(name, given.get("remedy", remedy)), expectation, measure
        )

    if "row_count" in declared:
        place = f"{table}.row_count"
        yield check(place, None, "row_count", RowCount(), _refuse_unknown(place, declared["row_count"], _EVERY_CHECK))
    for column, kinds in _mapping(f"{table}.columns", declared.get("columns", {})).items():
        column_names([column])
        for kind, given in _mapping(f"{table}.{column}", kinds).items():
            place = f"{table}.{column}.{kind}"
            if kind not in _KINDS:
                raise CheckDefinitionError(f"{place}: {kind!r} is not a check: one of {', '.join(_KINDS)}")
            own, needed, make = _KINDS[kind]
            _refuse_unknown(place, given, {*_EVERY_CHECK, *own}, needed)
            yield check(place, column, kind, make(place, column, given), given)
    for named, given in _mapping(f"{table}.checks", declared.get("checks", {})).items():
        place = f"{table}.{named}"
        _refuse_unknown(place, given, _EVERY_CHECK | {"check_statement", "column"}, {"check_statement"})
        statement = _query(place, given["check_statement"])
        measure = Offending(f"case when {statement} then 0 else 1 end = 1")
        column = given.get("column")
        if column is not None:
            column_names([column])
            place = f"{table}.{column}.{named}"
        yield check(place, column, "check_statement", measure, given, _NONE)
    for named, given in _mapping(f"{table}.queries", declared.get("queries", {})).items():
        place = f"{table}.{named}"
        _refuse_unknown(place, given, _EVERY_CHECK | {"sql", "rows"})
        if ("sql" in given) == ("rows" in given):
            raise CheckDefinitionError(f"{place} takes one of sql and rows")
        if "rows" in given:
            rows = _query(place, given["rows"])
            if re.search(r"\blimit\s+\S+$", rows, re.IGNORECASE):
                raise CheckDefinitionError(f"{place}: its query of rows ends in LIMIT: leave it out, all are counted")
            counted = CustomSql(f"select count(*)\nfrom (\n{rows}\n) as found", rows)
            yield check(place, None, "custom_sql", counted, given, _NONE)
        else:
            yield check(place, None, "custom_sql", CustomSql(_query(place, given["sql"]), None), given)


def _accepted(place: str, column: str, given: Mapping[str, Any]) -> Measure:
    values = given["values"]
    if not isinstance(values, list) or not values or not all(type(item) in (str, int, float) for item in values):
        raise CheckDefinitionError(f"{place} takes `values`, a list of texts or numbers, not {values!r}")
    accepted = ", ".join(literal(item) if isinstance(item, str) else str(item) for item in values)
    return Offending(f"checked.{column} not in ({_query(place, accepted)})")


def _other(place: str, given: Mapping[str, Any]) -> Other:
    if ("table" in given) == ("query" in given):
        raise CheckDefinitionError(f"{place} takes one of table and query")
    relation = table_name(given["table"]) if "table" in given else f"(\n{_query(place, given['query'])}\n) as source"
    [column] = column_names([given["column"]])
    window_column = given.get("window_column")
    if window_column is not None:
        [window_column] = column_names([window_column])
    within = _query(place, given["within"]) if "within" in given else None
    return Other(relation, "query" in given, column, window_column, within)


def _reconciliation(place: str, column: str, given: Mapping[str, Any]) -> Measure:
    same = column_names(given["same"]) if "same" in given else ()
    return Reconciliation(column, _other(place, given), same)


def _freshness(place: str, column: str, given: Mapping[str, Any]) -> Freshness:
    bounds = {how for how in COMPARATORS if how in given}
    if bounds not in ({"leq_to"}, {"less_than"}) or TOLERANCE in given:
        raise CheckDefinitionError(f"{place} takes one bound in hours, leq_to or less_than")
    return Freshness(column)


_OTHER = {"table", "query", "column", "window_column"}
_Make = Callable[[str, str, Mapping[str, Any]], "Measure | Freshness"]
# What a kind of check on a column takes beside what all take, what of that it needs, and how it is made.
_KINDS: dict[str, tuple[Collection[str], Collection[str], _Make]] = {
    "null_check": ((), (), lambda _, column, __: Offending(f"checked.{column} is null")),
    "unique_check": ((), (), lambda _, column, __: Distinct(column, surplus=True)),
    "distinct_check": ((), (), lambda _, column, __: Distinct(column, surplus=False)),
    "min": ((), (), lambda _, column, __: Extreme("min", column)),
    "max": ((), (), lambda _, column, __: Extreme("max", column)),
    "accepted_values": ({"values"}, {"values"}, _accepted),
    "references": (
        _OTHER | {"within"},
        {"column"},
        lambda place, column, given: References(column, _other(place, given)),
    ),
    "reconciliation": (_OTHER | {"same"}, {"column"}, _reconciliation),
    "freshness": ((), (), _freshness),
}


def _query(place: str, sql: Any) -> str:
    """Return SQL that may stand in a statement with parameters.

    :raises CheckDefinitionError: if it has a per cent sign, which the drivers take for a parameter's.
    """
    text = _text(place, sql).strip().rstrip(";").rstrip()
    if "%" in text:
        raise CheckDefinitionError(
            f"{place}: its SQL has a per cent sign, which drivers take for a parameter: write mod(a, b) for a"
            " remainder, left(), right() or strpos() for LIKE"
        )
    return text


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CheckDefinitionError(f"{place}: expected a text, got {value!r}")
    return value


def _mapping(place: str, declared: Any) -> Mapping[str, Any]:
    if not isinstance(declared, Mapping) or not all(isinstance(key, str) for key in declared):
        raise CheckDefinitionError(f"{place}: expected a mapping, got {declared!r}")
    return declared


def _refuse_unknown(
    place: str, declared: Any, known: Collection[str], needed: Collection[str] = ()
) -> Mapping[str, Any]:
    given = _mapping(place, declared)
    if unknown := set(given) - set(known):
        raise CheckDefinitionError(
            f"{place}: {', '.join(sorted(unknown))} is not known here: one of {', '.join(sorted(known))}"
        )
    if missing := set(needed) - set(given):
        raise CheckDefinitionError(f"{place} lacks {', '.join(sorted(missing))}")
    return given
