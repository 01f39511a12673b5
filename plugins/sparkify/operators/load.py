"""What loading a fact and loading a dimension have in common."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from sparkify.audit import LoadCounts, NewerLoad, TaskRun, changed_since_staged, loaded_from_later, staged_later
from sparkify.identifiers import staged_like
from sparkify.lineage.flow import Flow, Written
from sparkify.operators.warehouse import AuditedOperator
from sparkify.session import Session
from sparkify.sql_files import select_of
from sparkify.staging_gone import telling_what_to_clear
from sparkify.window import Window

if TYPE_CHECKING:
    from airflow.sdk import Context


class LoadOperator(AuditedOperator):
    """Base of the operators that fill a table from one SELECT.

    :param table: target (templated).
    :param sql: one SELECT, or a .sql file with one (templated).
    :param lock_table: empty companion table that every writer of `table` locks first.
    :param window_start: start of the run's window, ISO 8601, UTC if without a zone (templated).
    :param window_end: its end, not in it (templated).
    :param staging: the run's own staging table that the SELECT reads, if one (templated); if it is gone, the
        error says which task brings it back. Of two runs with time in common the one that staged last holds, in
        whatever order they load.
    :param staged_by: the task that makes it.
    """

    template_fields: Sequence[str] = (
        *BaseSQLOperator.template_fields,
        "table",
        "sql",
        "window_start",
        "window_end",
        "staging",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql"}  # noqa: RUF012  (Airflow's own attribute)

    def __init__(
        self,
        *,
        table: str,
        sql: str,
        lock_table: str,
        window_start: str,
        window_end: str,
        staging: str | None = None,
        staged_by: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.sql = sql
        self.lock_table = lock_table
        self.window_start = window_start
        self.window_end = window_end
        self.staging = staging
        self.staged_by = staged_by
        # In this process; Airflow counts those in others.
        self._tries = 0

    @property
    def query(self) -> str:
        """The SELECT, fit to stand in parentheses."""
        return select_of(self.sql)

    def work(self, context: "Context") -> dict[str, Any]:
        """Load in one transaction, which locks first and records itself last.

        :return: the counts of :class:`sparkify.audit.LoadCounts`.
        :raises PermanentWarehouseError: what a retry cannot mend; StagingGoneError, StagingOutOfDateError too.
        :raises WarehouseError: what it may.
        """
        window = Window.parse(self.window_start, self.window_end)
        run = self.task_run(context)
        self._tries += 1
        with self.session(context) as session, telling_what_to_clear(self.staging, self.staged_by):
            if self.is_current(session):
                counts = LoadCounts("unchanged")
                changed_before = self._changed_before(session, run, window, counts)
                self.audit(session, context, self.table, window, counts)
                return self.finish(context, window, counts, changed_before=changed_before)
            overtaken = self._overtaken(session, run, window)
            started = time.monotonic()
            with session.transaction(lock=self.lock_table):
                newer = self._newer(session, run, window) if overtaken else []
                counts = replace(self.load(session, window, newer), seconds=time.monotonic() - started)
                self.audit(session, context, self.table, window, counts)
            changed_before = self._changed_before(session, run, window, counts)
        return self.finish(context, window, counts, changed_before=changed_before)

    def _overtaken(self, session: Session, run: TaskRun, window: Window) -> bool:
        """Tell whether another run has staged some of the window later; one that does so from now on loads later, too.

        Locks are given in the order in which they are asked for, and this run is about to ask.
        """
        if self.staging is None:
            return False
        return staged_later(session, self.audit_table, run, staged_like(self.staging), window)

    def _newer(self, session: Session, run: TaskRun, window: Window) -> list[NewerLoad]:
        staged_as = staged_like(str(self.staging))
        return loaded_from_later(session, self.audit_table, run, self.table, staged_as, window)

    def _changed_before(self, session: Session, run: TaskRun, window: Window, counts: LoadCounts) -> bool:
        """Tell whether an earlier try has changed the table, and perhaps could not tell, where this one does not."""
        # A run's first try is spared the question.
        if counts.changed or (self._tries == 1 and run.try_number == 1):
            return False
        return changed_since_staged(session, self.audit_table, run, self.table, window)

    def is_current(self, session: Session) -> bool:  # noqa: ARG002
        """Tell, without a lock, that the table cannot be changed by this load; False where that is not known."""
        return False

    def flow(self) -> Flow:
        """What the SELECT reads, and the table."""
        counts = self._counts
        rows = counts.rows_inserted + counts.rows_updated if counts else None
        return Flow(written=(Written(self.table, rows, self.query),))

    def load(self, session: Session, window: Window, newer: Sequence[NewerLoad]) -> LoadCounts:
        """Change the table, each subclass in its way, within the open transaction.

        :param newer: what others have loaded from rows that they staged later, the latest first; not to be changed.
        """
        raise NotImplementedError
