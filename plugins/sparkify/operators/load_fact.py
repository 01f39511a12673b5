"""Load a fact table's window: delete it, insert it again."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparkify.audit import LoadCounts
from sparkify.identifiers import column_names, table_name
from sparkify.operators.load import LoadOperator
from sparkify.staging_gone import telling_what_to_clear
from sparkify.window import Window

if TYPE_CHECKING:
    from airflow.sdk import Context


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
        return f"delete from {table_name(self.table)}\nwhere {self._in_window}"

    def insert_statement(self) -> str:
        """The statement that fills the window; its parameters are the window's bounds."""
        columns = ", ".join(column_names(self.columns))
        return (
            f"insert into {table_name(self.table)} ({columns})\n"
            f"select {columns}\nfrom (\n{self.query}\n) as loaded\nwhere {self._in_window}"
        )

    @property
    def _in_window(self) -> str:
        [column] = column_names([self.window_column])
        return f"{column} >= %s and {column} < %s"

    def execute(self, context: "Context") -> dict[str, Any]:
        """Delete and insert the window.

        :return: the counts of :class:`sparkify.audit.LoadCounts`.
        :raises PermanentWarehouseError: what a retry cannot mend; StagingGoneError among them.
        :raises WarehouseError: what it may.
        """
        window = Window.parse(self.window_start, self.window_end)
        with self.session(context) as session, telling_what_to_clear(self.staging, self.staged_by):
            started = time.monotonic()
            with session.transaction(lock=self.lock_table):
                deleted = session.execute(self.delete_statement(), window.bounds)
                inserted = session.execute(self.insert_statement(), window.bounds)
                counts = LoadCounts(
                    outcome="loaded" if inserted else "no_rows",
                    rows_inserted=inserted,
                    rows_deleted=deleted,
                    seconds=time.monotonic() - started,
                )
                self.audit(session, context, self.table, window, counts)
        return counts.as_xcom()
