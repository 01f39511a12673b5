"""Drop staging tables: a run's own at its end, and those that failed runs have left, by age."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from sparkify.audit import TaskRun
from sparkify.identifiers import run_digest, table_name
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.session import Session
from sparkify.window import parse_utc

if TYPE_CHECKING:
    from airflow.sdk import Context

_UNFINISHED = ["queued", "running"]


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
        dropped: list[str] = []
        kept: dict[str, list[str]] = {"young": [], "going_on": [], "unknown": []}
        with self.session(context) as session:
            if tables := self._tables(session):
                runs = self._runs(session)
                for table in tables:
                    if table not in runs:
                        kept["unknown"].append(table)
                        continue
                    run, last = runs[table]
                    if last >= limit:
                        kept["young"].append(table)
                    elif context["ti"].get_dr_count(run.dag_id, run_ids=[run.run_id], states=_UNFINISHED):
                        kept["going_on"].append(table)
                    else:
                        session.execute(f"drop table if exists {table_name(table)}")
                        self.log.info("Dropped %s of run %s of %s, last active %s", table, run.run_id, run.dag_id, last)
                        dropped.append(table)
        if kept["unknown"]:
            self.log.warning("No run of ours is known to have made %s: left alone", ", ".join(kept["unknown"]))
        self.log.info("Dropped %s tables; kept %s", len(dropped), {why: len(names) for why, names in kept.items()})
        return {"dropped": dropped, **kept}

    def _tables(self, session: Session) -> list[str]:
        schema, _, name = table_name(self.template).rpartition(".")
        rows = session.fetch(
            "select table_name from information_schema.tables where table_schema = %s", (schema or "public",)
        )
        prefix, digits = f"{name}_", len(run_digest(TaskRun("", "", 0)))
        found = (str(found) for (found,) in rows)
        return sorted(
            f"{schema}.{found}" if schema else found
            for found in found
            if found.startswith(prefix) and len(found) == len(prefix) + digits
        )

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
    :raises ValueError: if `keep_days` is no number of days above zero.
    """
    days = float(keep_days)
    if days <= 0:
        raise ValueError(f"keep_days {keep_days!r} is not above zero: what is running now would go")
    return parse_utc(before) - timedelta(days=days)
