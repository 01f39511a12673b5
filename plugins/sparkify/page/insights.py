"""How the answer to one of the insights' questions is read."""

from dataclasses import dataclass
from typing import Any

from sparkify.identifiers import column_names, table_name
from sparkify.insights import QUESTIONS
from sparkify.session import Session

# More than five years of days, two levels a day. Beyond it the latest are given.
MOST_ROWS = 4000


@dataclass(frozen=True)
class Answer:
    """What a question's table holds.

    :ivar columns: their names, in order. :ivar rows: their values, in the order of the first two.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def statement(question: str, *, most: int | None = MOST_ROWS) -> str:
    """Return the SELECT that reads a question's table: all its columns, ordered by rank, hour, or day and level.

    :param most: how many rows at most, of days the latest; None: all.
    """
    columns = column_names(QUESTIONS[question])
    # Days are read from the latest on, so that the bound leaves out the oldest.
    backwards = " desc" if _by_day(question) and most else ""
    order = ", ".join(f"{name}{backwards}" for name in columns[:2])
    limit = f" limit {most}" if most else ""
    return f"select {', '.join(columns)} from {table_name(f'insights.{question}')} order by {order}{limit}"


def ask(session: Session, question: str, *, most: int | None = MOST_ROWS) -> Answer:
    """Read a question's table.

    :raises WarehouseError: as the session does.
    """
    rows = session.fetch(statement(question, most=most))
    if _by_day(question) and most:
        rows.reverse()
    return Answer(QUESTIONS[question], rows)


def _by_day(question: str) -> bool:
    return QUESTIONS[question][0] == "day"
