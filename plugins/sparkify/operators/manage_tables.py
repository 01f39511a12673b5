"""Create, migrate or reset the warehouse's tables, and let the analysts read them."""

import re
from collections.abc import Collection, Sequence
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
_SCHEMA = re.compile(r"^create\s+schema\s+if\s+not\s+exists\s+(?P<name>\w+)\s*;?\s*\Z", re.IGNORECASE | re.MULTILINE)
# What a migration begins with that Redshift refuses in a transaction, ALTER COLUMN … TYPE say.
_NO_TRANSACTION = "-- no transaction"
ACTIONS = ("create", "migrate", "reset", "grants")


class TablesError(AirflowFailException):
    """A change of tables that was not confirmed, or does not fit what is there."""


class NoGroupError(AirflowFailException):
    """The group that is to be given rights does not exist."""


class ManageTablesOperator(WarehouseOperator):
    """Bring the warehouse's tables to what the DDL files say: creation in one transaction, each migration in its own.

    `create` makes what is missing and leaves the rest alone. `migrate` creates, then applies the migrations that
    were not applied yet, each once, in the order given. `reset` drops the tables of the DDL and the staging tables of
    runs, nothing else, and creates all anew; it must be confirmed. `create` and `migrate` run twice change nothing
    the second time. On a warehouse that is created from nothing all migrations count as applied, since the DDL
    files hold their outcome.

    Who runs it becomes the tables' owner and needs no right to create in the database where the schemas are there: a
    CREATE SCHEMA of one that exists is left out, since it asks for that right all the same. Where the group exists,
    each action ends by giving it its rights anew; `grants` does only that, and fails where the group does not exist.
    What was granted by hand stays, but on tables that a reset drops.

    :param action: `create`, `migrate`, `reset` or `grants` (templated).
    :param confirm: must be `reset` for a reset (templated).
    :param tables: DDL, or .sql files with it, in the order in which they can be created (templated).
    :param migrations: names of migrations in order; `0001_add_device.sql` say, found like templates. Each runs in a
        transaction of its own, with its record; one that begins with the line `-- no transaction` runs without,
        and must bear being run again.
    :param migrations_table: keeps the names of those applied; one of `tables` must create it.
    :param grants: GRANT statements, or .sql files with them (templated).
    :param group: the group that they name.
    """

    template_fields: Sequence[str] = (
        *BaseSQLOperator.template_fields,
        "action",
        "confirm",
        "tables",
        "migration_statements",
        "grants",
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
        grants: Sequence[str] = (),
        group: str = "sparkify_analysts",
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
        # A list, for Airflow puts the files' text in its place.
        self.grants = list(grants)
        self.group = group

    def work(self, context: "Context") -> dict[str, Any]:
        """Create, migrate, reset or grant.

        :return: the action, the names of the migrations applied and pending, and whether the group got its rights.
        :raises TablesError: if the action is not known, or a reset is not confirmed.
        :raises NoGroupError: if rights are to be given to a group that does not exist.
        :raises PermanentWarehouseError: what else a retry cannot mend.
        :raises WarehouseError: what it may.
        """
        if self.action not in ACTIONS:
            raise TablesError(f"action {self.action!r} is not known: one of {', '.join(ACTIONS)}")
        if self.action == "reset" and self.confirm != "reset":
            raise TablesError(
                "reset drops every table with its rows; nothing was done. To go on, type reset in `confirm`"
            )
        done: list[str] = []
        with self.session(context) as session:
            if self.action != "grants":
                self._create(session)
            pending = self._pending(session)
            if self.action == "migrate":
                statements = dict(zip(self.migrations, self.migration_statements, strict=True))
                for name in pending:
                    self._migrate(session, name, statements[name])
                pending, done = [], pending
            granted = self._grant(session)
        if pending:
            self.log.warning("Migrations not applied: %s. Run this DAG with action migrate", ", ".join(pending))
        return {"action": self.action, "applied": done, "pending": pending, "granted": granted}

    def _create(self, session: Session) -> None:
        with session.transaction():
            if self.action == "reset":
                self._drop(session)
            new = not {name for _, name in self._owned()} & self._existing(session)
            schemas = {str(name) for (name,) in session.fetch("select nspname from pg_namespace")}
            for ddl in self.tables:
                self._run(session, ddl, schemas)
            if new:
                for name in self.migrations:
                    self._record(session, name)

    def _pending(self, session: Session) -> list[str]:
        recorded = session.fetch(f"select name from {table_name(self.migrations_table)}")
        applied = {name for (name,) in recorded}
        return [name for name in self.migrations if name not in applied]

    def _grant(self, session: Session) -> bool:
        """Give the group its rights, if there is one, in a transaction; tell whether there is."""
        if not self.grants:
            return False
        if not session.value("select count(*) from pg_group where groname = %s", (self.group,)):
            missing = f"there is no group {self.group}: let the cluster's owner run sql/grants/users.sql"
            if self.action == "grants":
                raise NoGroupError(missing)
            self.log.info("No rights were granted: %s", missing)
            return False
        with session.transaction():
            for grants in self.grants:
                self._run(session, grants)
        return True

    def _migrate(self, session: Session, name: str, statements: str) -> None:
        if statements.lstrip().startswith(_NO_TRANSACTION):
            self._run(session, statements)
            self._record(session, name)
        else:
            with session.transaction():
                self._run(session, statements)
                self._record(session, name)

    def _run(self, session: Session, statements: str, schemas: Collection[str] = ()) -> None:
        """Run statements, but for the creation of schemas that are there."""
        for statement in DbApiHook.split_sql_string(statements):
            made = _SCHEMA.search(statement)
            if made is None or made["name"].lower() not in schemas:
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
