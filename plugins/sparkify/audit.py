"""`load_audit`: what each run did to each table, written in the load's own transaction."""

from dataclasses import asdict, dataclass
from typing import Any

from sparkify.identifiers import table_name
from sparkify.session import Session
from sparkify.window import Window


@dataclass(frozen=True)
class LoadCounts:
    """What one load did.

    :ivar outcome: `loaded`, `unchanged` (the source was as before, or a window loaded again has the same rows),
        `no_file` or `no_rows` (an empty window).
    :ivar files: objects that were read.
    :ivar rows_staged: rows staged, inside the window.
    :ivar rows_misfiled: rows whose time lies outside the period that their file is named for.
    :ivar rows_inserted: rows inserted, after deletion of the window's rows where the load replaces.
    :ivar rows_updated: rows changed in place.
    :ivar rows_deleted: rows deleted.
    :ivar seconds: from the transaction's begin to its last statement.
    """

    outcome: str
    files: int = 0
    rows_staged: int = 0
    rows_misfiled: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether the table holds other rows than before."""
        touched = self.rows_staged or self.rows_inserted or self.rows_updated or self.rows_deleted
        return bool(touched) and self.outcome != "unchanged"

    def as_xcom(self) -> dict[str, Any]:
        """The counts as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class TaskRun:
    """Which try of which run writes."""

    dag_id: str
    run_id: str
    try_number: int


def record(session: Session, audit_table: str, run: TaskRun, table: str, window: Window, counts: LoadCounts) -> None:
    """Append the load's row. To be the transaction's last statement: then it holds the table's lock shortest."""
    session.execute(
        f"insert into {table_name(audit_table)} (dag_id, run_id, try_number, table_name, window_start, window_end,"
        " outcome, files, rows_staged, rows_misfiled, rows_inserted, rows_updated, rows_deleted, seconds, loaded_at,"
        " began_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, getdate(), sysdate)",
        (
            run.dag_id,
            run.run_id,
            run.try_number,
            table,
            *window.bounds,
            counts.outcome,
            counts.files,
            counts.rows_staged,
            counts.rows_misfiled,
            counts.rows_inserted,
            counts.rows_updated,
            counts.rows_deleted,
            counts.seconds,
        ),
        logged_as=f"insert into {audit_table}: {counts}",
    )


def changed_since_staged(session: Session, audit_table: str, run: TaskRun, table: str, window: Window) -> bool:
    """Tell whether a try of the run has changed the table since the run last staged.

    Asked by a later try: that one may have committed and nobody learnt of it, for the answer to COMMIT was lost or its
    task died. A run that is cleared from its staging on has told of what it had changed before.
    """
    [(staged, changed)] = session.fetch(
        "select\n"
        "    max(case when strpos(table_name, 'staging.') = 1 then coalesce(began_at, loaded_at) end),\n"
        "    max(\n"
        "        case\n"
        "            when\n"
        "                table_name = %s\n"
        "                and outcome <> 'unchanged'\n"
        "                and rows_inserted + rows_updated + rows_deleted > 0\n"
        "                then coalesce(began_at, loaded_at)\n"
        "        end\n"
        "    )\n"
        f"from {table_name(audit_table)}\n"
        "where window_start = %s and window_end = %s and dag_id = %s and run_id = %s",
        (table, *window.bounds, run.dag_id, run.run_id),
    )
    return changed is not None and (staged is None or changed > staged)


def staged_later(session: Session, audit_table: str, run: TaskRun, staged_as: str, window: Window) -> bool:
    """Tell whether another run has staged some of the window later than this one: has begun when this one had ended.

    Of two that staged at the same time nobody can tell who has read which file first.

    :param staged_as: the name by which stagings of both are recorded.
    """
    start, end = window.bounds
    return bool(
        session.value(
            f"with staged as (\n{_latest(audit_table)}\n)\n\n"
            "select count(*)\n"
            "from staged as own\n"
            "inner join staged as later on own.ended_at <= later.began_at\n"
            "where own.dag_id = %s and own.run_id = %s",
            (end, start, staged_as, run.dag_id, run.run_id),
        )
    )


@dataclass(frozen=True)
class NewerLoad:
    """What another run has loaded from rows that it staged later.

    :ivar run: its DAG and run, for a message. :ivar window: the time that it has in common with this run's window.
    """

    run: str
    window: Window


def loaded_from_later(
    session: Session, audit_table: str, run: TaskRun, table: str, staged_as: str, window: Window
) -> list[NewerLoad]:
    """Tell who has loaded some of the window into the table from what was staged later than this run's rows.

    By a retry, or when a task is cleared, this run's rows may be older than those that are there. To be asked under the
    table's lock, and only where :func:`staged_later` is true: under serializable isolation transactions that read this
    table and write to it, as every load does, abort each other.

    :param staged_as: the name by which stagings of both are recorded.
    """
    start, end = window.bounds
    found = session.fetch(
        f"with staged as (\n{_latest(audit_table)}\n),\n\nloaded as (\n{_latest(audit_table)}\n)\n\n"
        "select later.dag_id, later.run_id, later.window_start, later.window_end\n"
        "from staged as own\n"
        "inner join staged as later on own.ended_at <= later.began_at\n"
        "inner join loaded\n"
        "    on\n"
        "        later.dag_id = loaded.dag_id\n"
        "        and later.run_id = loaded.run_id\n"
        "        and later.began_at < loaded.began_at\n"
        "where own.dag_id = %s and own.run_id = %s\n"
        "order by later.began_at desc",
        (end, start, staged_as, end, start, table, run.dag_id, run.run_id),
    )
    return [
        NewerLoad(f"{dag_id} {run_id}", Window.of_bounds(*bounds).within(window)) for dag_id, run_id, *bounds in found
    ]


def _latest(audit_table: str) -> str:
    """When each run's last transaction that wrote a table began and ended, of windows with time in common with another.

    Its parameters are that window's end, its start, and the table.
    """
    return (
        "    select\n"
        "        dag_id,\n"
        "        run_id,\n"
        "        min(window_start) as window_start,\n"
        "        max(window_end) as window_end,\n"
        "        max(coalesce(began_at, loaded_at)) as began_at,\n"
        "        max(\n"
        "            dateadd(ms, cast(ceil(seconds * 1000) as integer), coalesce(began_at, loaded_at))\n"
        "        ) as ended_at\n"
        f"    from {table_name(audit_table)}\n"
        "    where window_start < %s and window_end > %s and table_name = %s\n"
        "    group by dag_id, run_id"
    )
