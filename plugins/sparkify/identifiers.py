"""Names and literals that have to stand in SQL text, because no parameter can."""

import hashlib
import re
from collections.abc import Iterable
from typing import Protocol

from airflow.sdk.exceptions import AirflowFailException

# What run_digest gives.
RUN_DIGEST = re.compile("[0-9a-f]{16}")
_PART = r"[a-z_][a-z0-9_]{0,62}"
_COLUMN = re.compile(_PART)
_TABLE = re.compile(rf"(?:{_PART}\.)?{_PART}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_UNSAFE_IN_LITERAL = re.compile(r"[\\\x00-\x1f]")
_UNSAFE_IN_COMMENT = re.compile(r"[^\w.:+ -]")


class UnsafeSqlTextError(AirflowFailException):
    """A name or literal that must not become part of a statement."""


class _Run(Protocol):
    @property
    def dag_id(self) -> str: ...

    @property
    def run_id(self) -> str: ...


def table_name(name: str) -> str:
    """Return `name`, a table or schema.table of lower-case identifiers of at most 63 bytes.

    :raises UnsafeSqlTextError: for anything else; quoted identifiers are not supported on purpose.
    """
    if not _TABLE.fullmatch(name):
        raise UnsafeSqlTextError(
            f"{name!r} is not a table name: use lower-case letters, digits and underscores, as table or schema.table"
        )
    return name


def column_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return `names` as a tuple of lower-case column identifiers.

    :raises UnsafeSqlTextError: if there is none, one is repeated, or one is no identifier.
    """
    columns = tuple(names)
    for name in columns:
        if not _COLUMN.fullmatch(name):
            raise UnsafeSqlTextError(f"{name!r} is not a column name: use lower-case letters, digits, underscores")
    if not columns or len(set(columns)) != len(columns):
        raise UnsafeSqlTextError(f"expected distinct column names, got {columns!r}")
    return columns


def literal(value: str) -> str:
    """Return `value` as a SQL string literal, for the places of COPY that take no parameter.

    Redshift descends from a PostgreSQL whose literals honour backslash escapes, so a backslash is refused
    and not escaped: what it would mean depends on a server setting.

    :raises UnsafeSqlTextError: if `value` holds a backslash or a control character.
    """
    if _UNSAFE_IN_LITERAL.search(value):
        raise UnsafeSqlTextError(f"{value!r} holds a backslash or a control character: rename it without")
    return "'" + value.replace("'", "''") + "'"


def role(arn: str) -> str:
    """Return `arn` as COPY's IAM_ROLE argument: `default`, one role's ARN, or several, chained by commas.

    :raises UnsafeSqlTextError: if it is neither.
    """
    if arn == "default":
        return "default"
    if not all(_ROLE.fullmatch(part) for part in arn.split(",")):
        raise UnsafeSqlTextError(f"{arn!r} is not an IAM role: expected arn:aws:iam::<account>:role/<name>, or default")
    return literal(arn)


def comment(text: str) -> str:
    """Return `text` as a SQL comment that cannot end early nor hold a driver's placeholder."""
    return f"/* {_UNSAFE_IN_COMMENT.sub('_', text)} */"


def run_digest(run: _Run) -> str:
    """Return sixteen hexadecimal digits that name one run of one DAG, where its ids would not fit or not be safe."""
    return hashlib.sha256(f"{run.dag_id}\n{run.run_id}".encode()).hexdigest()[:16]


def staging_table(template: str, dag_run: _Run) -> str:
    """Name the staging table that belongs to one DAG run alone.

    :param template: the table whose shape it takes, `staging.events` say.
    :param dag_run: the run; its DAG counts too, as two DAGs may have runs of the same id.
    :return: `template` and sixteen hexadecimal digits; the same for every task and every try of the run.
    """
    return table_name(f"{template}_{run_digest(dag_run)}")


def staged_like(table: str) -> str:
    """Return the table whose shape a run's own staging table has; any other table as it is."""
    template, _, digest = table.rpartition("_")
    return template if RUN_DIGEST.fullmatch(digest) else table
