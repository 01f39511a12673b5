"""Redshift's lexical rules."""

from __future__ import annotations

import pytest

from local.redshift.dialect.tokens import Kind, split, tokenize
from local.redshift.errors import StatementSyntaxError


def test_statements_are_split_at_semicolons_outside_strings_comments_and_quotes():
    text = """select ';' /* ; /* ; */ */ as "a;b"; -- one ; more
        select $$;$$;;"""
    assert [statement.text for statement in split(text)] == [
        """select ';' /* ; /* ; */ */ as "a;b\"""",
        "select $$;$$",
    ]


def test_comments_before_a_statement_are_not_part_of_it():
    (statement,) = split('/* sparkify_etl.load_users {"x": 1} */\n-- why\ninsert into t values (1)')
    assert statement.text == "insert into t values (1)"
    assert statement.tokens[0].start == 0


def test_backslashes_and_doubled_quotes_escape_in_strings():
    (token,) = tokenize(r"'it''s \'here\' \\ \n'")
    assert (token.kind, token.value) == (Kind.STRING, "it's 'here' \\ \n")


@pytest.mark.parametrize("text", ["select 'abc", 'select "abc', "select /* abc", "select $$abc"])
def test_what_never_ends_is_a_syntax_error(text):
    with pytest.raises(StatementSyntaxError, match="unterminated"):
        tokenize(text)
