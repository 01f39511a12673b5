"""Let a run that answers questions go on only if it is the one to do it, and only once loads are through."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from sparkify.identifiers import column_names, table_name
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.sql_files import select_of

if TYPE_CHECKING:
    from airflow.sdk import Context


class DecideRefreshOperator(WarehouseOperator):
    """Go on, wait, or end the run here, so that many loads in a row lead to few computations, and the last to one.

    Airflow makes no asset-triggered run of a DAG with `max_active_runs=1` while one is queued or running; the events
    that come meanwhile lead to one further run after it. So at most one run waits, however many loads there are, and
    it sees whatever was loaded before it computes. In this order:

    - A run that somebody triggers by hand goes on.
    - A run after which another of its DAG is queued ends: that one computes, from a state at least as new.
    - A run waits while `loads_dag_id` has runs that are queued or running, `longest_wait` at most. It is rescheduled
      meanwhile and holds no worker.
    - A run ends if the warehouse is as `refreshed_table` says it was: another run has computed from what this run's
      events tell of.
    - All others go on.

    A run ends by being skipped, with what follows; XCom `decision` and the log say why.

    :param loads_dag_id: the DAG whose runs load what is computed from.
    :param state_sql: a SELECT of one row that says what would be computed from, or a .sql file with one (templated).
    :param state_columns: its columns.
    :param refreshed_table: keeps the same columns of the last computation.
    :param check_again: how long to wait before looking again.
    :param longest_wait: how long a run waits in all, from its start.
    """

    template_fields: Sequence[str] = (*BaseSQLOperator.template_fields, "state_sql")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"state_sql": "sql"}  # noqa: RUF012  (Airflow's own attribute)
    ui_color = "#e8e8e8"

    def __init__(
        self,
        *,
        loads_dag_id: str,
        state_sql: str,
        state_columns: Sequence[str],
        refreshed_table: str,
        check_again: timedelta = timedelta(seconds=10),
        longest_wait: timedelta = timedelta(minutes=10),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.loads_dag_id = loads_dag_id
        self.state_sql = state_sql
        self.state_columns = state_columns
        self.refreshed_table = refreshed_table
        self.check_again = check_again
        self.longest_wait = longest_wait

    def work(self, context: "Context") -> str:
        """Decide.

        :return: `by_hand`, `waited_long` or `refresh`, if the run goes on.
        :raises AirflowSkipException: if it ends here.
        :raises AirflowRescheduleException: if it waits.
        :raises PermanentWarehouseError: what a retry cannot mend.
        :raises WarehouseError: what it may.
        """
        run, task_instance = context["dag_run"], context["ti"]
        if run.run_type == "manual":
            return self._decide(context, "by_hand", "triggered by hand")
        if queued := task_instance.get_dr_count(dag_id=run.dag_id, states=["queued"]):
            self._decide(context, "superseded", f"{queued} newer run(s) of {run.dag_id} are queued and will compute")
            raise AirflowSkipException("superseded by a newer run")
        decision = "refresh"
        if loading := task_instance.get_dr_count(dag_id=self.loads_dag_id, states=["queued", "running"]):
            now = datetime.now(UTC)
            if now - (run.start_date or run.run_after) < self.longest_wait:
                self.log.info("%s runs of %s are queued or running: waiting", loading, self.loads_dag_id)
                raise AirflowRescheduleException(now + self.check_again)
            decision = "waited_long"
        if self._computed_from_this_state(context):
            self._decide(context, "unchanged", f"nothing was loaded since {self.refreshed_table} was written")
            raise AirflowSkipException("computed already")
        return self._decide(context, decision, "the warehouse holds what no run has computed from")

    def _decide(self, context: "Context", decision: str, why: str) -> str:
        self.log.info("%s: %s", decision, why)
        context["ti"].xcom_push(key="decision", value=decision)
        return decision

    def _computed_from_this_state(self, context: "Context") -> bool:
        columns = ", ".join(column_names(self.state_columns))
        with self.session(context) as session:
            state = session.fetch(f"select {columns}\nfrom (\n{select_of(self.state_sql)}\n) as state")
            return session.fetch(f"select {columns} from {table_name(self.refreshed_table)}") == state
