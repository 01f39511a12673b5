"""Checks declared as YAML, the one statement that measures them, and what they expect."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sparkify.identifiers import UnsafeSqlTextError
from sparkify.operators.data_quality import DataQualityOperator
from sparkify.quality.declaration import TableChecks, parse_checks
from sparkify.quality.errors import CheckDefinitionError
from sparkify.quality.expectations import Expectation
from sparkify.quality.fragments import Fragment, Scope
from sparkify.quality.results import CheckResult, CustomSql, DataQualityError, Freshness
from sparkify.quality.running import scan
from sparkify.quality.settled import FactLoad, merged, open_spans, subtract
from sparkify.window import Window

FILES = sorted((Path(__file__).parents[3] / "sql" / "checks").rglob("*.yaml"))
START = datetime(2018, 11, 12, tzinfo=UTC)
PLAYS = """
table: songplays
key: songplay_id
window_column: start_time
row_count: {equal_to: 3}
columns:
  songplay_id:
    unique_check: {equal_to: 0}
    reconciliation: {query: select id as songplay_id from staged, column: songplay_id, equal_to: 0}
  level:
    accepted_values: {values: [free, paid], equal_to: 0, severity: warn}
  user_id:
    null_check: {equal_to: 0}
    references: {table: users, column: user_id, within: select user_id from staged, equal_to: 0}
checks:
  has_place:
    column: location
    check_statement: location is not null
queries:
  some: {sql: select 3, geq_to: 1}
