"""The system tables' rows about a COPY, on a connection of their own: they survive a rollback (r_COPY)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from local.redshift import superuser
from local.redshift.config import Config
from local.redshift.copy.failures import LoadError


@dataclass(frozen=True)
class LoadedFile:
    """One object that a COPY read to its end."""

    url: str
    lines: int
    bytes: int
    errors: int


@dataclass
class Load:
    """What the journal says of one COPY."""

    query: int
    session: int
    user: str
    table: str
    table_id: int
    source: str


class Journal:
    """The superuser's connection to the tables behind the system views. A context manager."""

    def __init__(self, config: Config) -> None:
        self._connection = superuser.connect(config, purpose="journal", options=superuser.KEEPING)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def begin(
        self, *, query: int, session: int, user: str, table: str, table_id: int, source: str, file_format: str
    ) -> Load:
        """Record that a COPY has started, and return what says which one."""
        self._connection.execute(
            "insert into load_history "
            "(query_id, session_id, user_name, table_name, table_id, data_source, file_format) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            (query, session, user, table, table_id, source, file_format),
        )
        return Load(query, session, user, table, table_id, source)

    def add_errors(self, load: Load, errors: Iterable[LoadError]) -> None:
        """Record rows that failed."""
        rows: list[tuple[Any, ...]] = [
            (
                *(load.query, load.session, load.user, load.table_id),
                *(_kept(error.file), error.line, error.column, error.type, error.length, error.position),
                *(_kept(error.raw_line), _kept(error.raw_value), error.code, error.reason, error.start_offset),
            )
            for error in errors
        ]
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "insert into load_errors (query_id, session_id, user_name, table_id, file_name, line_number, "
                "column_name, column_type, column_length, position, raw_line, raw_field_value, error_code, "
                "error_message, start_offset) values (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
                rows,
            )

    def end(self, load: Load, *, status: str, rows: int, errors: int, files: list[LoadedFile]) -> None:
        """Record how a COPY ended: 'completed' or 'aborted'."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(
                "update load_history set status = %s, end_time = redshift_internal.utc_now(), loaded_rows = %s, "
                "error_count = %s, source_file_count = %s, source_file_bytes = %s where query_id = %s",
                (status, rows, errors, len(files), sum(file.bytes for file in files), load.query),
            )
            cursor.executemany(
                "insert into load_commits (query_id, session_id, user_name, file_name, lines_scanned, bytes_scanned, "
                "errors) values (%s, %s, %s, %s, %s, %s, %s)",
                [
                    (load.query, load.session, load.user, _kept(file.url), file.lines, file.bytes, file.errors)
                    for file in files
                ],
            )


def _kept(text: str) -> str:
    """Return as much of a text as the system tables keep, without what PostgreSQL cannot hold."""
    clean = text[:1024].replace("\0", "?").encode("utf-8", "replace")
    return clean[:1024].decode(errors="ignore")
