"""Create, migrate or reset the warehouse's tables."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.providers.common.sql.operators.sql import BaseSQLOperator
from airflow.sdk.exceptions import AirflowFailException

from sparkify.identifiers import RUN_DIGEST, table_name
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.session import Session

if TYPE_CHECKING:
    from airflow.sdk import Context

# A DDL file may only create what a second run leaves alone.
_CREATED = re.compile(
    r"^create\s+(?:table\s+if\s+not\s+exists|(?P<view>or\s+replace\s+view))\s+(?P<name>[\w.]+)",
    re.IGNORECASE | re.MULTILINE,
)
# What a migration begins with that Redshift refuses in a transaction, ALTER COLUMN … TYPE say.
_NO_TRANSACTION = "-- no transaction"
ACTIONS = ("create", "migrate", "reset")


class TablesError(AirflowFailException):
    """A change of tables that was not confirmed, or does not fit what is there."""


class ManageTablesOperator(WarehouseOperator):
    """Bring the warehouse's tables to what the DDL files say: creation in one transaction, each migration in its own.

    `create` makes what is missing and leaves the rest alone. `migrate` creates, then applies the migrations that
    were not applied yet, each once, in the order given. `reset` drops the tables of the DDL and the staging tables of
    runs, nothing else, and creates all anew; it must be confirmed. `create` and `migrate` run twice change nothing
    the second time. On a warehouse that is created from nothing all migrations count as applied, since the DDL
    files hold their outcome.

    :param action: `create`, `migrate` or `reset` (templated).
    :param confirm: must be `reset` for a reset (templated).
    :param tables: DDL, or .sql files with it, in the order in which they can be created (templated).
    :param migrations: names of migrations in order; `0001_add_device.sql` say, found like templates. Each runs in a
        transaction of its own, with its record; one that begins with the line `-- no transaction` runs without,
        and must bear being run again.
    :param migrations_table: keeps the names of those applied; one of `tables` must create it.
    """

    template_fields: Sequence[str] = (
        *BaseSQLOperator.template_fields,
        "action",
        "confirm",
        "tables",
        "migration_statements",
    )
    template_ext: Sequence[str] = (".sql",)
    ui_color = "#e8e8e8"

    def __init__(
        self,
        *,
        action: str,
        confirm: str,
        tables: Sequence[str],
        migrations: Sequence[str] = (),
        migrations_table: str = "schema_migrations",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.action = action
        self.confirm = confirm
        self.tables = tables
        self.migrations = [PurePosixPath(name).stem for name in migrations]
        # The same list twice: the one keeps the names when Airflow replaces the other's by the files' text.
        self.migration_statements = list(migrations)
        self.migrations_table = migrations_table

    def work(self, context: "Context") -> dict[str, Any]:
        """Create, migrate or reset.

        :return: the action, and the names of the migrations applied and pending.
        :raises TablesError: if the action is not known, or a reset is not confirmed.
        :raises PermanentWarehouseError: what else a retry cannot mend.
        :raises WarehouseError: what it may.
        """
        if self.action not in ACTIONS:
            raise TablesError(f"action {self.action!r} is not known: one of {', '.join(ACTIONS)}")
        if self.action == "reset" and self.confirm != "reset":
            raise TablesError(
                "reset drops every table with its rows; nothing was done. To go on, type reset in `confirm`"
            )
        with self.session(context) as session:
            with session.transaction():
                if self.action == "reset":
                    self._drop(session)
                new = not {name for _, name in self._owned()} & self._existing(session)
                for ddl in self.tables:
                    self._run(session, ddl)
                if new:
                    for name in self.migrations:
                        self._record(session, name)
            recorded = session.fetch(f"select name from {table_name(self.migrations_table)}")
            applied = {name for (name,) in recorded}
            pending = [name for name in self.migrations if name not in applied]
            done: list[str] = []
            if self.action == "migrate":
                for name, statements in zip(self.migrations, self.migration_statements, strict=True):
                    if name in pending:
                        self._migrate(session, name, statements)
                        done.append(name)
                pending = []
        if pending:
            self.log.warning("Migrations not applied: %s. Run this DAG with action migrate", ", ".join(pending))
        return {"action": self.action, "applied": done, "pending": pending}

    def _migrate(self, session: Session, name: str, statements: str) -> None:
        if statements.lstrip().startswith(_NO_TRANSACTION):
            self._run(session, statements)
            self._record(session, name)
        else:
            with session.transaction():
                self._run(session, statements)
                self._record(session, name)

    def _run(self, session: Session, statements: str) -> None:
        for statement in DbApiHook.split_sql_string(statements):
            session.execute(statement)

    def _record(self, session: Session, name: str) -> None:
        session.execute(
            f"insert into {table_name(self.migrations_table)} (name, applied_at) values (%s, getdate())",
            (name,),
        )

    def _drop(self, session: Session) -> None:
        """Drop what the DDL creates, last first, and the staging tables that runs have left."""
        owned, existing = self._owned(), self._existing(session)
        for kind, name in reversed(owned):
            if name in existing:
                session.execute(f"drop {kind} {name}")
        for name in sorted(existing):
            template, _, digest = name.rpartition("_")
            if ("table", template) in owned and RUN_DIGEST.fullmatch(digest):
                session.execute(f"drop table if exists {name}")

    def _owned(self) -> list[tuple[str, str]]:
        """The kind and name of every table and view that the DDL creates, in its order."""
        created = [match for ddl in self.tables for match in _CREATED.finditer(ddl)]
        return [("view" if match["view"] else "table", table_name(match["name"])) for match in created]

    def _existing(self, session: Session) -> set[str]:
        rows = session.fetch("select table_schema, table_name from information_schema.tables")
        return {f"{schema}.{name}" for schema, name in rows} | {name for schema, name in rows if schema == "public"}
