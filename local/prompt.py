"""`./sparkify sql`: one statement or a prompt on the warehouse."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from local.console import err, out

if TYPE_CHECKING:
    import psycopg

_PROMPT, _MORE = "sparkify=> ", "sparkify-> "
_LEAVE = {"\\q", "quit", "exit"}


def run(dsn: str, statement: str | None) -> int:
    """Execute `statement`, or what is typed or piped in, and return the exit code.

    Rows are a table on a terminal and CSV elsewhere. An error is one line; the code is then 1, and a prompt goes on.
    """
    import psycopg

    # Parameters do not occur; merged on this side, several statements in one line are possible, as in psql.
    with psycopg.connect(
        dsn, sslmode="disable", autocommit=True, cursor_factory=psycopg.ClientCursor, application_name="sparkify sql"
    ) as connection:
        if statement is not None:
            return 0 if _execute(connection, statement) else 1
        if sys.stdin.isatty():
            return _converse(connection)
        return 0 if _execute(connection, sys.stdin.read()) else 1


def _converse(connection: psycopg.Connection[Any]) -> int:
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives input() its line editing
    out.print("Statements end with ; and may span lines. \\q leaves.", markup=False, style="dim")
    good, lines = True, list[str]()
    while True:
        try:
            line = input(_MORE if lines else _PROMPT)
        except EOFError:
            out.print()
            return 0 if good else 1
        if not lines and line.strip().lower().rstrip(";") in _LEAVE:
            return 0 if good else 1
        lines.append(line)
        if line.rstrip().endswith(";"):
            good = _execute(connection, "\n".join(lines))
            lines.clear()
        elif not "".join(lines).strip():
            lines.clear()


def _execute(connection: psycopg.Connection[Any], statement: str) -> bool:
    import psycopg

    try:
        with connection.cursor() as cursor:
            cursor.execute(statement.encode())
            more: bool | None = True
            while more:
                _show(cursor)
                more = cursor.nextset()
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error).strip() or type(error).__name__
        detail = f" ({' '.join(error.diag.message_detail.split())})" if error.diag.message_detail else ""
        err.print(f"error: {' '.join(said.split())}{detail}", markup=False, style="red")
        return False
    return True


def _show(cursor: psycopg.Cursor[Any]) -> None:
    if cursor.description is None:
        # Where rows go into a file or a program, nothing but rows may.
        (out if sys.stdout.isatty() else err).print(cursor.statusmessage or "", markup=False)
        return
    names = [column.name for column in cursor.description]
    if not sys.stdout.isatty():
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(cursor)
        return
    show_rows(names, cursor.fetchall())


def show_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a table for a terminal."""
    table = Table()
    for at, name in enumerate(names):
        number = any(isinstance(row[at], int | float) for row in rows)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        # As text, not as markup: square brackets in a title are a title's.
        table.add_row(*(_cell(value) for value in row))
    out.print(table)
    out.print(f"({len(rows)} row{'' if len(rows) == 1 else 's'})", markup=False)


def _cell(value: Any) -> Any:
    from rich.text import Text

    return Text("NULL", style="dim") if value is None else Text(str(value))
