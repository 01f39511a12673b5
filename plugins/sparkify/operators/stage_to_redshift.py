"""COPY JSON objects from S3 into a staging table."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from sparkify import s3
from sparkify.assets import warn_if_elsewhere
from sparkify.audit import LoadCounts
from sparkify.catalogue import LEDGER_COLUMNS, compare, read_ledger
from sparkify.copy_statement import JSON_MODES, CopyStatement
from sparkify.failures import PermanentWarehouseError
from sparkify.identifiers import UnsafeSqlTextError, column_names, table_name
from sparkify.layout import Layout, shared_directory
from sparkify.lineage.flow import Flow, Objects, Written
from sparkify.load_errors import explain
from sparkify.manifests import Manifests
from sparkify.operators.warehouse import AuditedOperator
from sparkify.session import Session
from sparkify.versions import read_versions, write_version
from sparkify.window import Window, within_bounds

if TYPE_CHECKING:
    from airflow.sdk import Context

_REPLACE = ("like", "layout", "window_column")
_SYNCHRONISE = ("prefix", "ledger", "version_table", "lock_table")


class StageToRedshiftOperator(AuditedOperator):
    """Stage the objects of a window, or mirror a whole prefix, by COPY and in one transaction.

    Mode `replace` drops and creates `table` in the shape of `like`, copies exactly the objects whose period
    overlaps the window, and keeps the rows inside the window. Run twice, the second table replaces the first. A
    window without objects, or without rows, gives an empty table and says which of the two it was. COPY does not tell
    which file a row came from, so it is run period by period: a row whose time lies outside the period of its own
    file is counted and left out, whatever the window. Were it kept, one run over a month would load rows that no run
    over an hour ever sees.

    Mode `synchronise` makes `table` hold what lies under `prefix`. A ledger of keys and ETags tells what is
    loaded: only new objects are copied; if one changed or is gone, all are. An unchanged prefix costs one listing and
    one row, the listing's fingerprint as it was loaded. Rows, ledger and fingerprint change in one transaction; run
    twice, the second run copies nothing.

    COPY runs under the role that connection `role_conn_id` names in its extra `role_arn`. No hook is built on that
    connection, since every AWS hook on it would assume the role; the worker lists the source, and writes and
    deletes manifests, by `aws_conn_id`. A manifest of a failed COPY stays for diagnosis, until a later try succeeds.

    :param table: target: in mode `replace` a table of this run alone (templated).
    :param columns: target columns; with jsonpaths, in the order of its expressions.
    :param mode: `replace` or `synchronise`.
    :param source: `s3://bucket` or `s3://bucket/prefix` (templated).
    :param manifest_prefix: `s3://bucket/prefix/` that the worker may write and the role may read (templated).
    :param region: the region of both buckets (templated).
    :param json: `auto`, `auto ignorecase`, or a jsonpaths object: a key in `source` or an s3:// URL (templated).
    :param copy_options: further options of COPY, in its own words.
    :param window_start: start of the run's window, ISO 8601, UTC if without a zone (templated).
    :param window_end: its end, not in it (templated).
    :param like: replace: the table whose columns, distribution and sort key `table` takes.
    :param layout: replace: where the objects lie, as :class:`sparkify.layout.Layout` has it (templated).
    :param window_column: replace: the TIMESTAMP column by which rows belong to the window.
    :param prefix: synchronise: the prefix in `source` (templated).
    :param ledger: synchronise: table with the columns object_key and etag.
    :param version_table: synchronise: table with the column version, as :mod:`sparkify.versions` has it.
    :param lock_table: synchronise: empty companion table that every writer of `table` locks first.
    :param aws_conn_id: the worker's own access to S3.
    :param role_conn_id: connection with the role in its extra `role_arn`; `default` is allowed there.
    """

    template_fields: Sequence[str] = (
        *BaseSQLOperator.template_fields,
        "table",
        "source",
        "manifest_prefix",
        "region",
        "json",
        "window_start",
        "window_end",
        "layout",
        "prefix",
    )
    ui_color = "#fdf3d0"

    def __init__(
        self,
        *,
        table: str,
        columns: Sequence[str],
        mode: Literal["replace", "synchronise"],
        source: str,
        manifest_prefix: str,
        region: str,
        window_start: str,
        window_end: str,
        json: str = "auto",
        copy_options: Sequence[str] = (),
        like: str | None = None,
        layout: str | None = None,
        window_column: str | None = None,
        prefix: str | None = None,
        ledger: str | None = None,
        version_table: str | None = None,
        lock_table: str | None = None,
        aws_conn_id: str = "aws_default",
        role_conn_id: str = "redshift_s3_role",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.columns = columns
        self.mode = mode
        self.source = source
        self.manifest_prefix = manifest_prefix
        self.region = region
        self.json = json
        self.copy_options = copy_options
        self.window_start = window_start
        self.window_end = window_end
        self.like = like
        self.layout = layout
        self.window_column = window_column
        self.prefix = prefix
        self.ledger = ledger
        self.version_table = version_table
        self.lock_table = lock_table
        self.aws_conn_id = aws_conn_id
        self.role_conn_id = role_conn_id
        self._read: tuple[str, ...] = ()
        # By all quick tries: one whose commit succeeded and whose answer was lost leaves the next nothing to write.
        self._written: set[str] = set()
        needed, foreign = (_REPLACE, _SYNCHRONISE) if mode == "replace" else (_SYNCHRONISE, _REPLACE)
        if missing := [name for name in needed if getattr(self, name) is None]:
            raise ValueError(f"{self.task_id}: mode {mode!r} needs {', '.join(missing)}")
        if unused := [name for name in foreign if getattr(self, name) is not None]:
            raise ValueError(f"{self.task_id}: mode {mode!r} has no use for {', '.join(unused)}")

    def work(self, context: "Context") -> dict[str, Any]:
        """Stage.

        :return: the counts of :class:`sparkify.audit.LoadCounts`.
        :raises LoadError: if COPY refused the data; names file, line, column, value and reason.
        :raises S3LocationError: if the source is not there or not open to the worker.
        :raises PermanentWarehouseError: what else a retry cannot mend.
        :raises WarehouseError: what it may.
        """
        warn_if_elsewhere(self, self._url)
        stage = self._replace if self.mode == "replace" else self._synchronise
        return self.finish(context, Window.parse(self.window_start, self.window_end), stage(context))

    def flow(self) -> Flow:
        """The objects of the layout or of the prefix, and the table, by the name of the one that it is like."""
        counts = self._counts
        objects = Objects(self._url, counts.files if counts else None, self._read)
        return Flow((objects,), written=(Written(self.like or self.table, counts.rows_staged if counts else None),))

    def copy_statement(self, table: str, url: str, options: Sequence[str] = ()) -> str:
        """The COPY of this task into `table` from a manifest at `url`."""
        return CopyStatement(
            table=table,
            columns=tuple(self.columns),
            url=url,
            role_arn=self._role_arn,
            region=self.region,
            json=self.json if self.json in JSON_MODES else s3.join_url(self.source, self.json),
            options=(*self.copy_options, *options),
        ).render()

    def keep_statement(self) -> str:
        """The statement that takes a window's rows over from the scratch table; its parameters are the bounds."""
        columns = ", ".join(column_names(self.columns))
        return (
            f"insert into {table_name(self.table)} ({columns})\nselect {columns} from {self._scratch}\n"
            f"where {within_bounds(str(self.window_column))}"
        )

    def misfiled_statement(self) -> str:
        """The count of rows outside a period, whose bounds are the parameters."""
        return f"select count(*) from {self._scratch} where not ({within_bounds(str(self.window_column))})"

    @property
    def _url(self) -> str:
        """What the objects share, of which some or all are read."""
        return s3.join_url(self.source, shared_directory(self.layout) if self.layout else str(self.prefix))

    @property
    def _scratch(self) -> str:
        """A temporary table of the session, in which one period's rows lie before those of the window are kept."""
        return table_name(f"{str(self.like).rpartition('.')[2]}_of_period")

    def _replace(self, context: "Context") -> LoadCounts:
        window = Window.parse(self.window_start, self.window_end)
        found = s3.find_objects(self._client, self.source, Layout(str(self.layout)), window)
        objects = [item for _, item in found]
        self._read = tuple(item.url for item in objects)
        self.log.info("Window %s: %s objects: %s", window, len(objects), ", ".join(self._read))
        manifests = self._manifests(context)
        table, like = table_name(self.table), table_name(str(self.like))
        staged = misfiled = 0
        with self.session(context) as session:
            started = time.monotonic()
            with session.transaction():
                session.execute(f"drop table if exists {table}")
                session.execute(f"create table {table} (like {like})")
                for number, (period, of_period) in enumerate(groupby(found, key=lambda pair: pair[0].window)):
                    session.execute(
                        f"delete from {self._scratch}" if number else f"create temp table {self._scratch} (like {like})"
                    )
                    url = manifests.url(f"{number}.manifest")
                    self._copy(session, self._scratch, url, [item for _, item in of_period])
                    misfiled += int(session.value(self.misfiled_statement(), period.bounds))
                    staged += session.execute(self.keep_statement(), window.within(period).bounds)
                counts = LoadCounts(
                    outcome="loaded" if staged else "no_rows" if objects else "no_file",
                    files=len(objects),
                    rows_staged=staged,
                    rows_misfiled=misfiled,
                    seconds=time.monotonic() - started,
                )
                self.audit(session, context, str(self.like), window, counts)
        if misfiled:
            self.log.warning("%s rows lie outside the period that their file is named for: left out", misfiled)
        manifests.tidy(self._client, sorted(self._written), self.log)
        return counts

    def _synchronise(self, context: "Context") -> LoadCounts:
        window = Window.parse(self.window_start, self.window_end)
        listed = self._listed()
        manifests = self._manifests(context)
        with self.session(context) as session:
            # Told without a lock: a version that names what is listed was committed with the rows that it names.
            if read_versions(session, str(self.version_table)) == (s3.fingerprint(listed),):
                counts = LoadCounts("unchanged")
                self.audit(session, context, self.table, window, counts)
            else:
                started = time.monotonic()
                with session.transaction(lock=self.lock_table):
                    counts = self._bring_up_to_date(session, manifests)
                    counts = replace(counts, seconds=time.monotonic() - started)
                    self.audit(session, context, self.table, window, counts)
        # Also where there was nothing to do: an earlier try may have committed without learning of it.
        manifests.tidy(self._client, sorted(self._written), self.log)
        return counts

    def _bring_up_to_date(self, session: Session, manifests: Manifests) -> LoadCounts:
        """Copy what is new, or everything if something changed or is gone, under the lock that is held."""
        ledger = table_name(str(self.ledger))
        # Listed again: an older listing must not undo a newer one's work.
        listed = self._listed()
        known = read_ledger(session, ledger)
        difference = compare(listed, known)
        if known and not listed:
            raise s3.S3LocationError(
                f"{s3.join_url(self.source, str(self.prefix))} has no objects any more, but {self.table} holds what "
                "was there: check the prefix. Nothing was changed; to empty the mirror on purpose, delete the rows of "
                f"{self.table}, {ledger} and {self.version_table}"
            )
        deleted = staged = 0
        if difference.whole:
            deleted = session.execute(f"delete from {table_name(self.table)}")
            session.execute(f"delete from {ledger}")
        if objects := difference.to_copy:
            entries = manifests.url("ledger.json")
            self._written.add(entries)
            s3.put_rows(self._client, entries, ({"object_key": o.key, "etag": o.etag} for o in objects))
            self._copy(session, self.table, manifests.url("manifest"), objects)
            staged = int(session.value("select pg_last_copy_count()"))
            session.execute(self._ledger_statement(entries))
        write_version(session, str(self.version_table), s3.fingerprint(listed))
        return LoadCounts(
            outcome="loaded" if objects or deleted else "unchanged",
            files=len(objects),
            rows_staged=staged,
            rows_deleted=deleted,
        )

    def _copy(self, session: Session, table: str, manifest: str, objects: Sequence[s3.S3Object]) -> None:
        compression = s3.compression(objects)
        self._written.add(manifest)
        s3.put_manifest(self._client, manifest, objects)
        try:
            session.execute(self.copy_statement(table, manifest, [compression] if compression else []))
        except PermanentWarehouseError as error:
            raise explain(self.get_db_hook(), session, error, table=self.table, log=self.log) from error

    def _ledger_statement(self, url: str) -> str:
        return CopyStatement(
            table=str(self.ledger),
            columns=LEDGER_COLUMNS,
            url=url,
            role_arn=self._role_arn,
            region=self.region,
            manifest=False,
            options=("compupdate off", "statupdate off"),
        ).render()

    def _listed(self) -> list[s3.S3Object]:
        return list(s3.list_objects(self._client, s3.join_url(self.source, str(self.prefix))))

    def _manifests(self, context: "Context") -> Manifests:
        return Manifests(self.manifest_prefix, self.task_run(context), self.task_id)

    @cached_property
    def _client(self) -> Any:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        return S3Hook(aws_conn_id=self.aws_conn_id, region_name=self.region).get_conn()

    @cached_property
    def _role_arn(self) -> str:
        from airflow.sdk import BaseHook

        arn = BaseHook.get_connection(self.role_conn_id).extra_dejson.get("role_arn")
        if not arn:
            raise UnsafeSqlTextError(
                f"connection {self.role_conn_id!r} has no `role_arn` in its extra: give the ARN of the role that "
                "Redshift assumes for COPY, or `default`"
            )
        return str(arn)
