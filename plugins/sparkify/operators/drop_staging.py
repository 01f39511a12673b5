"""Drop staging tables: a run's own at its end, and those that failed runs have left, by age."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator
from airflow.sdk.exceptions import AirflowFailException

from sparkify.audit import TaskRun
from sparkify.identifiers import RUN_DIGEST, run_digest, table_name
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.session import Session
from sparkify.window import parse_utc

if TYPE_CHECKING:
    from airflow.sdk import Context

_UNFINISHED = ["queued", "running"]


class RetentionError(AirflowFailException):
    """It cannot be told since when things are to be kept."""


class DropStagingOperator(WarehouseOperator):
    """Drop a run's own staging table; one that is not there is no error.

    :param table: the table (templated).
    """

    template_fields: Sequence[str] = (*BaseSQLOperator.template_fields, "table")
    ui_color = "#e8e8e8"

    def __init__(self, *, table: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = table

    def work(self, context: "Context") -> None:
        """Drop it.

        :raises WarehouseError: what a retry may mend.
        """
        with self.session(context) as session:
            session.execute(f"drop table if exists {table_name(self.table)}")


class DropOldStagingOperator(WarehouseOperator):
    """Drop the staging tables of runs that have recorded nothing for a while and are not going on.

    A table belongs to a run if it is named after the template and the digest of a run that `audit_table` knows; any
    other stays, whatever its name, and is reported. So does that of a run which Airflow has queued or running, however
    old. Run twice, the second run finds nothing.

    :param template: the table after which staging tables are named, `staging.events` say.
    :param keep_days: for how many days after its last record a run's table stays (templated).
    :param before: the moment that the days are counted back from, ISO 8601 (templated).
    :param audit_table: the table in which loads record themselves.
    """

    template_fields: Sequence[str] = (*BaseSQLOperator.template_fields, "keep_days", "before")
    ui_color = "#e8e8e8"

    def __init__(
        self, *, template: str, keep_days: str, before: str, audit_table: str = "load_audit", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.template = template
        self.keep_days = keep_days
        self.before = before
        self.audit_table = audit_table

    def work(self, context: "Context") -> dict[str, list[str]]:
        """Drop them.

        :return: the names dropped, and those kept because the run is young, goes on, or is unknown.
        :raises WarehouseError: what a retry may mend.
        """
        limit = last_moment(self.before, self.keep_days).replace(tzinfo=None)
        tables: dict[str, list[str]] = {"dropped": [], "young": [], "going_on": [], "unknown": []}
        with self.session(context) as session:
            found = self._tables(session)
            runs = self._runs(session) if found else {}
            for table in found:
                run, last = runs.get(table, (None, limit))
                if run is None:
                    fate = "unknown"
                elif last >= limit:
                    fate = "young"
                elif context["ti"].get_dr_count(run.dag_id, run_ids=[run.run_id], states=_UNFINISHED):
                    fate = "going_on"
                else:
                    fate = "dropped"
                    session.execute(f"drop table if exists {table_name(table)}")
                    self.log.info("Dropped %s of run %s of %s, last active %s", table, run.run_id, run.dag_id, last)
                tables[fate].append(table)
        if tables["unknown"]:
            self.log.warning("No run of ours is known to have made %s: left alone", ", ".join(tables["unknown"]))
        self.log.info("Staging tables: %s", {fate: len(names) for fate, names in tables.items()})
        return tables

    def _tables(self, session: Session) -> list[str]:
        """Return the tables that are named after the template and a digest, by name."""
        schema, _, name = table_name(self.template).rpartition(".")
        rows = session.fetch(
            "select table_name from information_schema.tables where table_schema = %s", (schema or "public",)
        )
        named = re.compile(f"{name}_{RUN_DIGEST.pattern}")
        return sorted(f"{schema}.{found}" if schema else found for (found,) in rows if named.fullmatch(found))

    def _runs(self, session: Session) -> dict[str, tuple[TaskRun, datetime]]:
        """Return for each staging table that a run may have made, the run and its last record."""
        rows = session.fetch(
            f"select dag_id, run_id, max(loaded_at) from {table_name(self.audit_table)} group by dag_id, run_id"
        )
        runs = ((TaskRun(str(dag_id), str(run_id), 0), last) for dag_id, run_id, last in rows)
        return {f"{self.template}_{run_digest(run)}": (run, last) for run, last in runs}


def last_moment(before: str, keep_days: str) -> datetime:
    """Return the moment since which things are kept.

    :raises WindowError: if `before` is no time.
    :raises RetentionError: if `keep_days` is no number of days above zero.
    """
    try:
        kept = timedelta(days=float(keep_days))
        if kept > timedelta():
            return parse_utc(before) - kept
    except (ValueError, OverflowError) as error:
        raise RetentionError(f"keep_days {keep_days!r} is no number of days") from error
    raise RetentionError(f"keep_days {keep_days!r} is not above zero: what is running now would go")
