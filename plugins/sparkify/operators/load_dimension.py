"""Upsert a dimension by key, the newest version winning."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sparkify.audit import LoadCounts, NewerLoad
from sparkify.identifiers import column_names, table_name
from sparkify.operators.load import LoadOperator
from sparkify.session import Session
from sparkify.versions import read_versions, write_version
from sparkify.window import Window


class LoadDimensionOperator(LoadOperator):
    """Update the rows of known keys and insert those of new ones, in one transaction; nothing is deleted.

    Run twice, the second run touches no row. With `version_column` an older source never overwrites a newer
    row, so partitions may be loaded in any order. UPDATE and INSERT, not MERGE: Redshift's MERGE takes no
    condition beside the keys, and this needs one.

    A dimension that is made from all of a mirror, and of nothing else, need not be made anew while the mirror is the
    same. With `version_table` and `source_version_table` it remembers which version of the mirror it was made from, and
    a load of that version reads two rows and changes none.

    Takes the parameters of :class:`sparkify.operators.load.LoadOperator`, whose SELECT must give one row per key
    (a null in a key matches no row, so it must leave such rows out) and do without WITH (in an UPDATE's FROM Redshift
    does not document it), and:

    :param key: the columns that identify a row.
    :param columns: the other columns, `version_column` among them.
    :param version_column: a row is updated only from a source whose value here is not lower. With `staging` it is the
        moment of an event, by which one belongs to a window: of the same event the source holds that was staged last.
        As that takes parameters, the SELECT must then have no per cent sign.
    :param version_table: where the version is kept that `table` was made from, as :mod:`sparkify.versions` has it.
    :param source_version_table: where the source's own version is kept; both or neither.
    """

    ui_color = "#dff0d8"

    def __init__(
        self,
        *,
        key: Sequence[str],
        columns: Sequence[str],
        version_column: str | None = None,
        version_table: str | None = None,
        source_version_table: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (version_table is None) != (source_version_table is None):
            raise ValueError(f"{self.task_id}: version_table and source_version_table need each other")
        self.key = key
        self.columns = columns
        self.version_column = version_column
        self.version_table = version_table
        self.source_version_table = source_version_table

    def update_statement(self, kept: int = 0) -> str:
        """The statement that brings known keys up to date where something differs.

        :param kept: of how many windows rows of the same version stay; the statement's parameters are their bounds.
        """
        table, columns = table_name(self.table), column_names(self.columns)
        target = table.rpartition(".")[2]
        # IS DISTINCT FROM would say this in a word, but Redshift lacks it.
        differs = "\n    or ".join(
            f"{target}.{column} <> source.{column}"
            f" or ({target}.{column} is null and source.{column} is not null)"
            f" or ({target}.{column} is not null and source.{column} is null)"
            for column in columns
        )
        assignments = ",\n    ".join(f"{column} = source.{column}" for column in columns)
        newer = ""
        if self.version_column:
            [version] = column_names([self.version_column])
            newer = f"\n  and source.{version} >= {target}.{version}"
            for _ in range(kept):
                newer += (
                    f"\n  and (source.{version} > {target}.{version}"
                    f" or not (source.{version} >= %s and source.{version} < %s))"
                )
        return (
            f"update {table}\nset {assignments}\nfrom (\n{self.query}\n) as source\n"
            f"where {self._same_key(target)}{newer}\n  and (\n    {differs}\n  )"
        )

    def insert_statement(self) -> str:
        """The statement that adds the keys which the table does not have."""
        table = table_name(self.table)
        columns = column_names([*self.key, *self.columns])
        selected = ", ".join(f"source.{column}" for column in columns)
        return (
            f"insert into {table} ({', '.join(columns)})\nselect {selected}\nfrom (\n{self.query}\n) as source\n"
            f"where not exists (select 1 from {table} as existing where {self._same_key('existing')})"
        )

    def _same_key(self, target: str) -> str:
        return " and ".join(f"{target}.{column} = source.{column}" for column in column_names(self.key))

    def is_current(self, session: Session) -> bool:
        """Tell whether the table was made from what its source is now."""
        made_from, source = self._versions(session)
        return source is not None and made_from == source

    def load(self, session: Session, window: Window, newer: Sequence[NewerLoad]) -> LoadCounts:  # noqa: ARG002  (the source tells its own rows)
        """Update, then insert, and remember the source's version; nothing where another run has just done it."""
        made_from, source = self._versions(session)
        if source is not None and made_from == source:
            return LoadCounts("unchanged")
        kept = newer if self.version_column else ()
        bounds = tuple(chain.from_iterable(each.window.bounds for each in kept))
        updated = session.execute(self.update_statement(len(kept)), bounds)
        inserted = session.execute(self.insert_statement())
        if source is not None:
            write_version(session, str(self.version_table), source)
        outcome = "loaded" if updated or inserted else "unchanged"
        return LoadCounts(outcome, rows_updated=updated, rows_inserted=inserted)

    def _versions(self, session: Session) -> tuple[str | None, str | None]:
        if self.version_table is None:
            return None, None
        made_from, source = read_versions(session, self.version_table, str(self.source_version_table))
        return made_from, source
