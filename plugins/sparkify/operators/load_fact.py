"""Load a fact table's window: delete it, insert it again."""

from collections.abc import Sequence
from typing import Any

from sparkify.audit import LoadCounts, NewerLoad
from sparkify.identifiers import column_names, table_name
from sparkify.operators.load import LoadOperator
from sparkify.session import Session
from sparkify.staging_gone import StagingOutOfDateError
from sparkify.window import Window, within_bounds


class LoadFactOperator(LoadOperator):
    """Replace a window of a table by what a SELECT gives for it, in one transaction.

    Run twice, or after the source changed, the window holds exactly what the SELECT says now; other windows
    are not touched. Two runs of one window, at once or in any order, give the rows of one: of the one that staged last,
    if the source changed between. The other then fails and changes nothing.

    Where the window had rows, they are compared with those that replace them, so that nobody who waits for changed
    facts is woken for the same ones. A window without rows, as every hour's first load finds it, pays a count for that
    and is spared the deletion.

    Takes the parameters of :class:`sparkify.operators.load.LoadOperator`, and:

    :param columns: the columns to insert, which the SELECT must name.
    :param window_column: the target's TIMESTAMP column by which rows belong to a window. The operator applies the
        window to the SELECT, so that nothing can be inserted where nothing was deleted; as that takes
        parameters, the SELECT must have no per cent sign.
    """

    ui_color = "#d7e8f7"

    def __init__(self, *, columns: Sequence[str], window_column: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns = columns
        self.window_column = window_column

    def delete_statement(self) -> str:
        """The statement that empties the window; its parameters are the window's bounds."""
        return f"delete from {table_name(self.table)}\nwhere {within_bounds(self.window_column)}"

    def insert_statement(self) -> str:
        """The statement that fills the window; its parameters are the window's bounds."""
        columns = ", ".join(column_names(self.columns))
        return (
            f"insert into {table_name(self.table)} ({columns})\n"
            f"select {columns}\nfrom (\n{self.query}\n) as loaded\n"
            f"where {within_bounds(self.window_column)}"
        )

    def count_statement(self, table: str | None = None) -> str:
        """The count of a window's rows, in the target or another table; its parameters are the window's bounds."""
        return f"select count(*) from {table_name(table or self.table)} where {within_bounds(self.window_column)}"

    def keep_statement(self) -> str:
        """The statement that puts the window's rows by; its parameters are the window's bounds."""
        columns = ", ".join(column_names(self.columns))
        return (
            f"insert into {self._replaced} ({columns})\n"
            f"select {columns} from {table_name(self.table)} where {within_bounds(self.window_column)}"
        )

    def lost_statement(self) -> str:
        """The count of a window's rows, told apart by content and number, that were put by and are not there now.

        None is lost of as many rows as there are now: then they are the same. Its parameters are the window's bounds,
        twice.
        """
        columns = ", ".join(column_names(self.columns))
        within = within_bounds(self.window_column)
        return (
            "select count(*) from (\n"
            f"select {columns}, count(*) as copies from {self._replaced}\nwhere {within} group by {columns}\nexcept\n"
            f"select {columns}, count(*) as copies from {table_name(self.table)}\nwhere {within} group by {columns}\n"
            ") as lost"
        )

    @property
    def _replaced(self) -> str:
        """A temporary table of the session for the rows that the window had."""
        return table_name(f"{self.table.rpartition('.')[2]}_replaced")

    def load(self, session: Session, window: Window, newer: Sequence[NewerLoad]) -> LoadCounts:
        """Delete and insert the window.

        :raises StagingOutOfDateError: if that changes what others have loaded from rows that they staged later.
        """
        before = int(session.value(self.count_statement(), window.bounds))
        if before:
            session.execute(f"create temp table {self._replaced} (like {table_name(self.table)})")
            session.execute(self.keep_statement(), window.bounds)
            session.execute(self.delete_statement(), window.bounds)
        inserted = session.execute(self.insert_statement(), window.bounds)
        for each in newer:
            now = session.value(self.count_statement(), each.window.bounds)
            was = session.value(self.count_statement(self._replaced), each.window.bounds) if before else 0
            if not self._same(session, each.window, was, now):
                raise StagingOutOfDateError(self.staging, self.staged_by, self.table, each)
        identical = inserted > 0 and self._same(session, window, before, inserted)
        outcome = "unchanged" if identical else "loaded" if inserted else "no_rows"
        return LoadCounts(outcome, rows_inserted=inserted, rows_deleted=before)

    def _same(self, session: Session, window: Window, was: int, now: int) -> bool:
        """Tell whether a window's rows, so many before and now, are those that were put by."""
        return was == now and (now == 0 or session.value(self.lost_statement(), window.bounds * 2) == 0)
