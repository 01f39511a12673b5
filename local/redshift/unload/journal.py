"""The system tables' rows about an UNLOAD, on a connection of their own: they survive a rollback."""

from __future__ import annotations

from collections.abc import Sequence

from local.redshift import superuser
from local.redshift.config import Config
from local.redshift.unload.files import File
from local.redshift.unload.request import UnloadRequest

# As SYS_UNLOAD_HISTORY's page writes the text format.
_FORMATS = {"text": "Text", "csv": "CSV", "json": "JSON"}


class UnloadJournal:
    """What is recorded of one UNLOAD, from its beginning to its end.

    :param query: its query id. :param session: its session's process id. :param user: the client's login name.
    """

    def __init__(self, config: Config, statement: UnloadRequest, *, query: int, session: int, user: str) -> None:
        self._query = query
        self._connection = superuser.connect(config, purpose="journal", options=superuser.KEEPING)
        options = statement.options
        self._connection.execute(
            "insert into unload_history (query_id, session_id, user_name, location, file_format, compression) "
            "values (%s, %s, %s, %s, %s, %s)",
            (query, session, user, statement.prefix, _FORMATS[options.format], options.compression or ""),
        )

    def complete(self, rows: int, files: Sequence[File]) -> None:
        """Record what has been written."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(
                "insert into unload_files (query_id, path, line_count, transfer_size) values (%s, %s, %s, %s)",
                [(self._query, file.url, file.lines, file.size) for file in files],
            )
            self._end("completed", rows, None)

    def abort(self, reason: str) -> None:
        """Record that it failed, and why."""
        self._end("aborted", 0, reason)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _end(self, status: str, rows: int, error: str | None) -> None:
        self._connection.execute(
            "update unload_history set status = %s, end_time = utc_now(), unloaded_rows = %s, error_message = %s "
            "where query_id = %s",
            (status, rows, error, self._query),
        )
