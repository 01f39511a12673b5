"""Why a COPY failed: the warehouse's load-error views, read on a connection of their own."""

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from sparkify.failures import PermanentWarehouseError, WarehouseError
from sparkify.session import Session, open_session

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.sdk.types import Logger

_HAS_LOAD_ERRORS = re.compile(r"stl_load_errors|sys_load_error_detail")
_POLL_SECONDS = (0.0, 0.5, 1.0, 2.0)

# stl_load_errors first, since it alone has the raw value. It knows neither serverless nor concurrency scaling
# clusters, so where it has nothing the sys_ view is asked. Columns are blank padded in both.
_QUERIES = (
    """
    select trim(filename), line_number, trim(colname), trim(type), trim(raw_field_value), err_code, trim(err_reason)
    from stl_load_errors
    where session = {pid} and starttime >= dateadd(second, -{age}, getdate())
    order by starttime, line_number
    limit 5
    """,
    """
    select trim(file_name), line_number, trim(column_name), trim(column_type), '', error_code, trim(error_message)
    from sys_load_error_detail
    where session_id = {pid} and start_time >= dateadd(second, -{age}, getdate())
    order by start_time, line_number
    limit 5
    """,
)


class LoadError(AirflowFailException):
    """COPY refused the data or could not read it; the message names file, line, column, value and reason."""


@dataclass(frozen=True)
class RejectedField:
    """One row of the load-error view."""

    file: str
    line: int
    column: str
    type: str
    value: str
    code: int
    reason: str

    def __str__(self) -> str:
        column = f", column {self.column} ({self.type})" if self.column else ""
        value = f", value {self.value!r}" if self.value else ""
        return f"{self.file} line {self.line}{column}{value}: {self.reason} (code {self.code})"


def explain(
    hook: "DbApiHook", failed: Session, error: PermanentWarehouseError, *, table: str, log: "Logger"
) -> LoadError:
    """Return the error to raise for a COPY that failed for good.

    The failed transaction can be asked nothing any more, so the views are read on a second connection, by
    the failed one's backend pid and start; for a few seconds, as they are filled after the fact.
    """
    if not _HAS_LOAD_ERRORS.search(str(error)):
        return LoadError(f"COPY into {table} failed: {error}")
    rejected: list[RejectedField] = []
    try:
        with open_session(hook, label="load_errors", log=log) as session:
            for wait in _POLL_SECONDS:
                time.sleep(wait)
                if rejected := _read(session, failed, log):
                    break
    except (PermanentWarehouseError, WarehouseError) as unreadable:
        # The data is bad all the same: this must not become an error that is worth a retry.
        log.warning("The load-error views cannot be read: %s", unreadable)
    if not rejected:
        return LoadError(f"COPY into {table} failed, and the load-error views tell nothing of it: {error}")
    reasons = "\n".join(f"  {field}" for field in rejected)
    return LoadError(
        f"COPY into {table} failed; nothing was loaded.\n{reasons}\n"
        "Mend the file (or the table, or the jsonpaths) and clear this task with its downstream tasks."
    )


def _read(session: Session, failed: Session, log: "Logger") -> list[RejectedField]:
    for query in _QUERIES:
        try:
            rows = session.fetch(query.format(pid=failed.backend_pid, age=int(failed.age) + 1))
        except PermanentWarehouseError as missing:
            log.info("Not readable here: %s", missing)
            continue
        if rows:
            return [RejectedField(*row) for row in rows]
    return []
