"""What the operators share: a session named after the task, quick retries, an end on demand, and the audit table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from sparkify.assets import tell_change
from sparkify.audit import LoadCounts, TaskRun, record
from sparkify.cancelling import end_session
from sparkify.failures import WarehouseError
from sparkify.lineage.flow import Flow
from sparkify.quick_retries import retrying
from sparkify.session import Session, open_session
from sparkify.window import Window

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


class WarehouseOperator(BaseSQLOperator):
    """Base of the operators; works with a `redshift` and with a `postgres` connection.

    To reach Redshift itself, a `postgres` connection needs `{"client_encoding": "utf8", "prepare_threshold": null}` in
    its extra: psycopg knows neither Redshift's name of the encoding, nor that it lacks DEALLOCATE ALL (psycopg/psycopg
    issue 122).

    :param conn_id: the warehouse's connection.
    """

    def __init__(self, *, conn_id: str = "redshift", **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self._session: Session | None = None
        self._ended = False

    def execute(self, context: "Context") -> Any:
        """Do the work, quickly again where it met a conflict or lost its connection.

        :return: what :meth:`work` returns.
        :raises PermanentWarehouseError: what a retry cannot mend.
        :raises WarehouseError: what it may; Airflow retries.
        """
        return retrying(lambda: self.work(context), log=self.log, wanted=lambda: not self._ended)

    def work(self, context: "Context") -> Any:
        """Do what the operator is for, in sessions of its own; idempotent."""
        raise NotImplementedError

    @contextmanager
    def session(self, context: "Context") -> Iterator[Session]:
        """Open the task's session; statements in it end no later than the task's own time-out."""
        run = self.task_run(context)
        with open_session(
            self.get_db_hook(),
            label=f"{run.dag_id}.{self.task_id} {run.run_id} try {run.try_number}",
            log=self.log,
            statement_timeout=self.execution_timeout,
        ) as session:
            self._session = session
            try:
                # Only now: whoever tells the task to end while it connects finds no session to end.
                if self._ended:
                    raise WarehouseError("the task was told to end", soon=False)  # noqa: TRY301
                yield session
            except Exception:
                raise
            except BaseException:
                # Time's up, in the middle of a statement. Airflow calls on_kill only when the connection is closed
                # by our own doing, and the pid may be another's.
                self.on_kill()
                raise
            finally:
                self._session = None

    def on_kill(self) -> None:
        """End what runs in the warehouse; Airflow calls this when the task is marked, cleared or stopped."""
        self._ended = True
        session, self._session = self._session, None
        if session:
            end_session(self.get_db_hook(), session, self.log)

    def flow(self) -> Flow:
        """Tell what the task reads and writes; with counts, once it has."""
        return Flow()

    def get_openlineage_facets_on_start(self) -> "OperatorLineage[Any, Any]":
        """Name what will be read and written; OpenLineage's provider calls this, if it is switched on."""
        return self._lineage(with_columns=False)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> "OperatorLineage[Any, Any]":  # noqa: ARG002
        """Tell what was read and written, with columns and counts."""
        return self._lineage(with_columns=True)

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> "OperatorLineage[Any, Any]":  # noqa: ARG002
        """Tell what is known; the warehouse is not asked, as it may be the reason."""
        return self._lineage(with_columns=False)

    def _lineage(self, *, with_columns: bool) -> "OperatorLineage[Any, Any]":
        from sparkify.lineage.events import describe

        return describe(self.flow(), self.get_db_hook(), self.log, with_columns=with_columns)

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
        self._counts: LoadCounts | None = None

    def audit(self, session: Session, context: "Context", table: str, window: Window, counts: LoadCounts) -> None:
        """Append the counts to the audit table, which also logs them."""
        self.log.info("%s, window %s", table, window)
        record(session, self.audit_table, self.task_run(context), table, window, counts)

    def finish(
        self, context: "Context", window: Window, counts: LoadCounts, *, changed_before: bool = False
    ) -> dict[str, Any]:
        """Tell Airflow what the load did, once it is committed.

        :param changed_before: whether an earlier try has changed rows and perhaps could not tell.
        :return: the counts as the task's result.
        """
        self._counts = counts
        tell_change(self, context, window, counts, changed_before=changed_before)
        return counts.as_xcom()
