"""Checks declared as YAML, and the one statement that measures them."""

import pytest

from sparkify.checks import CheckDefinitionError, parse_checks
from sparkify.identifiers import UnsafeSqlTextError

PLAYS = """
table: songplays
window_column: start_time
row_count: {equal_to_query: select 3}
columns:
  songplay_id:
    null_check: {equal_to: 0}
    unique_check: {equal_to: 0}
  level:
    accepted_values: {values: [free, paid], equal_to: 0, severity: warn}
  user_id:
    references: {table: users, column: user_id, equal_to: 0}
"""


def test_a_table_is_scanned_once_whatever_the_number_of_checks() -> None:
    statement = parse_checks(PLAYS).statement()
    assert statement.count("from songplays as checked") == 1
    assert len(parse_checks(PLAYS).checks) == 5


def test_a_window_column_bounds_what_is_read() -> None:
    assert "where checked.start_time >= %s and checked.start_time < %s" in parse_checks(PLAYS).statement()


def test_checks_are_named_by_table_column_and_kind() -> None:
    assert [check.name for check in parse_checks(PLAYS).checks] == [
        "songplays.row_count",
        "songplays.songplay_id.null_check",
        "songplays.songplay_id.unique_check",
        "songplays.level.accepted_values",
        "songplays.user_id.references",
    ]


def test_severity_is_fail_unless_it_says_warn() -> None:
    assert [check.severity for check in parse_checks(PLAYS).checks] == ["fail", "fail", "fail", "warn", "fail"]


def test_a_reference_joins_distinct_keys_so_that_it_cannot_double_what_is_counted() -> None:
    assert "left join (select distinct user_id from users where user_id in (" in parse_checks(PLAYS).statement()


def test_of_a_referenced_table_only_the_keys_of_the_window_are_read() -> None:
    bounded = "select same.user_id from songplays as same\nwhere same.start_time >= %s and same.start_time < %s"
    assert bounded in parse_checks(PLAYS).statement()
    whole = parse_checks(PLAYS.replace("window_column: start_time\n", "")).statement()
    assert "(select distinct user_id from users) as" in whole


def test_a_table_can_be_bounded_to_the_rows_that_a_query_names() -> None:
    text = "table: users\nrows_of: {column: id, query: select {id} from s}\nrow_count: {equal_to: 1}".replace(
        "{id}", "id"
    )
    assert parse_checks(text).statement().endswith("from users as checked\nwhere checked.id in (\nselect id from s\n)")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("table: [", "not YAML"),
        ("- table", "expected a mapping"),
        ("row_count: {equal_to: 1}", "lacks table"),
        ("table: users", "no check is declared"),
        ("table: users\nrow_count: {}", "expects nothing"),
        ("table: users\nrows_of: {column: id}\nrow_count: {equal_to: 1}", "rows_of lacks query"),
        ("table: users\nonly_if_changed: true\nrow_count: {equal_to: 1}", "only_if_changed: expected a mapping"),
        ("table: users\nonly_if_changed: {version_table: v}\nrow_count: {equal_to: 1}", "lacks checked_table"),
        ("table: users\nrow_count: {equals: 1}", "equals is not known"),
        ("table: users\nrow_count: {equal_to: 1, severity: info}", "neither fail nor warn"),
        ("table: users\ncolumns: {level: {nul_check: {equal_to: 0}}}", "'nul_check' is not a check"),
        ("table: users\ncolumns: {level: {accepted_values: {equal_to: 0}}}", "lacks `values`"),
        ("table: users\ncolumns: {level: {references: {table: x, equal_to: 0}}}", "lacks column"),
    ],
)
def test_a_check_that_is_not_declared_as_it_should_be_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(CheckDefinitionError, match=reason):
        parse_checks(text)


@pytest.mark.parametrize(
    "text",
    ["table: users; drop table users\nrow_count: {equal_to: 1}", "table: users\ncolumns: {'a b': {min: {geq_to: 0}}}"],
)
def test_names_in_checks_are_identifiers(text: str) -> None:
    with pytest.raises(UnsafeSqlTextError):
        parse_checks(text)