"""

SETTLED = "{column: start_time, table: songplays, then: moments}"


def hours(start: int, end: int) -> Window:
    return Window(START + timedelta(hours=start), START + timedelta(hours=end))


def scanned(table: TableChecks, scope: Scope) -> Fragment:
    measures = [each.measure for each in table.checks if not isinstance(each.measure, Freshness | CustomSql)]
    return scan(table, measures, scope)


def test_a_table_is_scanned_once_whatever_the_number_of_checks() -> None:
    statement = scanned(parse_checks(PLAYS), Scope(hours(7, 8))).text
    assert statement.count("from songplays as checked") == 1
    assert "from songplays" not in statement.replace("from songplays as checked", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: "-".join(path.parts[-2:]))
def test_every_declared_table_is_scanned_once_and_its_parameters_are_as_many_as_it_says(path: Path) -> None:
    text = path.read_text().replace("{{ staging_table('staging.events', dag_run) }}", "staging.events_0123456789abcdef")
    table = parse_checks(text)
    scope = Scope(hours(7, 8) if table.window_column else None, (hours(7, 8),) if table.settled else ())
    statement = scanned(table, scope)
    assert statement.text.count(f"from {table.relation} as checked") == 1
    assert statement.text.count("%s") == len(statement.parameters)


def test_a_window_column_bounds_what_is_read_and_unsettled_spans_are_left_out() -> None:
    statement = scanned(parse_checks(PLAYS), Scope(hours(7, 9), (hours(8, 9),)))
    assert (
        "where checked.start_time >= %s and checked.start_time < %s\n"
        "    and not (checked.start_time >= %s and checked.start_time < %s)"
    ) in statement.text
    assert statement.parameters == (*hours(7, 9).bounds, *hours(8, 9).bounds)


def test_where_only_comparisons_with_a_table_leave_spans_out_the_rows_are_read_whole_and_once() -> None:
    text = PLAYS.replace("query: select id as songplay_id from staged", "table: moments, window_column: start_time")
    table = parse_checks(text.replace("window_column: start_time\nrow", f"settled: {SETTLED}\nrow"))
    statement = scanned(table, Scope(None, (hours(8, 9),), "moments"))
    assert statement.text.endswith("\nleft join matched_2 on checked.user_id = matched_2.match_key")
    assert statement.text.count("not (checked.start_time >= %s and checked.start_time < %s)") == 2
    assert statement.text.count("from moments\nwhere not (start_time >= %s and start_time < %s)") == 1
    assert statement.parameters == hours(8, 9).bounds * 3


def test_checks_are_named_by_table_column_and_kind_or_their_own_name() -> None:
    assert [check.name for check in parse_checks(PLAYS).checks] == [
        "songplays.row_count",
        "songplays.songplay_id.unique_check",
        "songplays.songplay_id.reconciliation",
        "songplays.level.accepted_values",
        "songplays.user_id.null_check",
        "songplays.user_id.references",
        "songplays.location.has_place",
        "songplays.some",
    ]


def test_severity_is_fail_unless_it_says_warn() -> None:
    warned = [check.name for check in parse_checks(PLAYS).checks if check.severity == "warn"]
    assert warned == ["songplays.level.accepted_values"]


def test_a_reference_joins_each_key_once_so_that_it_cannot_double_what_is_counted() -> None:
    statement = scanned(parse_checks(PLAYS), Scope()).text
    assert "from users\nwhere user_id in (\nselect user_id from staged\n)\ngroup by user_id" in statement


def test_the_documentation_declares_what_can_be_read() -> None:
    example = (FILES[0].parents[2] / "docs" / "quality.md").read_text().split("```yaml")[1].split("```")[0]
    assert [check.kind for check in parse_checks(example).checks] == [
        *("row_count", "unique_check", "accepted_values", "check_statement", "custom_sql"),
    ]


def declared(**changes: Any) -> str:
    import json

    return json.dumps({"table": "users", "key": "user_id", "row_count": {"equal_to": 1}, **changes})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("table: [", "not YAML"),
        ("- table", "expected a mapping"),
        ("table: users\nrow_count: {equal_to: 1}", "checks lacks key"),
        ("table: users\nkey: id", "no check is declared"),
        ("table: users\nkey: id\nrow_count: {equal_to: 1}\nrow_count: {equal_to: 2}", "row_count stands twice"),
        (declared(row_counts={}), "row_counts is not known here: one of checks, columns"),
        (declared(row_count={}), "users.row_count expects nothing: give one of equal_to"),
        (declared(rows_of={"column": "id"}), "users.rows_of lacks query"),
        (declared(row_count={"equals": 1}), "users.row_count: equals is not known here: one of equal_to"),
        (declared(row_count={"equal_to": 1, "severity": "info"}), "users.row_count: severity 'info' is neither"),
        (declared(row_count={"equal_to": None}), "equal_to takes a number, a text or a time, not None"),
        (declared(row_count={"geq_to": 2, "leq_to": 1}), "nothing is >= 2 and <= 1"),
        (declared(row_count={"greater_than": 1, "less_than": 1}), "nothing is > 1 and < 1"),
        (declared(row_count={"geq_to": 1, "greater_than": 1}), "one of greater_than and geq_to, not both"),
        (declared(row_count={"equal_to": 1, "leq_to": 1}), "equal_to stands alone"),
        (declared(row_count={"equal_to": "a", "tolerance": 0.1}), "needs bounds that are numbers"),
        (declared(row_count={"equal_to": 1, "tolerance": -1}), "tolerance is a fraction"),
        (declared(columns={"level": {"nul_check": {"equal_to": 0}}}), "users.level.nul_check: 'nul_check' is not"),
        (declared(columns={"level": {"accepted_values": {"equal_to": 0}}}), "level.accepted_values lacks values"),
        (declared(columns={"level": {"accepted_values": {"values": "a", "equal_to": 0}}}), "a list of texts"),
        (declared(columns={"level": {"references": {"table": "x", "equal_to": 0}}}), "references lacks column"),
        (declared(columns={"level": {"references": {"column": "x", "equal_to": 0}}}), "takes one of table and query"),
        (declared(columns={"at": {"freshness": {"geq_to": 1}}}), "takes one bound in hours"),
        (declared(columns={"at": {"freshness": {"leq_to": 1}}}), "freshness needs a window_column"),
        (declared(checks={"some": {"check_statement": "name like 'a%'"}}), "users.some: its SQL has a per cent sign"),
        (declared(queries={"some": {"sql": "select 7 % 2", "equal_to": 1}}), r"write mod\(a, b\)"),
        (declared(queries={"some": {"equal_to": 1}}), "users.some takes one of sql and rows"),
        (declared(queries={"some": {"sql": "select 1", "rows": "select 1"}}), "users.some takes one of sql and rows"),
        (declared(queries={"some": {"rows": "select 1 limit 9"}}), "users.some: its query of rows ends in LIMIT"),
        (declared(queries={"row_count": {"sql": "select 1", "equal_to": 1}}), "users.row_count is declared twice"),
        (declared(settled={"column": "at"}), "users.settled lacks table, then"),
    ],
)
def test_a_check_that_is_not_declared_as_it_should_be_is_refused_with_place_and_remedy(text: str, reason: str) -> None:
    with pytest.raises(CheckDefinitionError, match=reason):
        parse_checks(text)


@pytest.mark.parametrize(
    "changes", [{"table": "users; drop table users"}, {"columns": {"a b": {"min": {"geq_to": 0}}}}, {"key": "a b"}]
)
def test_names_in_checks_are_identifiers(changes: dict[str, Any]) -> None:
    with pytest.raises(UnsafeSqlTextError):
        parse_checks(declared(**changes))


@pytest.mark.parametrize(
    ("given", "found", "met"),
    [
        ({"equal_to": 0}, 0, True),
        ({"equal_to": 0}, None, False),
        ({"greater_than": 1}, 1, False),
        ({"geq_to": 1, "less_than": 3}, 3, False),
        ({"geq_to": 1, "leq_to": 3}, 3, True),
        ({"equal_to": 100, "tolerance": 0.1}, 91, True),
        ({"equal_to": 100, "tolerance": 0.1}, 89, False),
        ({"geq_to": -100, "tolerance": 0.1}, -105, True),
        ({"equal_to": "free"}, "paid", False),
        ({"geq_to": START.date()}, datetime(2018, 11, 12), True),
        ({"equal_to": True}, True, True),
    ],
)
def test_what_is_found_meets_what_is_expected_or_not(given: dict[str, Any], found: Any, met: bool) -> None:
    assert Expectation.parse("t.c", given).met_by("t.c", found) is met


@pytest.mark.parametrize(("bound", "found"), [(0, "0"), ("0", 0), (0, datetime(2018, 1, 1)), (1, True)])
def test_what_cannot_be_compared_is_refused_and_not_found_unequal(bound: Any, found: Any) -> None:
    with pytest.raises(CheckDefinitionError, match=r"t\.c: found .* cannot be compared with .*: declare a"):
        Expectation.parse("t.c", {"equal_to": bound}).met_by("t.c", found)


def test_the_error_tells_all_failures_with_table_window_rows_and_what_to_do() -> None:
    unique, level = parse_checks(PLAYS).checks[1], parse_checks(PLAYS).checks[3]
    failures = [
        CheckResult(unique, "= 0", 2, False, samples=("a", "b")),
        CheckResult(level, "= 0", 1, False),
    ]
    message = str(DataQualityError(failures, hours(7, 8)))
    assert message.startswith("2 data quality check(s) failed for [2018-11-12T07:00:00Z, 2018-11-12T08:00:00Z):\n")
    assert "  songplays.songplay_id.unique_check: expected = 0, found 2; rows a, b\n" in message
    assert (
        "    table songplays, column songplay_id, window [2018-11-12T07:00:00Z, 2018-11-12T08:00:00Z). To do:"
        in message
    )
    assert "  songplays.level.accepted_values: expected = 0, found 1\n" in message


def test_one_bound_of_a_window_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="window_start and window_end need each other"):
        DataQualityOperator(task_id="check", checks=[], window_start="2018-11-12")


def load(run: str, window: Window, minute: int, *, finished: bool = True) -> FactLoad:
    moment = datetime(2026, 1, 1, 0, minute)
    return FactLoad(("dag", run), window, (moment, moment), finished)


OWN = ("dag", "own")


@pytest.mark.parametrize(
    ("loads", "asking", "found"),
    [
        ([load("own", hours(0, 4), 0)], OWN, []),
        ([load("own", hours(0, 4), 0), load("b", hours(1, 2), 1)], OWN, [hours(1, 2)]),
        ([load("own", hours(0, 4), 1), load("b", hours(1, 2), 0, finished=False)], OWN, []),
        ([load("own", hours(1, 2), 0), load("b", hours(0, 4), 1)], OWN, [hours(0, 4)]),
        ([load("a", hours(0, 2), 0, finished=False)], None, [hours(0, 2)]),
        ([load("a", hours(0, 2), 0, finished=False), load("b", hours(0, 4), 1)], None, []),
        ([load("a", hours(0, 4), 0, finished=False), load("b", hours(1, 2), 1)], None, [hours(0, 1), hours(2, 4)]),
        ([load("a", hours(0, 4), 0), load("b", hours(1, 2), 1, finished=False)], None, [hours(1, 2)]),
        ([load("a", hours(0, 2), 0, finished=False), load("b", hours(1, 3), 1, finished=False)], None, [hours(0, 3)]),
        # Who has loaded nothing is asked as everybody.
        ([load("a", hours(0, 2), 0, finished=False), load("b", hours(3, 4), 1)], OWN, [hours(0, 2)]),
    ],
)
def test_of_several_loads_of_a_moment_the_latest_tells_whose_it_is(
    loads: list[FactLoad], asking: tuple[str, str] | None, found: list[Window]
) -> None:
    assert open_spans(loads, asking) == found


def test_spans_are_merged_and_taken_from_each_other() -> None:
    assert merged([hours(3, 4), hours(0, 1), hours(1, 2), hours(0, 2)]) == [hours(0, 2), hours(3, 4)]
    assert subtract(hours(0, 4), [hours(0, 1), hours(2, 3)]) == [hours(1, 2), hours(3, 4)]
    assert subtract(hours(0, 4), [hours(0, 5)]) == []
    assert subtract(hours(0, 4), []) == [hours(0, 4)]
