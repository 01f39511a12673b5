"""Answer a set of questions anew, all from one state of the warehouse."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from sparkify.identifiers import column_names, table_name
from sparkify.lineage.flow import Flow, Written
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.session import Session
from sparkify.sql_files import select_of

if TYPE_CHECKING:
    from airflow.sdk import Context


class RefreshInsightsOperator(WarehouseOperator):
    """Replace tables by what a SELECT gives for each, all in one transaction; one more table tells from what.

    The transaction locks first, and its first SELECT fixes the state that all of them see. Readers are not held up:
    they see the answers of before until the transaction commits, and then all new ones. Run twice on one state of the
    warehouse, the rows are the same, and the second run makes no asset event.

    :param tables: the columns of each table that is replaced, by table.
    :param sql: for each table, in the same order, one SELECT that gives these columns, or a .sql file with one
        (templated).
    :param state_sql: a SELECT of one row that says what the answers are made from, or a .sql file with one (templated).
    :param state_columns: its columns.
    :param refreshed_table: gets one row with `run_id`, the state's columns, and `computed_at`.
    :param lock_table: empty companion table that every writer of these tables locks first.
    """

    template_fields: Sequence[str] = (*BaseSQLOperator.template_fields, "sql", "state_sql")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "state_sql": "sql"}  # noqa: RUF012  (Airflow's own attribute)
    ui_color = "#e3dcf5"

    def __init__(
        self,
        *,
        tables: Mapping[str, Sequence[str]],
        sql: Sequence[str],
        state_sql: str,
        state_columns: Sequence[str],
        refreshed_table: str,
        lock_table: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tables = tables
        self.sql = sql
        self.state_sql = state_sql
        self.state_columns = state_columns
        self.refreshed_table = refreshed_table
        self.lock_table = lock_table
        self._rows: dict[str, int] = {}

    def insert_statement(self, table: str, columns: Sequence[str], query: str) -> str:
        """The statement that fills one table."""
        named = ", ".join(column_names(columns))
        return f"insert into {table_name(table)} ({named})\nselect {named}\nfrom (\n{select_of(query)}\n) as answer"

    def record_statement(self) -> str:
        """The statement that tells from what they were made; its parameter is the run's id."""
        columns = ", ".join(column_names(self.state_columns))
        return (
            f"insert into {table_name(self.refreshed_table)} (run_id, {columns}, computed_at)\n"
            f"select cast(%s as varchar(250)), {columns}, getdate()\nfrom (\n{select_of(self.state_sql)}\n) as state"
        )

    def work(self, context: "Context") -> dict[str, Any]:
        """Replace them all.

        :return: the rows of each table, under `rows`, and the `seconds` that it took.
        :raises PermanentWarehouseError: what a retry cannot mend.
        :raises WarehouseError: what it may.
        """
        with self.session(context) as session:
            started = time.monotonic()
            with session.transaction(lock=self.lock_table):
                before = self._recorded(session)
                rows = {}
                for (table, columns), query in zip(self.tables.items(), self.sql, strict=True):
                    session.execute(f"delete from {table_name(table)}")
                    rows[table] = session.execute(self.insert_statement(table, columns, query))
                session.execute(f"delete from {table_name(self.refreshed_table)}")
                session.execute(self.record_statement(), (context["run_id"],))
                after = self._recorded(session)
        # Of the same state the answers are the same: whoever waits for other ones is not told. But for a try whose
        # predecessor has committed and not learnt of it.
        if [state for _, *state in before] == [state for _, *state in after] and before != after:
            self.outlets = []
        self._rows = rows
        return {"rows": rows, "seconds": round(time.monotonic() - started, 3)}

    def flow(self) -> Flow:
        """The tables, each with its query."""
        queries = zip(self.tables, self.sql, strict=True)
        return Flow(written=tuple(Written(table, self._rows.get(table), select_of(sql)) for table, sql in queries))

    def _recorded(self, session: Session) -> list[tuple[Any, ...]]:
        columns = ", ".join(column_names(self.state_columns))
        return session.fetch(f"select run_id, {columns} from {table_name(self.refreshed_table)}")
