"""The answers to the analytics team's questions, read from the warehouse, printed, or written as CSV."""

from __future__ import annotations

import csv
import io
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.console import err, out
from local.errors import StackError
from local.settings import ROOT

if TYPE_CHECKING:
    import psycopg

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Answer:
    """One answer: its columns, and its rows in their order."""

    columns: tuple[str, ...]
    rows: Rows

    def column(self, name: str) -> list[Any]:
        """The values of one column, in the rows' order."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def as_csv(self) -> str:
        """The answer as CSV with a heading; null is nothing."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()


@dataclass(frozen=True)
class Insights:
    """All answers, of one state of the warehouse.

    :ivar computed_at: when they were made, UTC. :ivar facts: from how many plays.
    :ivar first_play: the first of these, None if there are none. :ivar last_play: the last.
    """

    answers: dict[str, Answer]
    computed_at: datetime
    facts: int
    first_play: datetime | None
    last_play: datetime | None


def questions() -> dict[str, tuple[str, ...]]:
    """The columns of each answer, as the DAG declares them."""
    sys.path.append(str(ROOT / "plugins"))
    from sparkify.insights import QUESTIONS

    return QUESTIONS


def read(connection: psycopg.Connection[Any]) -> Insights | None:
    """Read all answers in one transaction, so that they are of one refresh; None if there was none yet.

    Raises StackError if the warehouse lacks the tables.
    """
    import psycopg

    try:
        with connection.transaction():
            refreshed = connection.execute(
                "select computed_at, facts, first_play, last_play from insights.refreshed"
            ).fetchone()
            answers = {
                question: Answer(columns, _ordered(connection, question, columns))
                for question, columns in questions().items()
            }
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise StackError(
            "this warehouse has no tables of insights yet",
            "`./sparkify run` makes them, or sparkify_tables with the action create",
        ) from error
    return Insights(answers, *refreshed) if refreshed else None


def run(dsn: str, folder: Path | None) -> int:
    """Print every answer, or write each to `folder` as `<question>.csv`; return the exit code, 1 if there is none."""
    import psycopg

    with psycopg.connect(dsn, sslmode="disable", autocommit=True, application_name="sparkify insights") as connection:
        insights = read(connection)
    if insights is None:
        err.print("No insights yet: load something, or trigger sparkify_insights in Airflow.", markup=False)
        return 1
    if folder:
        _write(insights, folder)
    else:
        _print(insights)
    return 0


def _ordered(connection: psycopg.Connection[Any], question: str, columns: tuple[str, ...]) -> Rows:
    # The first two columns tell any row of an answer from the others.
    statement = f"select {', '.join(columns)} from insights.{question} order by 1, 2"
    return connection.execute(statement.encode()).fetchall()


def _write(insights: Insights, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for question, answer in insights.answers.items():
            aside = folder / f".{question}.csv.{os.getpid()}"
            aside.write_text(answer.as_csv(), encoding="utf-8")
            aside.replace(folder / f"{question}.csv")
    except OSError as error:
        raise StackError(f"{folder} cannot be written to: {error.strerror}", "give --csv another folder") from error
    out.print(f"{len(insights.answers)} files in {folder}, of {_made_from(insights)}", markup=False)


def _print(insights: Insights) -> None:
    from local.prompt import show_rows

    out.print(f"Of {_made_from(insights)}", markup=False)
    for question, answer in insights.answers.items():
        out.print(f"\n{question}", markup=False, style="bold")
        if out.is_terminal:
            show_rows(answer.columns, answer.rows)
        else:
            sys.stdout.write(answer.as_csv())


def _made_from(insights: Insights) -> str:
    return f"{insights.facts:,} plays, computed at {insights.computed_at:%Y-%m-%d %H:%M:%S} UTC"
