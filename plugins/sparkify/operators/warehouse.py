"""What the operators share: a session named after the task, and for loads the audit table."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from sparkify.audit import LoadCounts, TaskRun, record
from sparkify.session import Session, open_session
from sparkify.window import Window

if TYPE_CHECKING:
    from airflow.sdk import Context


class WarehouseOperator(BaseSQLOperator):
    """Base of the operators; works with a `redshift` and with a `postgres` connection.

    :param conn_id: the warehouse's connection.
    """

    def __init__(self, *, conn_id: str = "redshift", **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, **kwargs)

    def session(self, context: "Context") -> AbstractContextManager[Session]:
        """Open the task's session; statements in it end no later than the task's own time-out."""
        run = self.task_run(context)
        return open_session(
            self.get_db_hook(),
            label=f"{run.dag_id}.{self.task_id} {run.run_id} try {run.try_number}",
            log=self.log,
            statement_timeout=self.execution_timeout,
        )

    @staticmethod
    def task_run(context: "Context") -> TaskRun:
        """Tell which try of which run this is."""
        task_instance = context["ti"]
        return TaskRun(task_instance.dag_id, task_instance.run_id, task_instance.try_number)


class AuditedOperator(WarehouseOperator):
    """Base of the operators that load.

    :param audit_table: table that gets a row per load, in the load's own transaction.
    """

    def __init__(self, *, audit_table: str = "load_audit", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.audit_table = audit_table

    def audit(self, session: Session, context: "Context", table: str, window: Window, counts: LoadCounts) -> None:
        """Append the counts to the audit table, which also logs them."""
        self.log.info("%s, window %s", table, window)
        record(session, self.audit_table, self.task_run(context), table, window, counts)
