"""Load a fact table's window: delete it, insert it again."""

from collections.abc import Sequence
from typing import Any

from sparkify.audit import LoadCounts
from sparkify.identifiers import column_names, table_name
from sparkify.operators.load import LoadOperator
from sparkify.session import Session
from sparkify.window import Window, within_bounds


class LoadFactOperator(LoadOperator):
    """Replace a window of a table by what a SELECT gives for it, in one transaction.

    Run twice, or after the source changed, the window holds exactly what the SELECT says now; other windows
    are not touched. Two runs of one window, at once or in any order, give the rows of one.

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

    def load(self, session: Session, window: Window) -> LoadCounts:
        """Delete and insert the window."""
        deleted = session.execute(self.delete_statement(), window.bounds)
        inserted = session.execute(self.insert_statement(), window.bounds)
        return LoadCounts("loaded" if inserted else "no_rows", rows_inserted=inserted, rows_deleted=deleted)
