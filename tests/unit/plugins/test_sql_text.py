"""What may become part of SQL text, and the text that the operators make of it."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify.copy_statement import CopyStatement
from sparkify.identifiers import UnsafeSqlTextError, column_names, comment, literal, role, staging_table, table_name

ROLE = "arn:aws:iam::123456789012:role/sparkify-copy"
EVENTS = CopyStatement(
    table="staging.events_ab12",
    columns=("artist", "ts"),
    url="s3://manifests/x.manifest",
    role_arn=ROLE,
    region="us-west-2",
    json="s3://source/log_json_path.json",
    options=("timeformat 'epochmillisecs'", "gzip"),
)


@pytest.mark.parametrize("name", ["users; drop table users", 'public."users"', "Users", "a.b.c", "", "1a", "a" * 64])
def test_a_table_name_that_is_no_plain_identifier_is_refused(name: str) -> None:
    with pytest.raises(UnsafeSqlTextError, match="is not a table name"):
        table_name(name)


@pytest.mark.parametrize("names", [["user id"], ["id", "id"], []])
def test_columns_must_be_distinct_plain_identifiers(names: list[str]) -> None:
    with pytest.raises(UnsafeSqlTextError):
        column_names(names)


@given(st.text())
def test_a_literal_is_either_refused_or_ends_only_at_its_own_quote(text: str) -> None:
    try:
        quoted = literal(text)
    except UnsafeSqlTextError:
        assert any(character == "\\" or character < " " for character in text)
    else:
        assert quoted[0] == quoted[-1] == "'"
        assert quoted[1:-1].replace("''", "").count("'") == 0


@given(st.text())
def test_a_comment_neither_ends_early_nor_holds_a_placeholder(text: str) -> None:
    body = comment(text).removeprefix("/*").removesuffix("*/")
    assert not {"*", "/", "%", "\n", "'"} & set(body)


@pytest.mark.parametrize("arn", ["default", ROLE, f"{ROLE},arn:aws-us-gov:iam::210987654321:role/path/to/other"])
def test_a_role_is_default_or_one_or_several_arns(arn: str) -> None:
    assert role(arn).strip("'") == arn


@pytest.mark.parametrize("arn", ["AKIAIOSFODNN7EXAMPLE", f"{ROLE}' credentials '", "arn:aws:iam::1:user/x", ""])
def test_what_is_no_role_is_refused(arn: str) -> None:
    with pytest.raises(UnsafeSqlTextError, match="is not an IAM role"):
        role(arn)


def test_two_runs_or_two_dags_never_share_a_staging_table_and_one_run_always_has_the_same() -> None:
    runs = [SimpleNamespace(dag_id=dag, run_id=run) for dag in ("etl", "copy") for run in ("manual__1", "manual__2")]
    names = [staging_table("staging.events", run) for run in runs]
    assert len(set(names)) == 4
    assert names == [staging_table("staging.events", run) for run in runs]


def test_copy_names_role_region_manifest_and_jsonpaths_and_no_key() -> None:
    assert EVENTS.render() == (
        "copy staging.events_ab12 (artist, ts)\n"
        "from 's3://manifests/x.manifest'\n"
        f"iam_role '{ROLE}'\n"
        "region 'us-west-2'\n"
        "manifest\n"
        "format as json 's3://source/log_json_path.json'\n"
        "timeformat 'epochmillisecs'\n"
        "gzip"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"options": ("ACCESS_KEY_ID 'x' SECRET_ACCESS_KEY 'y'",)},
        {"options": ("credentials 'aws_access_key_id=x'",)},
        {"json": "log_json_path.json"},
        {"url": "s3://bucket/a\\b"},
        {"table": "events; drop table users"},
    ],
)
def test_a_copy_that_would_carry_keys_or_foreign_text_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnsafeSqlTextError):
        CopyStatement(**{**vars(EVENTS), **change}).render()
