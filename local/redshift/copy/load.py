"""One COPY from beginning to end (Developer Guide: r_COPY)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.redshift.config import Config
from local.redshift.copy import s3_client
from local.redshift.copy.encodings import WrongEncodingError
from local.redshift.copy.failures import WRONG_ENCODING, Errors, LoadError, SourceError, TooManyErrors
from local.redshift.copy.formats import FORMATS, DataFormat
from local.redshift.copy.journal import Journal, Load, LoadedFile
from local.redshift.copy.objects import (
    MissingError,
    ObjectReader,
    Source,
    from_manifest,
    listed,
    patiently,
)
from local.redshift.copy.options import Options
from local.redshift.copy.request import CopyRequest
from local.redshift.copy.target import Target, read_target
from local.redshift.copy.values import TargetColumn
from local.redshift.dialect.names import quote
from local.redshift.errors import RedshiftError, boxed
from local.redshift.session.frontdesk import FrontDesk
from local.redshift.wire.stream import ConnectionClosedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# How many failed rows are kept before the journal gets them: IGNOREALLERRORS knows no end.
_ERRORS = 1000


def load(request: CopyRequest, desk: FrontDesk) -> None:
    """Load a COPY's objects into its table, in the client's session and transaction.

    Raises RedshiftError for what Redshift refuses, BackendError for what PostgreSQL does. A failed load fails the
    transaction; what it says of the rows that failed is in the system tables by then.
    """
    target = read_target(desk, request)
    with Journal(desk.config) as journal:
        started = journal.begin(
            query=desk.query,
            session=desk.process,
            user=desk.user,
            table=target.name,
            table_id=target.oid,
            source=request.source,
            file_format=request.options.format,
        )
        work = _Work(request, desk, target, journal, started)
        try:
            work.run()
        except SourceError as error:
            work.abort(str(error))
            raise source_error(error, started.query, desk.process) from error
        except TooManyErrors as error:
            work.abort("rows failed")
            text = f"Load into table '{target.name}' failed.  Check 'sys_load_error_detail' system table for details."
            raise RedshiftError(text) from error
        except ConnectionClosedError:
            # Closing the session's connection takes back what it had loaded.
            work.copying = False
            work.abort("the connection was lost")
            raise
        except BaseException:
            work.abort("the load failed")
            raise


def source_error(error: SourceError, query: int, process: int) -> RedshiftError:
    """Return what a client is told when S3, a role or a manifest is at fault: the boxed error."""
    detail = boxed(error.error, context=error.context, query=query, location=error.location, pid=process)
    return RedshiftError(error.error, detail=detail)


def assume_role(options: Options, config: Config, user: str) -> S3Client:
    """Return a client with the rights of the statement's role or keys; SourceError if it may not have them."""
    if options.role is not None:
        # With chained roles each is assumed by the one before it.
        for role in options.role.split(","):
            if role != "default" and role not in config.iam_roles:
                raise SourceError(
                    f"User arn:aws:redshift:{config.s3.region}:000000000000:dbuser:stand-in/{user} "
                    f"is not authorized to assume IAM Role {role}",
                    location="xen_aws_credentials_mgr.cpp",
                )
        return s3_client.own(config.s3)
    return s3_client.with_keys(config.s3, options.access_key or "", options.secret_key or "", options.session_token)


@dataclass
class _Counted:
    """Counts the bytes that pass."""

    chunks: Iterator[bytes]
    total: int = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.total += len(chunk)
            yield chunk


class _Work:
    """The state of one running load."""

    def __init__(self, request: CopyRequest, desk: FrontDesk, target: Target, journal: Journal, started: Load) -> None:
        self.request = request
        self.desk = desk
        self.target = target
        self.journal = journal
        self.started = started
        options = request.options
        self.errors = Errors(2**31 if options.ignore_all_errors else options.max_errors)
        self.files: list[LoadedFile] = []
        self.rows = 0
        self.copying = False

    def run(self) -> None:
        """Read, convert and load everything, then tell the client and the journal."""
        request, desk = self.request, self.desk
        columns = self.target.loaded(request)
        # First of all, and for NOLOAD too: a cancel reaches PostgreSQL, which heeds it while it is copying.
        desk.begin_copy(f"copy {self.target.sql} ({_listed_names(columns)}) from stdin")
        self.copying = True
        client = assume_role(request.options, desk.config, desk.user)
        self._check_region()
        find = from_manifest if request.options.manifest else listed
        sources = patiently(lambda: find(client, request.source), desk.breathe)
        make = FORMATS[request.options.format]
        format_ = patiently(lambda: make(client, columns, request.options, self.errors), desk.breathe)
        desk.remember("redshift.last_copy_id", self.started.query)
        desk.remember("redshift.last_copy_count", 0)
        with closing(format_):
            self._read_all(client, sources, format_)
        desk.end_copy()
        self.copying = False
        self._finish()

    def abort(self, reason: str) -> None:
        """Give up what is running, and record what failed."""
        if self.copying:
            self.copying = False
            self.desk.fail_copy(reason)
        self.journal.add_errors(self.started, self.errors.take())
        self.journal.end(self.started, status="aborted", rows=0, errors=self.errors.count, files=self.files)

    def _read_all(self, client: S3Client, sources: list[Source], format_: DataFormat) -> None:
        manifest = self.request.source if self.request.options.manifest else None
        options = self.request.options
        with ObjectReader(client, sources, manifest=manifest, options=options) as reader:
            for source, chunks in reader.objects(self.desk.breathe):
                try:
                    self._read_one(source, chunks, format_)
                except MissingError:
                    continue
        if not self.files:
            raise SourceError(
                "stand-in: no file that the manifest names exists", context=f"Manifest file location={manifest}"
            )
        self.rows = format_.rows

    def _read_one(self, source: Source, chunks: Iterator[bytes], format_: DataFormat) -> None:
        counted = _Counted(chunks)
        before = self.errors.count
        try:
            for piece in format_.pieces(iter(counted), source.url):
                if not self.request.options.no_load:
                    self.desk.copy_data(piece)
                else:
                    self.desk.breathe()
                if len(self.errors.found) >= _ERRORS:
                    self.journal.add_errors(self.started, self.errors.take())
        except WrongEncodingError as error:
            # The file is skipped (Developer Guide: copy-parameters-data-conversion, ENCODING).
            self.errors.add(LoadError(source.url, format_.lines + 1, WRONG_ENCODING, str(error)))
        failed = self.errors.count - before
        self.files.append(LoadedFile(source.url, format_.lines, counted.total, failed))

    def _finish(self) -> None:
        desk, failed = self.desk, self.errors.count
        desk.remember("redshift.last_copy_count", self.rows)
        self.journal.add_errors(self.started, self.errors.take())
        self.journal.end(self.started, status="completed", rows=self.rows, errors=failed, files=self.files)
        name = self.target.name
        if failed:
            # Redshift sends a message here as well; its words are not established.
            desk.notify(
                "INFO", f"stand-in: {failed} record(s) of the load into table '{name}' failed and were skipped."
            )
        done = "completed" if not self.request.options.no_load else "checked (NOLOAD)"
        desk.notify("INFO", f"Load into table '{name}' {done}, {self.rows} record(s) loaded successfully.")

    def _check_region(self) -> None:
        region = self.request.options.region
        if region and region != self.desk.config.s3.region:
            raise SourceError(
                f"stand-in: there is no region {region} here, only {self.desk.config.s3.region}",
                context=f"COPY … REGION '{region}'",
            )


def _listed_names(columns: list[TargetColumn]) -> str:
    return ", ".join(quote(column.name) for column in columns)
