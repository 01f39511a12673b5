"""One UNLOAD from beginning to end (Developer Guide: r_UNLOAD)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local.redshift.copy.load import assume_role, source_error
from local.redshift.copy.objects import SourceError, parse_url, patiently, service_error
from local.redshift.errors import UnsupportedError
from local.redshift.session.frontdesk import FrontDesk
from local.redshift.unload.files import Files
from local.redshift.unload.journal import UnloadJournal
from local.redshift.unload.request import UnloadRequest
from local.redshift.unload.rows import KNOWN, SUPER, Lines
from local.redshift.wire.messages import ResultColumn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CURSOR = '"redshift unload"'
# Rows that are fetched together: few enough that wide ones fit into the memory.
_ROWS = 1000
_S3_ERRORS = (ClientError, BotoCoreError, OSError)


def unload(statement: UnloadRequest, desk: FrontDesk) -> None:
    """Write a query's rows to S3, in the client's session and transaction.

    Raises RedshiftError for what Redshift refuses, BackendError for what PostgreSQL does. A failed UNLOAD leaves no
    file; one that succeeds shows them when all are complete, whatever then becomes of the transaction.
    """
    with closing(
        UnloadJournal(desk.config, statement, query=desk.query, session=desk.process, user=desk.user)
    ) as journal:
        try:
            files = _Work(statement, desk).run()
        except BaseException as error:
            journal.abort(str(error))
            if isinstance(error, SourceError):
                raise source_error(error, desk.query, desk.process) from error
            raise
        journal.complete(files.rows, files.written)
        desk.notify("INFO", f"UNLOAD completed, {files.rows} record(s) unloaded successfully.")


class _Work:
    """The state of one running UNLOAD."""

    def __init__(self, statement: UnloadRequest, desk: FrontDesk) -> None:
        self._statement = statement
        self._desk = desk
        self._options = statement.options
        self._bucket, self._prefix = parse_url(statement.prefix)

    def run(self) -> Files:
        """Check the place, write the files, then show them; return what they are."""
        desk, options = self._desk, self._options
        region = options.access.region
        if region and region != desk.config.s3.region:
            raise SourceError(f"stand-in: there is no region {region} here, only {desk.config.s3.region}")
        client = assume_role(options.access, desk.config, desk.user)
        present = patiently(lambda: self._present(client), desk.breathe)
        if present and not (options.allow_overwrite or options.clean_path):
            # Observed in users' reports.
            raise SourceError(
                "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
                "removing the target files in S3, or using the ALLOWOVERWRITE option."
            )
        desk.remember("redshift.last_unload_id", desk.query)
        desk.remember("redshift.last_unload_count", 0)
        with self._transaction():
            files, lines = self._write(client)
        try:
            self._publish(client, files, lines, present)
        except _S3_ERRORS as error:
            raise service_error(error, f"S3 key being written : {self._statement.prefix}") from error
        finally:
            with contextlib.suppress(*_S3_ERRORS):
                files.discard()
        desk.remember("redshift.last_unload_count", files.rows)
        return files

    def _present(self, client: S3Client) -> list[str]:
        found: list[str] = []
        try:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix):
                found += [item["Key"] for item in page.get("Contents", [])]
        except _S3_ERRORS as error:
            raise service_error(error, f"Listing bucket={self._bucket} prefix={self._prefix}") from error
        return found

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Read in the client's transaction, or in one of the statement's own."""
        own = not self._desk.in_transaction
        if own:
            self._desk.ask("begin")
        try:
            yield
        except BaseException:
            if own:
                # A connection that is gone has no transaction any more.
                with contextlib.suppress(Exception):
                    self._desk.ask("rollback")
            raise
        if own:
            self._desk.ask("commit")

    def _write(self, client: S3Client) -> tuple[Files, Lines]:
        desk = self._desk
        ((style,),) = desk.ask("show datestyle")
        if not (style or "").startswith("ISO"):
            raise UnsupportedError(f"UNLOAD with the date style {style} is not supported, only with ISO")
        desk.ask(f"declare {_CURSOR} no scroll cursor for {self._statement.query}")
        rows = desk.ask(f"fetch forward {_ROWS} from {_CURSOR}")
        lines = Lines(self._typed(desk.columns), self._options)
        files = Files(client, self._bucket, self._prefix, self._options, lines.header)
        try:
            while rows:
                for row in rows:
                    files.write(lines.make(row))
                desk.breathe()
                rows = desk.ask(f"fetch forward {_ROWS} from {_CURSOR}")
            files.finish()
            desk.ask(f"close {_CURSOR}")
        except BaseException as error:
            with contextlib.suppress(*_S3_ERRORS):
                files.discard()
            if isinstance(error, _S3_ERRORS):
                raise service_error(error, f"S3 key being written : {self._statement.prefix}") from error
            raise
        return files, lines

    def _typed(self, columns: list[ResultColumn]) -> list[ResultColumn]:
        """Return the columns with SUPER's own number; UnsupportedError for a type that UNLOAD does not know here."""
        unknown = {column.type for column in columns} - KNOWN
        if not unknown:
            return columns
        asked = ", ".join(map(str, unknown))
        found = self._desk.ask(f"select oid::int8, typname from pg_catalog.pg_type where oid in ({asked})")
        names = {int(number or 0): name for number, name in found}
        for column in columns:
            if column.type in unknown and names.get(column.type) != "super":
                kind = names.get(column.type)
                raise UnsupportedError(f'UNLOAD of column "{column.name}" is not supported: its type is {kind}')
        return [replace(column, type=SUPER) if column.type in unknown else column for column in columns]

    def _publish(self, client: S3Client, files: Files, lines: Lines, present: list[str]) -> None:
        if self._options.clean_path:
            for start in range(0, len(present), 1000):
                keys = [{"Key": key} for key in present[start : start + 1000]]
                client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
        for file in files.written:
            file.publish()
        # Without rows there are no files, and nothing to list.
        if self._options.manifest and files.written:
            manifest = json.dumps(self._manifest(files, lines), ensure_ascii=False, indent=2)
            client.put_object(Bucket=self._bucket, Key=f"{self._prefix}manifest", Body=manifest.encode())

    def _manifest(self, files: Files, lines: Lines) -> dict[str, object]:
        if not self._options.verbose:
            return {"entries": [{"url": file.url} for file in files.written]}
        return {
            "entries": [
                {"url": file.url, "meta": {"content_length": file.size, "record_count": file.lines}}
                for file in files.written
            ],
            "schema": {"elements": lines.schema()},
            "meta": {
                "content_length": sum(file.size for file in files.written),
                "record_count": sum(file.lines for file in files.written),
            },
            "author": {"name": "Amazon Redshift", "version": "1.0.0"},
        }
