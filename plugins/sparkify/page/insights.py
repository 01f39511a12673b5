"""The insights' questions: what may be asked for by name, and which columns an answer has."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sparkify.identifiers import column_names, table_name
from sparkify.session import Session

# More than five years of days, two levels a day. Beyond it the latest are given.
MOST_ROWS = 4000


class Question(StrEnum):
    """The questions, as addresses name them; each is a table of the schema `insights`."""

    TOP_SONGS = "top_songs"
    TOP_ARTISTS = "top_artists"
    HOURS_OF_DAY = "hours_of_day"
    WEEKDAYS = "weekdays"
    PLAYS_BY_LEVEL = "plays_by_level"
    CONVERSION = "conversion"
    ACTIVE_LISTENERS = "active_listeners"
    LONGEST_SESSIONS = "longest_sessions"
    TOP_LOCATIONS = "top_locations"
    KNOWN_SONGS = "known_songs"


@dataclass(frozen=True)
class Answer:
    """What a question's table holds.

    :ivar columns: their names, in order. :ivar rows: their values, ordered by `order`.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class _Table:
    """:ivar columns: all of them. :ivar order: the first `order` columns order the rows."""

    columns: tuple[str, ...]
    order: int = 1
    by_day: bool = False


_TABLES = {
    Question.TOP_SONGS: _Table(("rank", "song_id", "title", "artist_name", "plays", "listeners")),
    Question.TOP_ARTISTS: _Table(("rank", "artist_id", "name", "plays", "listeners")),
    Question.HOURS_OF_DAY: _Table(("hour", "plays", "listeners")),
    Question.WEEKDAYS: _Table(("weekday", "plays", "listeners")),
    Question.PLAYS_BY_LEVEL: _Table(("day", "level", "plays", "listeners"), 2, by_day=True),
    Question.CONVERSION: _Table(("day", "free_listeners", "paid_listeners", "conversions", "churned"), by_day=True),
    Question.ACTIVE_LISTENERS: _Table(("day", "listeners", "plays"), by_day=True),
    Question.LONGEST_SESSIONS: _Table(("rank", "session_id", "user_id", "started_at", "ended_at", "minutes", "plays")),
    Question.TOP_LOCATIONS: _Table(("rank", "location", "plays", "listeners")),
    Question.KNOWN_SONGS: _Table(("day", "plays", "known_plays", "known_share"), by_day=True),
}


def statement(question: Question, *, most: int | None = MOST_ROWS) -> str:
    """Return the SELECT that reads a question's table: all its columns, ordered.

    :param most: how many rows at most, of days the latest; None: all.
    """
    table = _TABLES[question]
    columns = column_names(table.columns)
    # Days are read from the latest on, so that the bound leaves out the oldest.
    backwards = " desc" if table.by_day and most else ""
    order = ", ".join(f"{name}{backwards}" for name in columns[: table.order])
    limit = f" limit {most}" if most else ""
    return f"select {', '.join(columns)} from {table_name(f'insights.{question}')} order by {order}{limit}"


def ask(session: Session, question: Question, *, most: int | None = MOST_ROWS) -> Answer:
    """Read a question's table.

    :raises WarehouseError: as the session does.
    """
    table = _TABLES[question]
    rows = session.fetch(statement(question, most=most))
    if table.by_day and most:
        rows.reverse()
    return Answer(table.columns, rows)
